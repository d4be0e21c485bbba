//! How many records wait to be counted, and how fast they are counted.

use std::time::Duration;

use curt_analytics::{DrainWatch, Finished};

use crate::{
    journals::TestJournal,
    stores::{clock, connect, counted, for_each_store},
};

/// Records of an earlier run, and of this one: more than one batch.
const BEFORE: u64 = 700;
const NOW: u64 = 12_000;

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_what_this_process_has_written_and_nobody_counted() {
    for_each_store(async |store, database| {
        let dead = TestJournal::new();
        dead.append(BEFORE);
        let journal = dead.copy();
        journal.append(NOW);
        let depth = |watch: &DrainWatch| watch.depth(journal.journal());
        assert_eq!(depth(&DrainWatch::default()), NOW, "nobody counts");

        let away = connect(database).await;
        away.close().await;
        let drain = journal.start(&away);
        let watch = drain.watch().clone();
        assert_eq!(drain.finish(Duration::from_millis(200)).await, Finished::Early);
        assert_eq!(depth(&watch), NOW, "the database is away");

        let drain = journal.start(store);
        let watch = drain.watch().clone();
        journal.finish(drain).await;
        assert_eq!((depth(&watch), watch.state().records_done), (0, NOW));
        assert_eq!(counted(store).await, BEFORE + NOW);
        // The test's clock stands still, so everything was counted in the first second.
        let per_second = watch.clicks_per_second(clock().instant());
        assert!((per_second - 12_700.0).abs() < 1e-6, "{per_second}");
    })
    .await;
}
