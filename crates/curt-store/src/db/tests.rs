//! What holds on every engine alike, and what only engines with several writers can get wrong.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use curt_domain::Clock;
use futures_util::{future::join_all, poll};
use testkit::databases::{TestDatabase, for_each_engine, for_each_server};
use tokio::sync::Barrier;

use super::*;
use crate::Store;

const CREATE: Sql = Sql::new(
    "create table samples (id bigint primary key, small smallint not null,
                           name varchar(100) unique, words text, bytes bytea)",
)
.on_sqlite(
    "create table samples (id integer primary key, small integer not null,
                           name text unique, words text, bytes blob) strict",
)
.on_mysql(
    "create table samples (id bigint primary key, small smallint not null,
                           name varchar(100) unique, words text, bytes blob)
     engine = InnoDB default charset = utf8mb4 collate = utf8mb4_bin",
);
const INSERT: Sql =
    Sql::new("insert into samples (id, small, name, words, bytes) values ($1, $2, $3, $4, $5)");
const INSERT_SMALL: Sql = Sql::new("insert into samples (id, small) values ($1, $2)");
const SELECT: Sql = Sql::new("select id, small, name, words, bytes from samples where id = $1");
const SMALL: Sql = Sql::new("select small from samples where id = $1");
const COUNT: Sql = Sql::new("select count(*) from samples");
const SET_SMALL: Sql = Sql::new("update samples set small = $1 where id = $2");

async fn connect(database: &TestDatabase) -> Db {
    let settings = StoreSettings::new(database.url().parse().unwrap());
    Db::connect(&settings, StoreMetrics::unregistered()).await.unwrap()
}

async fn with_samples(database: &TestDatabase) -> Db {
    let db = connect(database).await;
    db.execute(CREATE, &[]).await.unwrap();
    db
}

async fn migrated(database: &TestDatabase) -> Arc<Db> {
    let settings = StoreSettings::new(database.url().parse().unwrap());
    let store = Store::connect(&settings, StoreMetrics::unregistered()).await.unwrap();
    store.migrate(&Clock::System).await.unwrap();
    store.db
}

async fn count(db: &Db) -> i64 {
    db.row(COUNT, &[]).await.unwrap().unwrap().int(0).unwrap()
}

fn kind<T>(result: Result<T, DbError>) -> Option<DbErrorKind> {
    result.err().map(|error| error.kind())
}

#[tokio::test]
async fn values_come_back_as_they_went_in() {
    for_each_engine(async |database| {
        let db = with_samples(database).await;
        let bytes: &[u8] = &[0, 0xff, b'\'', 0];
        let words = "Straße 🦀 \\ ' \" % _";
        let values = [i64::MAX.into(), 32_767.into(), "Name".into(), words.into(), bytes.into()];
        assert_eq!(db.execute(INSERT, &values).await.unwrap(), 1);
        let row = db.row(SELECT, &[i64::MAX.into()]).await.unwrap().unwrap();
        assert_eq!(row.int(0).unwrap(), i64::MAX);
        assert_eq!(row.int(1).unwrap(), 32_767);
        assert_eq!(row.text(2).unwrap(), "Name");
        assert_eq!(row.text(3).unwrap(), words);
        assert_eq!(row.blob(4).unwrap(), bytes);
        assert_eq!(kind(row.int(3)), Some(DbErrorKind::Other), "a text is no integer");
        assert_eq!(kind(row.text(9)), Some(DbErrorKind::Other), "there is no such column");
    })
    .await;
}

#[tokio::test]
async fn nulls_come_back_as_nulls_and_empty_texts_as_empty() {
    for_each_engine(async |database| {
        let db = with_samples(database).await;
        // Twice, in either order: a statement that was prepared with a null takes a value too.
        for (id, name) in [(1, None), (2, Some("")), (-3, None)] {
            let nothing: Option<&[u8]> = None;
            let values = [id.into(), (-1).into(), name.into(), None::<&str>.into(), nothing.into()];
            db.execute(INSERT, &values).await.unwrap();
            let row = db.row(SELECT, &[id.into()]).await.unwrap().unwrap();
            assert_eq!(row.optional_text(2).unwrap(), name);
            assert_eq!(row.optional_text(3).unwrap(), None);
            assert_eq!(row.optional_blob(4).unwrap(), None);
            assert_eq!(kind(row.text(3)), Some(DbErrorKind::Other));
        }
    })
    .await;
}

