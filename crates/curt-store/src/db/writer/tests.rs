//! Every way in which a batch can fail. A first job holds the writer until the others wait, so that
//! they run as one batch; nothing here depends on timing.

use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
    pin::pin,
    process::Command,
    sync::{Mutex, atomic::AtomicU32, mpsc},
};

use futures_util::{
    FutureExt as _,
    future::{BoxFuture, join_all},
    poll,
};
use tempfile::TempDir;

use super::*;
use crate::db::{Sql, Tx, Work};

const INSERT: Sql = Sql::new("insert into t (id, v) values ($1, $2)");
const INSERT_ORPHAN: Sql = Sql::new("insert into child (t_id) values (-1)");
/// As many pages as the tables need and a few more: a disk that is nearly full.
const LITTLE_ROOM: Sql = Sql::new("pragma max_page_count = 30");
const MUCH_ROOM: Sql = Sql::new("pragma max_page_count = 30000");
/// A row of about a page.
const LONG_TEXT_LEN: usize = 3_000;

struct Fixture {
    file: PathBuf,
    /// Deleted with the fixture, unless it belongs to another fixture.
    directory: Option<TempDir>,
    writer: Writer,
    thread: thread::JoinHandle<()>,
}

impl Fixture {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut fixture = Self::in_directory(directory.path());
        fixture.directory = Some(directory);
        fixture
    }

    fn in_directory(directory: &Path) -> Self {
        let file = directory.join("curt.db");
        let mut connection = Connection::open_writer(&file).unwrap();
        for text in [
            "create table if not exists curt_migrations (version integer) strict",
            "create table if not exists t (id integer primary key, v text not null) strict",
            "create table if not exists child
                 (t_id integer references t deferrable initially deferred) strict",
        ] {
            connection.execute(Sql::new(text), &[]).unwrap();
        }
        let (writer, thread) = Writer::start(connection, StoreMetrics::unregistered());
        Self { file, directory: None, writer, thread }
    }

    /// What another connection sees: the committed rows.
    fn ids(&self) -> BTreeSet<i64> {
        let mut reader = Connection::open_reader(&self.file).unwrap();
        let rows = reader.rows(Sql::new("select id from t"), &[]).unwrap();
        rows.iter().map(|row| row.int(0).unwrap()).collect()
    }

    fn run<I, T, E>(&self, name: &'static str, input: I, body: Body<I, T, E>) -> Job<'_, T, E>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        self.writer.run(name, Isolation::Savepoint, Patience::Request, input, body).boxed()
    }

    /// Several statements, in a savepoint.
    fn insert(&self, ids: &[i64]) -> Job<'_, (), DbError> {
        self.run("insert", (ids.to_vec(), "short"), insert_all)
    }

    /// One statement, in no savepoint.
    fn insert_one(&self, id: i64, text: &str) -> Job<'_, (), DbError> {
        let input = (id, text.to_owned());
        let (isolation, patience) = (Isolation::Statement, Patience::Request);
        self.writer.run("insert_one", isolation, patience, input, insert_one).boxed()
    }

    fn row(&self, sql: Sql) -> Job<'_, i64, DbError> {
        self.run("row", sql, |tx, sql| {
            Box::pin(async move { tx.row(*sql, &[]).await?.unwrap().int(0) })
        })
    }

    /// Keeps the writer busy until it is released.
    async fn hold(&self) -> (Job<'_, (), DbError>, mpsc::Sender<()>) {
        let (input, entered, release) = Hold::new();
        let mut held = self.run("hold", input, stay);
        assert!(poll!(&mut held).is_pending());
        entered.await.unwrap();
        (held, release)
    }

    /// Lets the jobs queue up behind one that holds the writer, then lets them run.
    async fn together<F: Future>(&self, jobs: impl IntoIterator<Item = F>) -> Vec<F::Output> {
        let (held, release) = self.hold().await;
        let mut jobs = pin!(join_all(jobs));
        assert!(poll!(&mut jobs).is_pending());
        release.send(()).unwrap();
        let answers = jobs.await;
        drop(held.await);
        answers
    }
}

