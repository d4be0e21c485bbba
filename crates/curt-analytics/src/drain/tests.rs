//! A panic loses no click and is reported.

use std::num::NonZeroUsize;

use curt_domain::LinkId;
use curt_journal::JournalSettings;
use testkit::databases::for_each_engine;

use super::*;
use crate::testing::{append, connect};

const CLICKS: u64 = 1_000;

fn clicks() -> impl Iterator<Item = u64> {
    (0..CLICKS).map(|_| 1)
}

fn drain_thread(store: &Store, journal: &Arc<Journal>, directory: PathBuf) -> DrainThread {
    let metrics = DrainMetrics::unregistered();
    let mode = CountingMode::Drain(Arc::clone(journal));
    DrainThread {
        shared: Arc::default(),
        counting: Counting::new(store.clone(), directory, Clock::System, mode),
        clock: Clock::System,
        watch: metrics.watch().clone(),
        metrics,
        pause: PAUSE_MIN,
    }
}

/// After the commit but before the drain knows of it, which is the worst moment.
#[tokio::test(flavor = "multi_thread")]
async fn b9_a_drain_that_panics_says_so_and_goes_on_to_count_each_click_once() {
    for_each_engine(async |database| {
        let store = connect(database).await;
        let home = tempfile::tempdir().unwrap();
        let directory = home.path().join("journal");
        let settings = JournalSettings::new(directory.clone(), NonZeroUsize::MIN);
        let journal = Arc::new(Journal::open(settings, Clock::System).unwrap());
        append(&journal, clicks(), Clock::System.now());

        let mut thread = drain_thread(&store, &journal, directory);
        thread.counting.panics_after_commit = true;
        let watch = thread.watch.clone();
        let runtime = Handle::current();
        let (mut thread, passed) = tokio::task::spawn_blocking(move || {
            let passed = thread.pass(&runtime);
            thread.report(&passed);
            (thread, passed)
        })
        .await
        .unwrap();
        assert!(matches!(passed, Err(PassError::Panicked)), "{passed:?}");
        assert!(watch.state().failure.is_some_and(|failure| failure.contains("panicked")));
        assert_eq!(thread.next(&passed, None), Next::After(PAUSE_MIN), "it does not spin");
        assert_eq!(thread.next(&passed, None), Next::After(2 * PAUSE_MIN));
        thread.report(&Ok(Pass::Skipped));
        assert!(watch.state().failure.is_some(), "nothing was counted yet");

        append(&journal, clicks(), Clock::System.now());
        journal.close();
        thread.shared.end_by(Instant::now() + Duration::from_mins(1));
        let runtime = Handle::current();
        let finished = tokio::task::spawn_blocking(move || thread.run(&runtime)).await.unwrap();
        assert_eq!((finished, watch.depth(&journal)), (Finished::Whole, 0));
        assert_eq!(watch.state().failure, None);
        let [from, to] = [i64::MIN, i64::MAX].map(Timestamp::from_millis);
        let ever = curt_domain::Span::around(from, to).unwrap();
        let counted = store.clicks_within(LinkId::new(1).unwrap(), ever).await.unwrap();
        assert_eq!(counted.total(), 2 * CLICKS);
        store.close().await;
    })
    .await;
}
