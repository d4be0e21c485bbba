use std::fs;

use curt_domain::ManualClock;
use curt_store::{DatabaseUrl, Store, StoreMetrics};
use prometheus_client::encoding::text::encode;
use tempfile::TempDir;
use testkit::metrics::metric;

use super::*;
use crate::backup::rotation::Keep;

const START: &str = "2026-01-01T03:00:00Z";
const DAY: Duration = Duration::from_hours(24);

/// How long a thread may take on a busy machine to notice the end.
const ENDS_WITHIN: Duration = Duration::from_secs(30);

const KEY_CHECK: &str = "fingerprint";

/// A server's schedule on a real database, with a manual clock.
struct Server {
    clock: ManualClock,
    schedule: Schedule,
    registry: Registry,
    store: Store,
    home: TempDir,
}

impl Server {
    async fn start() -> Self {
        let home = tempfile::tempdir().unwrap();
        let database = StoreSettings::new(DatabaseUrl::sqlite(home.path().join("curt.db")));
        let store = Store::connect(&database, StoreMetrics::unregistered()).await.unwrap();
        store.migrate(&Clock::System).await.unwrap();
        store.check_secret(KEY_CHECK).await.unwrap();
        let clock = ManualClock::new(START.parse().unwrap());
        let mut registry = Registry::default();
        let schedule = Schedule {
            plan: Plan { interval: DAY, keep: Keep { days: 7, weeks: 4 } },
            directory: BackupDir::new(&home.path().join("backups")),
            database,
            key_check: KEY_CHECK.to_owned(),
            node: Arc::new(Node::new(store.clone())),
            metrics: BackupMetrics::register(&mut registry),
            clock: Clock::Manual(clock.clone()),
            failed_at: None,
        };
        Self { clock, schedule, registry, store, home }
    }

    fn look(&mut self) {
        self.schedule.look(&Handle::current(), &CancellationToken::new());
    }

    /// By hand, like `curt backup create`.
    fn make_by_hand(&self) -> Made {
        let directory = self.schedule.directory.path();
        let guard = Guard::new(directory, None, CancellationToken::new());
        make(&Order {
            database: &self.schedule.database,
            directory: &self.schedule.directory,
            made_by: MadeBy::Command,
            now: self.clock.now(),
            guard: &Arc::new(guard),
            runtime: &Handle::current(),
        })
        .unwrap()
    }

    fn count(&self) -> usize {
        self.schedule.directory.list().unwrap().len()
    }

    fn metric(&self, name: &str) -> f64 {
        let mut text = String::new();
        encode(&mut text, &self.registry).unwrap();
        metric(&text, name).unwrap()
    }
}

#[tokio::test]
async fn p7_the_first_look_makes_a_backup_and_the_next_one_comes_a_day_later() {
    let mut server = Server::start().await;
    server.look();
    assert_eq!(server.count(), 1);
    let (started, size) = ("backup_last_success_timestamp_seconds", "backup_last_size_bytes");
    assert!((server.metric(started) - 1_767_236_400.0).abs() < 0.1);
    assert!(4096.0 <= server.metric(size));

    server.clock.advance(Duration::from_millis(24 * 60 * 60 * 1_000 - 1));
    server.look();
    assert_eq!(server.count(), 1, "not yet");
    server.schedule.failed_at = None;
    server.look();
    assert_eq!(server.count(), 1, "nor by starting again");
    server.clock.advance(Duration::from_millis(1));
    server.look();
    assert_eq!(server.count(), 2);
    assert!((server.metric(started) - 1_767_322_800.0).abs() < 0.1);
    assert!(server.metric("backup_failures_total").abs() < 0.1);
}

#[tokio::test]
async fn what_is_kept_does_not_grow_and_what_people_made_stays() {
    let mut server = Server::start().await;
    let by_hand = server.make_by_hand();
    for _ in 0..40 {
        server.look();
        for _ in 0..2 {
            server.clock.advance(Duration::from_secs(1));
            server.look();
        }
        server.clock.advance(DAY);
    }
    let left = server.schedule.directory.list().unwrap();
    let by_schedule = left.iter().filter(|backup| is_scheduled(backup)).count();
    assert!((7..=7 + 4).contains(&by_schedule), "{by_schedule}");
    assert!(by_hand.path.exists());
    let newest = server.clock.now().since(left[0].made_at.unwrap());
    assert!(newest <= DAY + Duration::from_secs(2), "{newest:?}");
}