type Job<'w, T, E> = BoxFuture<'w, Result<T, E>>;

fn insert_all<'t>(
    tx: &'t mut Tx<'_>,
    (ids, text): &'t (Vec<i64>, &'static str),
) -> Work<'t, (), DbError> {
    Box::pin(async move {
        for id in ids {
            tx.execute(INSERT, &[(*id).into(), (*text).into()]).await?;
        }
        Ok(())
    })
}

fn insert_one<'t>(tx: &'t mut Tx<'_>, (id, text): &'t (i64, String)) -> Work<'t, (), DbError> {
    Box::pin(
        async move { tx.execute(INSERT, &[(*id).into(), text.as_str().into()]).await.map(drop) },
    )
}

/// A job that stays on the writer's thread until it is released.
struct Hold {
    entered: Mutex<Option<oneshot::Sender<()>>>,
    release: Mutex<mpsc::Receiver<()>>,
}

impl Hold {
    fn new() -> (Self, oneshot::Receiver<()>, mpsc::Sender<()>) {
        let (entered, has_entered) = oneshot::channel();
        let (release, released) = mpsc::channel();
        let hold = Self { entered: Mutex::new(Some(entered)), release: Mutex::new(released) };
        (hold, has_entered, release)
    }
}

fn stay<'t>(_: &'t mut Tx<'_>, hold: &'t Hold) -> Work<'t, (), DbError> {
    Box::pin(async move {
        // When its batch is abandoned the job runs again, and then the test no longer waits for it.
        if let Some(entered) = hold.entered.lock().unwrap().take() {
            entered.send(()).unwrap();
            hold.release.lock().unwrap().recv().unwrap();
        }
        Ok(())
    })
}

fn kinds<T>(answers: &[Result<T, DbError>]) -> Vec<Option<DbErrorKind>> {
    answers.iter().map(|answer| answer.as_ref().err().map(DbError::kind)).collect()
}

#[tokio::test]
async fn a_constraint_undoes_its_own_job_and_no_other() {
    let store = Fixture::new();
    store.insert(&[1]).await.unwrap();
    let answers = store
        .together([
            store.insert(&[2]),
            store.insert(&[3, 1]),
            store.insert_one(1, "a single statement undoes itself"),
            store.insert_one(4, "as if nothing had been"),
        ])
        .await;
    let taken = Some(DbErrorKind::UniqueViolation);
    assert_eq!(kinds(&answers), [None, taken, taken, None]);
    assert_eq!(store.ids(), BTreeSet::from([1, 2, 4]), "3 went with its job");
}

#[tokio::test]
async fn a_body_that_refuses_is_undone_and_its_reason_told() {
    #[derive(Debug)]
    enum Refusal {
        NotToday,
        Db,
    }
    impl From<DbError> for Refusal {
        fn from(_: DbError) -> Self {
            Self::Db
        }
    }
    let store = Fixture::new();
    let refusal = store.run("refuse", (), |tx, ()| {
        Box::pin(async move {
            tx.execute(INSERT, &[1.into(), "written, then regretted".into()]).await?;
            Err::<(), _>(Refusal::NotToday)
        })
    });
    assert!(matches!(refusal.await, Err(Refusal::NotToday)));
    assert_eq!(store.ids(), BTreeSet::new());
}

#[tokio::test]
async fn nothing_is_answered_before_the_commit() {
    let store = Fixture::new();
    let (_gathering, go) = store.hold().await;
    let (hold, entered, release) = Hold::new();
    let mut insert = pin!(store.insert(&[1]));
    let mut last = pin!(store.run("hold", hold, stay));
    assert!(poll!(&mut insert).is_pending());
    assert!(poll!(&mut last).is_pending());
    go.send(()).unwrap();
    entered.await.unwrap();
    // The insert has run, in a batch that cannot end before its last job.
    assert!(poll!(&mut insert).is_pending());
    assert_eq!(store.ids(), BTreeSet::new());
    release.send(()).unwrap();
    insert.await.unwrap();
    assert_eq!(store.ids(), BTreeSet::from([1]));
}

