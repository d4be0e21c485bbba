//! Tests of the whole crate: every engine accepts all statements, and the tables are alike.

use curt_domain::{Clock, Dates, Link, LinkId, ManualClock, RedirectStatus, TargetUrl, Timestamp};
use testkit::databases::for_each_engine;

use crate::{
    Engine, Store, StoreMetrics, StoreSettings, accounts, attribution, audit, backups, changes,
    clicks,
    db::{Row, Sql, announcements, explain},
    ids, ip_blocks, links, meta, owners, replays, reports, target_blocks,
};

/// A store with all its tables, on a fresh database of each engine.
pub(crate) async fn for_each_store(test: impl AsyncFn(&Store)) {
    for_each_engine(async |database| {
        let settings = StoreSettings::new(database.url().parse().unwrap());
        let store = Store::connect(&settings, StoreMetrics::unregistered()).await.unwrap();
        store.migrate(&clock()).await.unwrap();
        test(&store).await;
        store.close().await;
    })
    .await;
}

pub(crate) fn clock() -> Clock {
    Clock::Manual(ManualClock::new(Timestamp::from_millis(0)))
}

/// A link with nothing special about it, `code1` for number 1.
pub(crate) fn link(number: u64) -> Link {
    Link {
        id: LinkId::new(number).unwrap(),
        code: format!("code{number}").parse().unwrap(),
        owner: None,
        target: TargetUrl::from_stored("https://example.com/").unwrap(),
        title: None,
        note: None,
        tags: Vec::new(),
        redirect_status: RedirectStatus::default(),
        forward_query: false,
        dates: Dates::default(),
        max_clicks: None,
        password: None,
        fallback: None,
        disabled_at: None,
        deleted_at: None,
        revision: 1,
        created_at: Timestamp::from_millis(0),
        updated_at: Timestamp::from_millis(0),
    }
}

#[tokio::test]
async fn every_statement_is_prepared_on_every_engine() {
    let statements = [
        announcements::STATEMENTS,
        attribution::STATEMENTS,
        audit::STATEMENTS,
        backups::STATEMENTS,
        ip_blocks::STATEMENTS,
        changes::STATEMENTS,
        ids::STATEMENTS,
        meta::STATEMENTS,
        owners::STATEMENTS,
        replays::STATEMENTS,
        reports::STATEMENTS,
        target_blocks::STATEMENTS,
        &accounts::statements(),
        &clicks::statements(),
        &links::statements(),
    ]
    .concat();
    for_each_store(async |store| {
        for sql in &statements {
            let prepared = explain::prepare(&store.db, *sql).await;
            prepared.unwrap_or_else(|error| panic!("{sql:?}: {error:?}"));
        }
    })
    .await;
}

const COLUMNS: Sql = Sql::new(
    "select cast(table_name as text), cast(column_name as text), cast(data_type as text),
            cast(is_nullable as text)
     from information_schema.columns where table_schema = current_schema()",
)
.on_sqlite(
    "select tables.name, columns.name, lower(columns.type),
            case when columns.\"notnull\" = 1 or 0 < columns.pk then 'NO' else 'YES' end
     from sqlite_schema as tables join pragma_table_info(tables.name) as columns
     where tables.type = 'table' and tables.name not like 'sqlite_%'",
)
.on_mysql(
    "select cast(table_name as char), cast(column_name as char), cast(data_type as char),
            cast(is_nullable as char)
     from information_schema.columns where table_schema = database()",
);

/// The three folders of migrations are written by hand, so they could diverge.
#[tokio::test]
async fn the_tables_have_the_same_columns_on_every_engine() {
    for_each_store(async |store| {
        let rows = store.db.rows(COLUMNS, &[]).await.unwrap();
        let mut columns: Vec<String> =
            rows.iter().map(|row| describe(row, store.engine())).collect();
        columns.sort_unstable();
        insta::assert_snapshot!("columns", columns.join("\n"));
    })
    .await;
}

fn describe(row: &Row, engine: Engine) -> String {
    let [table, column, declared, nullable] = [0, 1, 2, 3].map(|cell| row.text(cell).unwrap());
    let kind = match declared {
        "bigint" | "smallint" | "integer" => "integer",
        "varchar" | "character varying" | "text" | "mediumtext" => "text",
        "blob" | "bytea" | "varbinary" => "bytes",
        other => panic!("{table}.{column} is a {other} on {}", engine.as_str()),
    };
    let null = if nullable == "YES" { " or null" } else { "" };
    format!("{table}.{column}: {kind}{null}")
}
