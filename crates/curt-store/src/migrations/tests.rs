use std::{collections::BTreeSet, error::Error, fs, iter, path::Path};

use curt_domain::{Access, Caller, LinkEdit, ManualClock, TargetUrl};
use futures_util::future::try_join_all;
use testkit::databases::{TestDatabase, for_each_engine, for_each_server};

use super::*;
use crate::{ExpectedRevision, Store, StoreMetrics, StoreSettings, tests::link};

async fn connect(database: &TestDatabase) -> Store {
    let settings = StoreSettings::new(database.url().parse().unwrap());
    Store::connect(&settings, StoreMetrics::unregistered()).await.unwrap()
}

fn clock() -> Clock {
    Clock::Manual(ManualClock::new(Timestamp::from_millis(1_700_000_000_000)))
}

fn names() -> Vec<&'static str> {
    MIGRATIONS.iter().map(|migration| migration.name).collect()
}

#[test]
fn all_engines_have_the_same_files_and_all_are_listed() {
    let folders = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let listed: BTreeSet<String> = names().iter().map(|name| format!("{name}.sql")).collect();
    for engine in [Engine::Sqlite, Engine::Postgres, Engine::MySql] {
        let files = fs::read_dir(folders.join(engine.as_str())).unwrap();
        let found: BTreeSet<String> =
            files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        assert_eq!(found, listed, "{}", engine.as_str());
    }
}

#[test]
fn numbers_have_no_gaps_and_every_file_is_one_statement() {
    for (version, migration) in (1..).zip(MIGRATIONS) {
        assert!(migration.name.starts_with(&format!("{version:04}_")), "{}", migration.name);
        for text in migration.texts {
            let is_code = |line: &&str| !line.trim_start().starts_with("--");
            let code: String = text.lines().filter(is_code).collect();
            let statement = code.trim_end().trim_end_matches(';');
            assert!(!statement.is_empty() && !statement.contains(';'), "{}", migration.name);
        }
    }
}

#[tokio::test]
async fn a_new_database_is_migrated_once() {
    for_each_engine(async |database| {
        let store = connect(database).await;
        let before = store.migrations().await.unwrap();
        assert!(before.iter().all(|status| status.state == MigrationState::Pending));
        assert_eq!(store.migrate(&clock()).await.unwrap(), names());
        assert_eq!(store.migrate(&clock()).await.unwrap(), Vec::<&str>::new());
        let after = store.migrations().await.unwrap();
        let applied = MigrationState::Applied { at: clock().now() };
        assert!(after.iter().all(|status| status.state == applied), "{after:?}");
        assert!(after.iter().map(|status| status.name.as_str()).eq(names()));
    })
    .await;
}

#[tokio::test]
async fn f19_nodes_that_start_together_take_turns() {
    for_each_engine(async |database| {
        let stores = [connect(database).await, connect(database).await, connect(database).await];
        let clock = clock();
        let applied = try_join_all(stores.iter().map(|store| store.migrate(&clock))).await.unwrap();
        let mut applied: Vec<_> = applied.concat();
        applied.sort_unstable();
        assert_eq!(applied, names(), "each by one of them");
        let counter = stores[0].db.rows(Sql::new("select seq from change_counter"), &[]).await;
        assert_eq!(counter.unwrap().len(), 1);
    })
    .await;
}

/// A step, and another node that starts after the step's lock is released but before its
/// transaction ends.
fn take_step_beside<'t>(
    tx: &'t mut Tx<'_>,
    input: &'t (Step, Store),
) -> Work<'t, Vec<&'static str>, MigrateError> {
    Box::pin(async move {
        let (step, other) = input;
        assert_eq!(take_step(tx, step).await?, Some("0004_change_counter_row"));
        other.migrate(&clock()).await
    })
}

#[tokio::test]
async fn f19_a_step_is_committed_before_the_next_node_takes_the_lock() {
    for_each_server(async |database| {
        let store = connect(database).await;
        // PostgreSQL's lock lasts as long as the transaction.
        if store.engine() != Engine::MySql {
            return;
        }
        for version in 1..4 {
            store.db.migration(step(&store, version), take_step).await.unwrap();
        }
        let other = connect(database).await;
        let input = (step(&store, 4), other);
        let applied = store.db.migration(input, take_step_beside).await.unwrap();
        assert_eq!(applied, names()[4..]);
    })
    .await;
}