/// Acknowledged writes are there, refused ones are not, and both kinds occurred.
async fn full_disk_keeps_its_word(jobs: impl Fn(&Fixture, i64) -> Job<'_, (), DbError>) {
    let store = Fixture::new();
    assert_eq!(store.row(LITTLE_ROOM).await.unwrap(), 30);
    let ids: Vec<i64> = (1..=60).collect();
    let answers = store.together(ids.iter().map(|id| jobs(&store, *id))).await;
    let full = Some(DbErrorKind::StorageFull);
    assert!(kinds(&answers).iter().all(|kind| kind.is_none() || *kind == full), "{answers:?}");
    let acknowledged: BTreeSet<i64> =
        ids.iter().zip(&answers).filter(|(_, answer)| answer.is_ok()).map(|(id, _)| *id).collect();
    assert!((5..30).contains(&acknowledged.len()), "{acknowledged:?}");
    assert_eq!(store.ids(), acknowledged);
    assert!(!store.writer.storage_failed(), "a full disk is no broken one");

    assert_eq!(store.row(MUCH_ROOM).await.unwrap(), 30_000);
    for answer in store.together((61..=80).map(|id| jobs(&store, id))).await {
        answer.unwrap();
    }
    assert_eq!(store.ids().len(), acknowledged.len() + 20);
}

#[tokio::test]
async fn f5_a_full_disk_keeps_its_word_about_single_statements() {
    full_disk_keeps_its_word(|store, id| store.insert_one(id, &"x".repeat(LONG_TEXT_LEN))).await;
}

#[tokio::test]
async fn f5_a_full_disk_keeps_its_word_about_transactions() {
    full_disk_keeps_its_word(|store, id| {
        let text: &'static str = "x".repeat(LONG_TEXT_LEN).leak();
        store.run("insert", (vec![id], text), insert_all)
    })
    .await;
}

#[tokio::test]
async fn f5_a_body_that_hides_the_full_disk_is_not_believed() {
    let store = Fixture::new();
    assert_eq!(store.row(LITTLE_ROOM).await.unwrap(), 30);
    let hide: Body<(), (), DbError> = |tx, ()| {
        Box::pin(async move {
            let long_text = "x".repeat(100 * LONG_TEXT_LEN);
            drop(tx.execute(INSERT, &[1.into(), long_text.into()]).await);
            Ok(())
        })
    };
    let answers = store.together([store.insert(&[2]), store.run("hide", (), hide)]).await;
    assert_eq!(kinds(&answers), [None, Some(DbErrorKind::StorageFull)]);
    assert_eq!(store.ids(), BTreeSet::from([2]));
}

#[tokio::test]
async fn f22_a_panic_fails_its_own_job_only() {
    let store = Fixture::new();
    let panic = store.run("clumsy", (), |tx, ()| {
        Box::pin(async move {
            tx.execute(INSERT, &[2.into(), "before the fall".into()]).await?;
            panic!("stumbled");
        })
    });
    let answers = store.together([store.insert(&[1]), panic, store.insert(&[3])]).await;
    assert_eq!(kinds(&answers), [None, Some(DbErrorKind::Other), None]);
    let error = answers[1].as_ref().unwrap_err();
    let source = std::error::Error::source(error).unwrap().to_string();
    assert_eq!(source, "the transaction clumsy panicked: stumbled");
    assert_eq!(store.ids(), BTreeSet::from([1, 3]));
}

#[tokio::test]
async fn a_body_that_waits_for_something_else_is_stopped() {
    let store = Fixture::new();
    let wait =
        store.run("wait", (), |_, ()| Box::pin(std::future::pending::<Result<(), DbError>>()));
    assert_eq!(kinds(&[wait.await]), [Some(DbErrorKind::Other)]);
    store.insert(&[1]).await.unwrap();
}