#[tokio::test]
async fn names_that_differ_in_case_are_two_names() {
    for_each_engine(async |database| {
        let db = with_samples(database).await;
        for (id, name) in [(1, "code"), (2, "Code"), (3, "códe")] {
            let values = [id.into(), 0.into(), name.into(), "".into(), Value::Blob(None)];
            db.execute(INSERT, &values).await.unwrap();
        }
        assert_eq!(count(&db).await, 3);
    })
    .await;
}

#[tokio::test]
async fn constraints_are_told_apart() {
    for_each_engine(async |database| {
        let db = with_samples(database).await;
        db.execute(INSERT_SMALL, &[1.into(), 1.into()]).await.unwrap();
        let taken = db.execute(INSERT_SMALL, &[1.into(), 1.into()]).await;
        assert_eq!(kind(taken), Some(DbErrorKind::UniqueViolation));
        let null = db.execute(INSERT_SMALL, &[2.into(), Value::Int(None)]).await;
        assert_eq!(kind(null), Some(DbErrorKind::OtherConstraint));
        let nonsense = db.execute(Sql::new("insert nothing"), &[]).await;
        assert_eq!(kind(nonsense), Some(DbErrorKind::Other));
    })
    .await;
}

#[tokio::test]
async fn an_update_counts_the_rows_it_found() {
    for_each_engine(async |database| {
        let db = with_samples(database).await;
        db.execute(INSERT_SMALL, &[1.into(), 7.into()]).await.unwrap();
        assert_eq!(db.execute(SET_SMALL, &[8.into(), 1.into()]).await.unwrap(), 1);
        assert_eq!(db.execute(SET_SMALL, &[8.into(), 1.into()]).await.unwrap(), 1, "unchanged");
        assert_eq!(db.execute(SET_SMALL, &[8.into(), 2.into()]).await.unwrap(), 0, "absent");
    })
    .await;
}

#[tokio::test]
async fn a_transaction_is_whole_or_not_at_all() {
    for_each_engine(async |database| {
        let db = with_samples(database).await;
        let insert_both: Body<[i64; 2], i64, DbError> = |tx, ids| {
            Box::pin(async move {
                for id in ids {
                    tx.execute(INSERT_SMALL, &[(*id).into(), 0.into()]).await?;
                }
                tx.row(COUNT, &[]).await?.unwrap().int(0)
            })
        };
        assert_eq!(db.transaction("both", [1, 2], insert_both).await.unwrap(), 2);
        let failed = db.transaction("both", [3, 2], insert_both).await;
        assert_eq!(kind(failed), Some(DbErrorKind::UniqueViolation));
        assert_eq!(count(&db).await, 2);
    })
    .await;
}