#[tokio::test]
async fn a_database_of_another_program_is_not_touched() {
    for_each_server(async |database| {
        let store = connect(database).await;
        // Other programs may have a table of this name.
        store.db.execute(Sql::new("create table migrations (id bigint)"), &[]).await.unwrap();
        for result in [
            store.migrations().await.map(drop),
            store.migrate(&clock()).await.map(drop),
            store.db.migration(step(&store, 1), take_step).await.map(drop),
        ] {
            assert!(
                matches!(&result, Err(MigrateError::Foreign { table }) if table == "migrations"),
                "{result:?}"
            );
        }
    })
    .await;
}

fn step(store: &Store, version: i64) -> Step {
    Step { version, engine: store.engine(), clock: clock() }
}

#[tokio::test]
async fn a_migration_whose_text_changed_is_refused() {
    for_each_engine(async |database| {
        let store = connect(database).await;
        store.migrate(&clock()).await.unwrap();
        let forge = Sql::new("update curt_migrations set checksum = 'another' where version = 2");
        store.db.execute(forge, &[]).await.unwrap();
        for result in [store.migrations().await.map(drop), store.migrate(&clock()).await.map(drop)]
        {
            assert!(
                matches!(&result, Err(MigrateError::Changed { name }) if name == "0002_meta"),
                "{result:?}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn a_step_that_failed_says_why_and_can_be_taken_again() {
    for_each_engine(async |database| {
        let store = connect(database).await;
        for version in 1..=6 {
            store.db.migration(step(&store, version), take_step).await.unwrap();
        }
        store.db.execute(Sql::new("create table nodes (id integer)"), &[]).await.unwrap();
        let error = store.migrate(&clock()).await.unwrap_err();
        let chain = iter::successors(Some(&error as &dyn Error), |&error| error.source());
        let told = chain.map(ToString::to_string).collect::<Vec<_>>().join(": ");
        assert!(told.contains("nodes") && told.contains("already exists"), "{told}");

        store.db.execute(Sql::new("drop table nodes"), &[]).await.unwrap();
        assert_eq!(store.migrate(&clock()).await.unwrap(), names()[6..]);
    })
    .await;
}

#[tokio::test]
async fn p8_the_previous_release_runs_on_a_newer_schema() {
    for_each_engine(async |database| {
        let store = connect(database).await;
        store.migrate(&clock()).await.unwrap();
        let newer = [9_999.into(), "9999_newer".into(), "unknown".into(), clock().now().into()];
        store.db.execute(START, &newer).await.unwrap();
        assert_eq!(store.migrate(&clock()).await.unwrap(), Vec::<&str>::new());
        let last = store.migrations().await.unwrap().pop().unwrap();
        assert_eq!((last.version, last.state), (9_999, MigrationState::Unknown));

        for table in [
            "alter table links add column newer integer",
            "alter table link_versions add column newer integer",
            "alter table changes add column newer integer",
        ] {
            store.db.execute(Sql::new(table), &[]).await.unwrap();
        }
        let old = link(1);
        store.create_link(&Caller::SYSTEM, old.clone(), None).await.unwrap();
        let target = TargetUrl::from_stored("https://example.com/edited").unwrap();
        let edit = LinkEdit { target: Some(target.clone()), ..LinkEdit::default() };
        let edited = store
            .edit_link(&Caller::SYSTEM, old.id, edit, ExpectedRevision::Any, clock().now())
            .await
            .unwrap();
        assert_eq!(store.link(Access::All, old.id).await.unwrap(), Some(edited));
        let route = store.route(&old.code).await.unwrap();
        assert_eq!(route.map(|route| route.target), Some(target));
        let versions = store.link_versions(Access::All, old.id, None, 10).await.unwrap().unwrap();
        assert!(versions.into_iter().map(|version| version.link).eq([old]));
        assert_eq!(store.newest_change().await.unwrap(), 1);
    })
    .await;
}

/// On MySQL a run can die after the statement and before it records it.
#[tokio::test]
async fn f19_a_run_that_died_in_between_is_resumed() {
    const FORGET: Sql = Sql::new("update curt_migrations set finished_at = null where version = 5");
    for_each_server(async |database| {
        let store = connect(database).await;
        store.migrate(&clock()).await.unwrap();
        store.db.execute(FORGET, &[]).await.unwrap();
        assert_eq!(store.migrations().await.unwrap()[4].state, MigrationState::Interrupted);
        assert_eq!(store.migrate(&clock()).await.unwrap(), ["0005_changes"], "it was there");

        store.db.execute(FORGET, &[]).await.unwrap();
        store.db.execute(Sql::new("drop table changes"), &[]).await.unwrap();
        assert_eq!(store.migrate(&clock()).await.unwrap(), ["0005_changes"], "it was not");
        store.db.rows(Sql::new("select seq from changes"), &[]).await.unwrap();
    })
    .await;
}