#[tokio::test]
async fn a_caller_that_leaves_does_not_cancel_its_job() {
    let store = Fixture::new();
    let (held, release) = store.hold().await;
    let mut left = store.insert(&[1]);
    assert!(poll!(&mut left).is_pending());
    drop(left);
    release.send(()).unwrap();
    held.await.unwrap();
    store.insert(&[2]).await.unwrap();
    assert_eq!(store.ids(), BTreeSet::from([1, 2]));
}

/// Counts how often a body ran.
fn count_runs<'t>(_: &'t mut Tx<'_>, runs: &'t Arc<AtomicU32>) -> Work<'t, (), DbError> {
    Box::pin(async move {
        runs.fetch_add(1, Ordering::Relaxed);
        Ok(())
    })
}

/// Would count without end; also counts how often it started.
fn overrun<'t>(tx: &'t mut Tx<'_>, runs: &'t Arc<AtomicU32>) -> Work<'t, (), DbError> {
    const ENDLESS: Sql = Sql::new(
        "with recursive n (i) as (select 1 union all select i + 1 from n) select count(*) from n",
    );
    Box::pin(async move {
        runs.fetch_add(1, Ordering::Relaxed);
        tx.execute(INSERT, &[9.into(), "before the overrun".into()]).await?;
        tx.row(ENDLESS, &[]).await.map(drop)
    })
}

#[tokio::test]
async fn a_body_has_one_second_and_costs_the_others_no_more() {
    let store = Fixture::new();
    let (before, endless, after) = <(Arc<AtomicU32>, Arc<AtomicU32>, Arc<AtomicU32>)>::default();
    let answers = store
        .together([
            store.run("before", Arc::clone(&before), count_runs),
            store.insert(&[1]),
            store.run("overrun", Arc::clone(&endless), overrun),
            store.insert(&[2]),
            store.run("after", Arc::clone(&after), count_runs),
        ])
        .await;
    let too_long = Some(DbErrorKind::TimedOut);
    assert_eq!(kinds(&answers), [None, None, too_long, None, None]);
    assert_eq!(store.ids(), BTreeSet::from([1, 2]));
    let runs = [before, endless, after].map(|runs| runs.load(Ordering::Relaxed));
    assert_eq!(runs, [2, 1, 1], "the batch was lost once, and the overrun not run again");
}

#[tokio::test]
async fn an_error_from_commit_answers_every_job_with_an_error() {
    let store = Fixture::new();
    let orphan = store.run("orphan", (), |tx, ()| {
        Box::pin(async move { tx.execute(INSERT_ORPHAN, &[]).await.map(drop) })
    });
    let answers = store.together([store.insert(&[1]), orphan, store.insert_one(2, "two")]).await;
    let refused = Some(DbErrorKind::OtherConstraint);
    assert_eq!(kinds(&answers), [refused, refused, refused]);
    assert_eq!(store.ids(), BTreeSet::new());
    assert!(!store.writer.storage_failed());
    store.insert(&[3]).await.unwrap();
    assert_eq!(store.ids(), BTreeSet::from([3]));
}

#[tokio::test]
async fn f9_while_another_process_writes_all_who_wait_are_told() {
    let store = Fixture::new();
    let other = Connection::open_writer(&store.file).unwrap();
    other.begin().unwrap();
    let answers = join_all([store.insert(&[1]), store.insert(&[2]), store.insert(&[3])]).await;
    assert_eq!(kinds(&answers), [Some(DbErrorKind::TimedOut); 3]);
    other.rollback().unwrap();
    store.insert(&[4]).await.unwrap();
    assert_eq!(store.ids(), BTreeSet::from([4]));
}

#[tokio::test]
async fn f10_a_full_queue_refuses_at_once() {
    let store = Fixture::new();
    let (held, release) = store.hold().await;
    let ids = 1..=i64::try_from(QUEUE_LEN_MAX).unwrap();
    let mut waiting = pin!(join_all(ids.map(|id| store.insert_one(id, "waited"))));
    assert!(poll!(&mut waiting).is_pending());
    let refused = store.insert(&[0]).now_or_never().expect("an answer without waiting");
    assert_eq!(kinds(&[refused]), [Some(DbErrorKind::Unavailable)]);
    assert_eq!(store.writer.metrics.writer_queue_len().get(), 4_096);
    release.send(()).unwrap();
    held.await.unwrap();
    assert!(waiting.await.iter().all(Result::is_ok));
    assert_eq!(store.ids().len(), QUEUE_LEN_MAX);
    assert_eq!(store.writer.metrics.writer_queue_len().get(), 0);
}

