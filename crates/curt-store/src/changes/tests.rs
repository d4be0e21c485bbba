//! Sequence order is commit order, also for transactions that overlap on a server.

use std::sync::{Arc, Mutex};

use curt_domain::Clock;
use futures_util::poll;
use testkit::databases::{TestDatabase, for_each_engine, for_each_server};
use tokio::sync::oneshot;

use super::*;
use crate::{
    StoreMetrics, StoreSettings,
    db::{
        Body, Db, NewChange, Tx, Work,
        announcements::{CHANGES_PER_TRANSACTION_MAX, announce},
    },
    error::DbErrorKind,
};

const SEEN: Sql = Sql::new("select seq, name_key from changes order by seq");

async fn seen(db: &Db) -> Vec<(i64, String)> {
    let rows = db.rows(SEEN, &[]).await.unwrap();
    rows.iter().map(|row| (row.int(0).unwrap(), row.text(1).unwrap().to_owned())).collect()
}

async fn migrated(database: &TestDatabase) -> Arc<Db> {
    let settings = StoreSettings::new(database.url().parse().unwrap());
    let store = Store::connect(&settings, StoreMetrics::unregistered()).await.unwrap();
    store.migrate(&Clock::System).await.unwrap();
    store.db
}

/// A transaction that announces a change; a gate can keep its body from ending.
struct Announcement {
    key: &'static str,
    gate: Option<Gate>,
}

struct Gate {
    reached: Mutex<Option<oneshot::Sender<()>>>,
    open: Mutex<Option<oneshot::Receiver<()>>>,
}

impl Gate {
    fn new() -> (Self, oneshot::Receiver<()>, oneshot::Sender<()>) {
        let (reached, was_reached) = oneshot::channel();
        let (opener, open) = oneshot::channel();
        let gate = Self { reached: Mutex::new(Some(reached)), open: Mutex::new(Some(open)) };
        (gate, was_reached, opener)
    }

    async fn pass(&self) {
        self.reached.lock().unwrap().take().unwrap().send(()).unwrap();
        let open = self.open.lock().unwrap().take().unwrap();
        open.await.unwrap();
    }
}

fn at() -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000)
}

/// Begins, waits at its gate, and only then takes its number.
fn announce_late<'t>(tx: &'t mut Tx<'_>, this: &'t Announcement) -> Work<'t, (), DbError> {
    Box::pin(async move {
        // A write, so that the transaction has really begun.
        tx.execute(Sql::new("insert into meta (name, value) values ($1, 'x')"), &[this.key.into()])
            .await?;
        tx.changed(ChangeKind::Link, this.key, at());
        if let Some(gate) = &this.gate {
            gate.pass().await;
        }
        Ok(())
    })
}

/// Already has its number when it waits at its gate.
fn announce_early<'t>(tx: &'t mut Tx<'_>, this: &'t Announcement) -> Work<'t, (), DbError> {
    Box::pin(async move {
        let change = NewChange { kind: ChangeKind::Link, key: this.key.into(), at: at() };
        announce(tx, &[change]).await?;
        if let Some(gate) = &this.gate {
            gate.pass().await;
        }
        Ok(())
    })
}

/// Gives up soon if another transaction holds the counter.
fn announce_impatiently<'t>(tx: &'t mut Tx<'_>, this: &'t Announcement) -> Work<'t, (), DbError> {
    const IMPATIENT: Sql = Sql::new("set local lock_timeout = '100ms'")
        .on_mysql("set session innodb_lock_wait_timeout = 1");
    Box::pin(async move {
        tx.execute(IMPATIENT, &[]).await?;
        tx.changed(ChangeKind::Link, this.key, at());
        Ok(())
    })
}

fn kind<T>(result: Result<T, DbError>) -> Option<DbErrorKind> {
    result.err().map(|error| error.kind())
}