#[tokio::test]
async fn f22_a_panic_undoes_its_transaction_only() {
    for_each_engine(async |database| {
        let db = with_samples(database).await;
        let panicked = db.transaction("clumsy", (), |tx, ()| {
            Box::pin(async move {
                tx.execute(INSERT_SMALL, &[1.into(), 0.into()]).await?;
                panic!("stumbled");
            })
        });
        assert_eq!(kind::<()>(panicked.await), Some(DbErrorKind::Other));
        assert_eq!(count(&db).await, 0);
        db.execute(INSERT_SMALL, &[1.into(), 0.into()]).await.unwrap();
        assert_eq!(count(&db).await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_body_cannot_go_on_after_a_failed_statement() {
    for_each_engine(async |database| {
        let db = with_samples(database).await;
        db.execute(INSERT_SMALL, &[1.into(), 0.into()]).await.unwrap();
        let hidden = db.transaction("hide", (), |tx, ()| {
            Box::pin(async move {
                drop(tx.execute(INSERT_SMALL, &[1.into(), 0.into()]).await);
                Ok(())
            })
        });
        assert_eq!(kind::<()>(hidden.await), Some(DbErrorKind::UniqueViolation));
    })
    .await;
}

#[tokio::test]
async fn a_failure_that_is_expected_costs_its_statement_only() {
    for_each_engine(async |database| {
        let db = with_samples(database).await;
        let insert_twice: Body<(), [Option<u64>; 3], DbError> = |tx, ()| {
            Box::pin(async move {
                let mut results = [None; 3];
                for (id, result) in [1, 1, 2].into_iter().zip(&mut results) {
                    let values = [id.into(), 0.into()];
                    let taken = DbErrorKind::UniqueViolation;
                    *result = tx.execute_unless(taken, INSERT_SMALL, &values).await?;
                }
                Ok(results)
            })
        };
        let results = db.transaction("twice", (), insert_twice).await.unwrap();
        assert_eq!(results, [Some(1), None, Some(1)]);
        assert_eq!(count(&db).await, 2);
    })
    .await;
}

#[tokio::test]
async fn a_caller_that_leaves_does_not_cancel_its_transaction() {
    for_each_engine(async |database| {
        let db = migrated(database).await;
        db.execute(CREATE, &[]).await.unwrap();
        let values = [1.into(), 0.into()];
        let mut left = Box::pin(db.execute(INSERT_SMALL, &values));
        assert!(poll!(&mut left).is_pending());
        drop(left);
        db.close().await;
        assert_eq!(count(&connect(database).await).await, 1);
        let late = db.execute(INSERT_SMALL, &[2.into(), 0.into()]).await;
        assert_eq!(kind(late), Some(DbErrorKind::Unavailable));
        assert_eq!(kind(db.rows(COUNT, &[]).await), Some(DbErrorKind::Unavailable));
    })
    .await;
}

#[tokio::test]
async fn a_locking_read_decides_its_write() {
    const INCREMENTS: i64 = 24;
    let increment: Body<(), (), DbError> = |tx, ()| {
        Box::pin(async move {
            let small = tx.row(SMALL.locking(), &[1.into()]).await?.unwrap().int(0)?;
            tx.execute(SET_SMALL, &[(small + 1).into(), 1.into()]).await.map(drop)
        })
    };
    for_each_engine(async |database| {
        let db = with_samples(database).await;
        db.execute(INSERT_SMALL, &[1.into(), 0.into()]).await.unwrap();
        let increments = (0..INCREMENTS).map(|_| db.transaction("increment", (), increment));
        for result in join_all(increments).await {
            result.unwrap();
        }
        let small = db.row(SMALL, &[1.into()]).await.unwrap().unwrap();
        assert_eq!(small.int(0).unwrap(), INCREMENTS);
    })
    .await;
}

/// Locks two rows one after the other, the second once both transactions have their first.
struct Crossing {
    rows: [i64; 2],
    both_have_one: Arc<Barrier>,
    met: AtomicBool,
}

fn cross<'t>(tx: &'t mut Tx<'_>, crossing: &'t Crossing) -> Work<'t, (), DbError> {
    Box::pin(async move {
        let [first, second] = crossing.rows;
        tx.execute(SET_SMALL, &[1.into(), first.into()]).await?;
        if !crossing.met.swap(true, Ordering::Relaxed) {
            crossing.both_have_one.wait().await;
        }
        tx.execute(SET_SMALL, &[1.into(), second.into()]).await.map(drop)
    })
}

#[tokio::test]
async fn two_that_meet_in_a_deadlock_both_succeed() {
    for_each_server(async |database| {
        let db = with_samples(database).await;
        for id in [1, 2] {
            db.execute(INSERT_SMALL, &[id.into(), 0.into()]).await.unwrap();
        }
        let both_have_one = Arc::new(Barrier::new(2));
        let crossings = [[1, 2], [2, 1]].map(|rows| {
            let both_have_one = Arc::clone(&both_have_one);
            let crossing = Crossing { rows, both_have_one, met: AtomicBool::new(false) };
            db.transaction("cross", crossing, cross)
        });
        for result in join_all(crossings).await {
            result.unwrap();
        }
        let small = db.rows(Sql::new("select small from samples"), &[]).await.unwrap();
        assert!(small.iter().all(|row| row.int(0).unwrap() == 1));
        assert_eq!(db.metrics.retries(db.engine(), "cross"), 1, "one was chosen to fail");
    })
    .await;
}

#[tokio::test]
async fn sessions_are_strict_and_limited() {
    for_each_server(async |database| {
        let db = connect(database).await;
        let settings = Sql::new(
            "select current_setting('default_transaction_isolation') || ' ' ||
                    current_setting('statement_timeout') || ' ' || current_setting('lock_timeout')
                    || ' ' || current_setting('timezone')",
        )
        .on_mysql(
            "select @@session.sql_mode || ' ' || cast(@@session.innodb_lock_wait_timeout as char)
                    || ' ' || @@session.time_zone || ' ' || @@session.collation_connection",
        );
        let found = db.row(settings, &[]).await.unwrap().unwrap();
        let found = found.text(0).unwrap();
        if db.engine() == Engine::Postgres {
            assert_eq!(found, "read committed 10s 5s UTC");
        } else {
            assert!(found.contains("STRICT_ALL_TABLES"), "{found}");
            assert!(found.ends_with(" 5 +00:00 utf8mb4_bin"), "{found}");
        }
    })
    .await;
}