#[tokio::test]
async fn stopping_finishes_what_waits_and_takes_no_more() {
    let store = Fixture::new();
    let mut waiting = store.insert(&[1]);
    assert!(poll!(&mut waiting).is_pending());
    store.writer.stop();
    waiting.await.unwrap();
    let ids = store.ids();
    let (isolation, patience) = (Isolation::Statement, Patience::Request);
    store.thread.join().unwrap();
    let late = store.writer.run("late", isolation, patience, (2, String::new()), insert_one).await;
    assert_eq!(kinds(&[late]), [Some(DbErrorKind::Unavailable)]);
    assert_eq!(ids, BTreeSet::from([1]));
    assert!(!store.file.with_extension("db-wal").exists(), "all is in the file");
}

/// The file in which the child below notes how many writes were acknowledged.
const ACKNOWLEDGED: &str = "acknowledged";

/// Runs itself again in a process whose files cannot grow beyond 1 MiB, so that the kernel fails a
/// write of the WAL in the middle of a COMMIT. (The process must ignore the limit's signal from its
/// start.)
#[test]
fn f6_after_an_io_error_on_commit_writes_are_refused_until_a_restart() {
    const DIRECTORY: &str = "CURT_TEST_IO_ERROR_IN";
    if let Ok(directory) = env::var(DIRECTORY) {
        return write_until_the_disk_fails(Path::new(&directory));
    }
    let directory = tempfile::tempdir().unwrap();
    let test = thread::current().name().expect("the harness names the test's thread").to_owned();
    let script = r#"trap "" XFSZ; ulimit -f 2048; exec "$0" "$1" --exact --nocapture"#;
    let child = Command::new("sh")
        .args(["-c", script])
        .arg(env::current_exe().unwrap())
        .arg(test)
        .env(DIRECTORY, directory.path())
        .output()
        .unwrap();
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stderr));

    let acknowledged: i64 =
        fs::read_to_string(directory.path().join(ACKNOWLEDGED)).unwrap().parse().unwrap();
    let mut restarted = Connection::open_reader(&directory.path().join("curt.db")).unwrap();
    let rows = restarted.rows(Sql::new("select count(*), max(id) from t"), &[]).unwrap();
    let (count, last) = (rows[0].int(0).unwrap(), rows[0].int(1).unwrap());
    assert!(20 < acknowledged, "{acknowledged}");
    // The failed write may be there or not: that is why nothing may be written after it.
    assert!((acknowledged..=acknowledged + 1).contains(&count), "{acknowledged} {count}");
    assert_eq!(count, last, "none is missing in between");
    let check = restarted.rows(Sql::new("pragma integrity_check"), &[]).unwrap();
    assert_eq!(check[0].text(0).unwrap(), "ok");
}

#[tokio::main(flavor = "current_thread")]
async fn write_until_the_disk_fails(directory: &Path) {
    let store = Fixture::in_directory(directory);
    let mut acknowledged = 0;
    let error = loop {
        match store.insert_one(acknowledged + 1, &"x".repeat(LONG_TEXT_LEN)).await {
            Ok(()) => acknowledged += 1,
            Err(error) => break error,
        }
    };
    fs::write(directory.join(ACKNOWLEDGED), acknowledged.to_string()).unwrap();
    assert_eq!(error.kind(), DbErrorKind::StorageFailed);
    assert!(store.writer.storage_failed());
    // Not `Unavailable`, which would invite a retry.
    let refused = store.insert(&[0]).await;
    assert_eq!(kinds(&[refused]), [Some(DbErrorKind::StorageFailed)]);
    assert_eq!(store.ids(), (1..=acknowledged).collect(), "reads go on");
}
