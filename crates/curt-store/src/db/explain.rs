//! For tests: what a database makes of a statement, without running it.

use std::sync::atomic::{AtomicU32, Ordering};

use super::{Db, Engine, Row, Sql, Value};
use crate::error::DbError;

/// Numbers the statements that PostgreSQL prepares, because they need names.
static PREPARED: AtomicU32 = AtomicU32::new(0);

/// Has the database parse a statement and resolve every name in it.
pub(crate) async fn prepare(db: &Db, sql: Sql) -> Result<(), DbError> {
    match db.engine() {
        Engine::Sqlite => explain("explain", db, sql).await.map(drop),
        Engine::Postgres => {
            // Only `prepare` infers the types of the placeholders, so they need not be given.
            let number = PREPARED.fetch_add(1, Ordering::Relaxed);
            let prepare = format!("prepare checked_{number} as {}", sql.for_postgres());
            db.execute(Sql::new(prepare.leak()), &[]).await.map(drop)
        }
        Engine::MySql => {
            let text = sql.for_mysql();
            let values = vec![Value::from(1_i64); text.matches('?').count()];
            let explain = format!("explain {text}");
            db.execute(Sql::new(explain.leak()), &values).await.map(drop)
        }
    }
}

/// SQLite's plan, a step per line.
pub(crate) async fn query_plan(db: &Db, sql: Sql) -> String {
    let steps = explain("explain query plan", db, sql).await.unwrap();
    let details: Vec<&str> = steps.iter().map(|step| step.text(3).unwrap()).collect();
    details.join("\n")
}

async fn explain(how: &str, db: &Db, sql: Sql) -> Result<Vec<Row>, DbError> {
    let text = sql.for_sqlite();
    let values = vec![Value::from(1_i64); text.matches('$').count()];
    let explain = format!("{how} {text}");
    db.rows(Sql::new(explain.leak()), &values).await
}
