use std::{
    fs,
    ops::ControlFlow,
    os::unix::fs::FileExt as _,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use curt_domain::{Caller, Clock, TargetUrl};
use tempfile::TempDir;

use super::*;
use crate::{
    DatabaseUrl, StoreMetrics, StoreSettings,
    tests::{for_each_store, link},
};

/// An SQLite store in a directory that also has room for copies.
struct Original {
    store: Store,
    directory: TempDir,
}

impl Original {
    async fn with_links(count: u64) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let settings = StoreSettings::new(DatabaseUrl::sqlite(directory.path().join("curt.db")));
        let store = Store::connect(&settings, StoreMetrics::unregistered()).await.unwrap();
        store.migrate(&Clock::System).await.unwrap();
        for number in 1..=count {
            store.create_link(&Caller::SYSTEM, link(number), None).await.unwrap();
        }
        Self { store, directory }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn copy(&self) -> PathBuf {
        let copy = self.path("copy");
        copy_sqlite(&self.path("curt.db"), &copy, patient()).unwrap();
        copy
    }

    async fn execute(&self, sql: &'static str) {
        self.store.db.execute(Sql::new(sql), &[]).await.unwrap();
    }
}

fn patient() -> ProgressGuard {
    Arc::new(|| ControlFlow::Continue(()))
}

fn inspect(path: &Path) -> Result<Contents, InspectError> {
    inspect_sqlite(path, patient())
}

#[tokio::test]
async fn a_copy_has_what_was_committed_and_tells_it() {
    let original = Original::with_links(20).await;
    original.store.check_secret("fingerprint").await.unwrap();
    let copy = original.copy();
    original.store.create_link(&Caller::SYSTEM, link(21), None).await.unwrap();

    let contents = inspect(&copy).unwrap();
    assert_eq!((contents.links, contents.deleted), (20, 0));
    assert_eq!(contents.newest_change, Some(Timestamp::from_millis(0)));
    assert_eq!(contents.key_check.as_deref(), Some("fingerprint"));
    assert!(contents.schema.starts_with("00") && !contents.is_newer, "{contents:?}");
    let header = fs::read(&copy).unwrap();
    assert_eq!(header[64..68], 1_u32.to_be_bytes(), "auto_vacuum=incremental is kept");
}

#[tokio::test]
async fn what_was_deleted_leaves_no_trace_in_a_copy() {
    const TRACE: &str = "https://example.com/trace-of-a-deleted-link";
    let original = Original::with_links(0).await;
    let mut deleted = link(1);
    deleted.target = TargetUrl::from_stored(TRACE).unwrap();
    original.store.create_link(&Caller::SYSTEM, deleted, None).await.unwrap();
    let has_trace = |path: &Path| {
        fs::read(path).unwrap().windows(TRACE.len()).any(|bytes| bytes == TRACE.as_bytes())
    };
    assert!(has_trace(&original.copy()));
    fs::remove_file(original.path("copy")).unwrap();
    original.execute("delete from links").await;
    assert!(!has_trace(&original.copy()));
}

#[tokio::test]
async fn what_is_no_whole_copy_is_told_by_name() {
    let original = Original::with_links(200).await;
    let copy = original.copy();
    let whole = fs::read(&copy).unwrap();
    let path = original.path("broken");
    let broken = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        inspect(&path).unwrap_err().to_string()
    };

    assert_eq!(broken(b""), "is not an SQLite database");
    assert_eq!(broken(&[b'x'; 8192]), "is not an SQLite database");
    let cut = format!("is cut off: 8192 bytes of {}", whole.len());
    assert_eq!(broken(&whole[..8192]), cut);
    let mut in_use = whole.clone();
    in_use[18..20].copy_from_slice(&[2, 2]);
    assert!(broken(&in_use).starts_with("was copied from a database in use"));
    let mut damaged = whole;
    let last_page = damaged.len() - 4096;
    damaged[last_page..].fill(0);
    assert!(broken(&damaged).starts_with("is damaged: "), "{}", broken(&damaged));
    assert!(matches!(inspect(&original.path("nowhere")), Err(InspectError::Unreadable(_))));
}