#[tokio::test]
async fn changes_of_one_transaction_are_numbered_in_order() {
    for_each_engine(async |database| {
        let db = migrated(database).await;
        let announce: Body<[&'static str; 3], (), DbError> = |tx, keys| {
            Box::pin(async move {
                for key in keys {
                    tx.changed(ChangeKind::Link, key, at());
                }
                Ok(())
            })
        };
        db.transaction("announce", ["a", "b", "a"], announce).await.unwrap();
        db.transaction("announce", ["c", "d", "e"], announce).await.unwrap();
        let numbered = (1..).zip(["a", "b", "a", "c", "d", "e"].map(str::to_owned));
        assert_eq!(seen(&db).await, numbered.collect::<Vec<_>>());
    })
    .await;
}

#[tokio::test]
async fn changes_that_were_undone_leave_no_gap() {
    for_each_engine(async |database| {
        let db = migrated(database).await;
        let refuse: Body<(), (), DbError> = |tx, ()| {
            Box::pin(async move {
                let key = "undone".to_owned();
                let change = NewChange { kind: ChangeKind::Link, key, at: at() };
                announce(tx, &[change]).await?;
                Err(DbError::row_missing())
            })
        };
        assert!(db.transaction("refuse", (), refuse).await.is_err());
        let kept = Announcement { key: "kept", gate: None };
        db.transaction("announce", kept, announce_late).await.unwrap();
        assert_eq!(seen(&db).await, [(1, "kept".to_owned())]);
    })
    .await;
}

#[tokio::test]
async fn a_transaction_with_too_many_changes_is_refused() {
    for_each_engine(async |database| {
        let db = migrated(database).await;
        let announce: Body<usize, (), DbError> = |tx, count| {
            Box::pin(async move {
                for _ in 0..*count {
                    tx.changed(ChangeKind::Link, "key", at());
                }
                Ok(())
            })
        };
        let too_many = CHANGES_PER_TRANSACTION_MAX + 1;
        let refused = db.transaction("announce", too_many, announce).await;
        assert_eq!(kind(refused), Some(DbErrorKind::Other));
        assert_eq!(seen(&db).await, []);
    })
    .await;
}

#[tokio::test]
async fn of_two_overlapping_transactions_the_first_to_commit_has_the_lower_number() {
    for_each_server(async |database| {
        let db = migrated(database).await;
        for (began_first, committed_first) in [("a1", "b1"), ("b2", "a2")] {
            let before = seen(&db).await.len();
            let (gate, reached, open) = Gate::new();
            let slow = Announcement { key: began_first, gate: Some(gate) };
            let mut slow = Box::pin(db.transaction("slow", slow, announce_late));
            assert!(poll!(&mut slow).is_pending());
            reached.await.unwrap();
            let quick = Announcement { key: committed_first, gate: None };
            db.transaction("quick", quick, announce_late).await.unwrap();
            let halfway = seen(&db).await;
            open.send(()).unwrap();
            slow.await.unwrap();
            let all = seen(&db).await;
            assert_eq!(all[..=before], halfway, "what a reader saw stays the beginning");
            let keys: Vec<_> = all[before..].iter().map(|(_, key)| key.as_str()).collect();
            assert_eq!(keys, [committed_first, began_first]);
        }
        let numbers: Vec<_> = seen(&db).await.into_iter().map(|(seq, _)| seq).collect();
        assert_eq!(numbers, [1, 2, 3, 4]);
    })
    .await;
}

#[tokio::test]
async fn nobody_gets_a_number_while_a_lower_one_is_not_committed() {
    for_each_server(async |database| {
        let db = migrated(database).await;
        let (gate, reached, open) = Gate::new();
        let first = Announcement { key: "first", gate: Some(gate) };
        let mut first = Box::pin(db.transaction("first", first, announce_early));
        assert!(poll!(&mut first).is_pending());
        reached.await.unwrap();

        let overtaking = Announcement { key: "overtaking", gate: None };
        let overtaken = db.transaction("overtake", overtaking, announce_impatiently).await;
        assert_eq!(kind(overtaken), Some(DbErrorKind::TimedOut));
        assert_eq!(seen(&db).await, []);

        let second = Announcement { key: "second", gate: None };
        let mut second = Box::pin(db.transaction("second", second, announce_late));
        assert!(poll!(&mut second).is_pending());
        open.send(()).unwrap();
        first.await.unwrap();
        second.await.unwrap();
        let keys = [(1, "first".to_owned()), (2, "second".to_owned())];
        assert_eq!(seen(&db).await, keys);
    })
    .await;
}
