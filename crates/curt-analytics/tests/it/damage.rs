//! Unreadable data is reported, kept aside, and does not block the rest.

use curt_analytics::DrainState;
use curt_store::ClickLosses;

use crate::{
    journals::{TestJournal, damage},
    stores::{counted, for_each_store, losses},
};

#[tokio::test(flavor = "multi_thread")]
async fn f_a_damaged_segment_costs_what_was_damaged_and_is_put_aside() {
    for_each_store(async |store, _| {
        let journal = TestJournal::new();
        journal.append(1_000);
        journal.journal().close();
        let segment = journal.segments().remove(0);
        for number in [0, 300, 999] {
            damage(&segment, number);
        }
        let copy = journal.copy();
        journal.drain(store).await;
        assert_eq!(counted(store).await, 997);
        assert_eq!(losses(store).await, ClickLosses { dropped: 0, lost: 3 });
        assert_eq!(journal.segments(), []);
        let [damaged] = &journal.damaged()[..] else { panic!("{:?}", journal.damaged()) };
        assert_eq!(damaged.id, segment.id);

        copy.drain(store).await;
        assert_eq!(counted(store).await, 997);
        assert_eq!(losses(store).await, ClickLosses { dropped: 0, lost: 3 }, "noted once");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn f_a_record_that_is_no_click_is_a_lost_click() {
    for_each_store(async |store, _| {
        let journal = TestJournal::new();
        journal.append(10);
        journal.append_bytes(b"\x01 not a click");
        journal.append_bytes(b"");
        journal.append(10);
        journal.drain(store).await;
        assert_eq!(counted(store).await, 20);
        assert_eq!(losses(store).await, ClickLosses { dropped: 0, lost: 2 });
    })
    .await;
}

/// After a downgrade: the newer release counts it when it runs again.
#[tokio::test(flavor = "multi_thread")]
async fn p8_what_a_newer_release_wrote_is_left_to_it() {
    for_each_store(async |store, _| {
        let newer = TestJournal::new();
        newer.append(100);
        newer.append_bytes(b"\x02 whatever it may be");
        newer.append(100);
        newer.journal().close();
        let journal = newer.copy();
        journal.append(7);
        let drain = journal.start(store);
        let watch = drain.watch().clone();
        journal.finish(drain).await;
        assert_eq!(counted(store).await, 7);
        assert_eq!(losses(store).await, ClickLosses::default());
        let DrainState { failure, skipped_segments, .. } = watch.state();
        assert_eq!((failure, skipped_segments), (None, 1));
        assert_eq!(journal.segments().len(), 1, "untouched");
    })
    .await;
}

/// As from a manual backup copy, or a directory restored into another.
#[tokio::test(flavor = "multi_thread")]
async fn f_a_copy_beside_a_segment_is_told_and_keeps_nobody_from_counting() {
    for_each_store(async |store, _| {
        for what in ["earlier", "header damaged"] {
            let before = counted(store).await;
            let journal = TestJournal::new();
            journal.append(10);
            journal.journal().close();
            let [segment] = &journal.segments()[..] else { panic!("one segment") };
            let name = segment.path.file_name().unwrap().to_str().unwrap().to_owned();
            let copy = segment.path.with_file_name(name.replacen('1', "0", 1));
            if what == "header damaged" {
                let mut bytes = std::fs::read(&segment.path).unwrap();
                bytes[0] ^= 1;
                std::fs::write(&segment.path, bytes).unwrap();
            }
            std::fs::copy(&segment.path, &copy).unwrap();
            assert_eq!(journal.segments().len(), 2);
            let drain = journal.start(store);
            let watch = drain.watch().clone();
            journal.finish(drain).await;
            assert_eq!(counted(store).await - before, 10, "{what}");
            assert_eq!(watch.state().skipped_segments, 1, "{what}");
            assert_eq!(journal.segments().len(), 1, "{what}: the other one");
        }
    })
    .await;
}