#[tokio::test]
async fn old_ones_that_cannot_be_removed_are_no_failure_and_are_tried_again() {
    let mut server = Server::start().await;
    for _ in 0..3 {
        server.look();
        server.clock.advance(DAY);
    }
    server.look();
    assert_eq!(server.count(), 4);

    // Without the lock, rotation fails.
    let lock = server.schedule.directory.path().join(".lock");
    fs::remove_file(&lock).unwrap();
    fs::create_dir(&lock).unwrap();
    server.schedule.plan.keep = Keep { days: 1, weeks: 0 };
    server.look();
    assert_eq!((server.count(), server.schedule.failed_at), (4, None));
    assert!(server.metric("backup_failures_total").abs() < 0.1);

    fs::remove_dir(&lock).unwrap();
    server.look();
    assert_eq!((server.count(), server.schedule.failed_at), (1, None), "at the next look");
}

#[tokio::test]
async fn backups_of_another_deployment_are_neither_counted_nor_removed() {
    let mut server = Server::start().await;
    server.look();
    let theirs = server.schedule.directory.list().unwrap().remove(0).path;
    server.store.forget_secret().await.unwrap();
    server.store.check_secret("another").await.unwrap();
    server.schedule.key_check = "another".to_owned();
    for _ in 0..30 {
        server.look();
        server.clock.advance(DAY);
    }
    assert!(theirs.exists());
    assert!(7 < server.count());
}

#[tokio::test]
async fn a_failure_keeps_the_old_ones_is_told_and_is_tried_again_after_an_hour() {
    let mut server = Server::start().await;
    server.look();
    let database = server.home.path().join("curt.db");
    let away = server.home.path().join("away");
    fs::rename(&database, &away).unwrap();
    server.clock.advance(DAY);
    for _ in 0..3 {
        server.look();
    }
    assert_eq!(server.count(), 1);
    assert!((server.metric("backup_failures_total") - 1.0).abs() < 0.1, "tried once");
    assert_eq!(server.schedule.failed_at, Some(server.clock.now()));

    fs::rename(&away, &database).unwrap();
    server.clock.advance(Duration::from_mins(59));
    server.look();
    assert_eq!(server.count(), 1, "an hour is left to whoever repairs it");
    server.clock.advance(Duration::from_mins(1));
    server.look();
    assert_eq!((server.count(), server.schedule.failed_at), (2, None));
}

#[tokio::test]
async fn a_panic_is_a_failure_that_is_told() {
    let mut server = Server::start().await;
    // A query to a database server waits on the runtime, which panics on the runtime's own thread.
    server.schedule.database.database = "postgres://localhost/curt".parse().unwrap();
    server.look();
    assert_eq!(server.schedule.failed_at, Some(server.clock.now()));
    assert!((server.metric("backup_failures_total") - 1.0).abs() < 0.1);
}

#[tokio::test]
async fn one_that_is_made_by_hand_is_no_failure() {
    let mut server = Server::start().await;
    let other = BackupDir::new(server.schedule.directory.path());
    let locked = other.lock().unwrap();
    server.look();
    assert_eq!((server.count(), server.schedule.failed_at), (0, None));
    drop(locked);
    server.look();
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn a_clock_that_was_ahead_does_not_stop_backups() {
    let mut server = Server::start().await;
    server.clock.advance(400 * DAY);
    server.look();
    server.clock.set(START.parse().unwrap());
    server.look();
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn a_stopping_server_makes_none_and_leaves_nothing() {
    let mut server = Server::start().await;
    let cancelled = CancellationToken::new();
    cancelled.cancel();
    server.schedule.look(&Handle::current(), &cancelled);
    assert_eq!((server.count(), server.schedule.failed_at), (0, None));
    let names = fs::read_dir(server.schedule.directory.path()).unwrap();
    assert_eq!(names.count(), 1, "the lock alone");
}

#[tokio::test]
async fn the_thread_ends_when_it_is_told() {
    let server = Server::start().await;
    let end = CancellationToken::new();
    end.cancel();
    let ended = tokio::time::timeout(ENDS_WITHIN, server.schedule.run(end)).await;
    assert_eq!(ended, Ok(()));
    let left = fs::read_dir(server.home.path().join("backups")).unwrap();
    assert_eq!(left.count(), 1, "the lock alone");
}