#[tokio::test]
async fn other_programs_and_other_releases_are_told_apart() {
    let original = Original::with_links(1).await;
    original
        .execute(
            "insert into curt_migrations (version, name, checksum, started_at, finished_at)
             values (9000, '9000_tomorrow', '', 0, 0)",
        )
        .await;
    let newer = inspect(&original.copy()).unwrap();
    assert_eq!((newer.schema.as_str(), newer.is_newer), ("9000_tomorrow", true));

    fs::remove_file(original.path("copy")).unwrap();
    original.execute("update curt_migrations set checksum = 'other' where version = 3").await;
    let changed = inspect(&original.copy()).unwrap_err().to_string();
    assert!(changed.starts_with("migration 0003_"), "{changed}");

    fs::remove_file(original.path("copy")).unwrap();
    original.execute("drop table curt_migrations").await;
    let foreign = inspect(&original.copy()).unwrap_err().to_string();
    assert!(foreign.starts_with("the database belongs to another program"), "{foreign}");
}

#[tokio::test]
async fn a_copy_ends_as_soon_as_it_is_told() {
    let original = Original::with_links(0).await;
    original
        .execute(
            "with recursive n (id) as (select 1 union all select id + 1 from n where id < 100000)
             insert into tags (id, name) select id, 'tag' || id from n",
        )
        .await;
    let asked = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&asked);
    let impatient: ProgressGuard = Arc::new(move || {
        seen.store(true, Ordering::Relaxed);
        ControlFlow::Break(())
    });
    let copied = copy_sqlite(&original.path("curt.db"), &original.path("copy"), impatient);
    assert!(copied.is_err() && asked.load(Ordering::Relaxed));
}

#[tokio::test]
async fn a_log_that_was_left_behind_is_folded_into_its_database() {
    let original = Original::with_links(20).await;
    let moved = tempfile::tempdir().unwrap();
    // The store is open, so the links are in the log alone.
    for name in ["curt.db", "curt.db-wal"] {
        fs::copy(original.path(name), moved.path().join(name)).unwrap();
    }
    let database = moved.path().join("curt.db");
    checkpoint_wal(&database).unwrap();
    assert!(!moved.path().join("curt.db-wal").exists());
    let settings = StoreSettings::new(DatabaseUrl::sqlite(database));
    let store = Store::connect(&settings, StoreMetrics::unregistered()).await.unwrap();
    assert_eq!(store.contents().await.unwrap().links, 20);
    store.close().await;
}

#[test]
fn a_database_that_is_not_there_is_not_made() {
    let directory = tempfile::tempdir().unwrap();
    let source = directory.path().join("curt.db");
    assert!(copy_sqlite(&source, &directory.path().join("copy"), patient()).is_err());
    assert!(!source.exists());
}

/// Inverts single bytes of a copy. Reading it may then fail or succeed, but must not panic.
#[tokio::test]
async fn damage_never_panics() {
    let original = Original::with_links(50).await;
    let copy = original.copy();
    let file = File::options().read(true).write(true).open(&copy).unwrap();
    let len = file.metadata().unwrap().len();
    for at in (0..len).step_by(997) {
        let mut byte = [0];
        file.read_exact_at(&mut byte, at).unwrap();
        file.write_all_at(&[!byte[0]], at).unwrap();
        inspect(&copy).ok();
        file.write_all_at(&byte, at).unwrap();
    }
    assert_eq!(inspect(&copy).unwrap().links, 50, "all is as it was");
}

#[tokio::test]
async fn every_engine_tells_what_it_holds() {
    for_each_store(async |store| {
        assert!(!store.is_empty().await.unwrap());
        assert_eq!(store.newest_link().await.unwrap(), None);
        assert_eq!(store.contents().await.unwrap().newest_change, None);
        for number in 1..=3 {
            store.create_link(&Caller::SYSTEM, link(number), None).await.unwrap();
        }
        store
            .db
            .execute(Sql::new("update links set deleted_at = 7 where id = 2"), &[])
            .await
            .unwrap();
        let contents = store.contents().await.unwrap();
        assert_eq!((contents.links, contents.deleted, contents.key_check), (2, 0, None));

        assert_eq!(store.newest_link().await.unwrap(), LinkId::new(3));
        let code_from = async |id| store.code_from(LinkId::new(id).unwrap()).await.unwrap();
        assert_eq!(code_from(1).await.unwrap().as_str(), "code1");
        assert_eq!(code_from(2).await.unwrap().as_str(), "code3", "the second is deleted");
        assert_eq!(code_from(4).await, None);
    })
    .await;
}

#[tokio::test]
async fn a_forgotten_secret_makes_room_for_another() {
    for_each_store(async |store| {
        store.check_secret("one").await.unwrap();
        assert!(store.check_secret("other").await.is_err());
        store.forget_secret().await.unwrap();
        store.check_secret("other").await.unwrap();
        assert_eq!(store.contents().await.unwrap().key_check.as_deref(), Some("other"));
    })
    .await;
}
