//! A fresh database for each test, on every available engine.
//!
//! SQLite is always available. `CURT_TEST_POSTGRES_URL` and `CURT_TEST_MYSQL_URL` name the servers;
//! with `CURT_TEST_REQUIRE_ALL=1`, as in continuous integration, a missing one fails the test.

use std::{
    env,
    panic::{AssertUnwindSafe, resume_unwind},
};

use curt_store::DatabaseUrl;
use futures_util::FutureExt as _;
use tempfile::TempDir;

const SERVERS: [&str; 2] = ["CURT_TEST_POSTGRES_URL", "CURT_TEST_MYSQL_URL"];

/// An empty database that no other test uses.
#[derive(Debug)]
pub struct TestDatabase {
    url: DatabaseUrl,
    home: Home,
}

#[derive(Debug)]
enum Home {
    Directory(TempDir),
    Server { address: DatabaseUrl, name: String },
}

impl TestDatabase {
    /// An SQLite file in a directory that is removed with the value.
    pub fn sqlite() -> Self {
        let directory = tempfile::tempdir().expect("the machine has room for temporary files");
        let url = DatabaseUrl::sqlite(directory.path().join("curt.db"));
        Self { url, home: Home::Directory(directory) }
    }

    /// The address as text, because tests inside `curt-store` have that crate's types twice.
    pub fn url(&self) -> String {
        self.url.expose()
    }

    /// Another empty database of the same kind, on the same server; drop it too.
    pub async fn sibling(&self) -> Self {
        match &self.home {
            Home::Directory(_) => Self::sqlite(),
            Home::Server { address, .. } => Self::on_server(address.clone()).await,
        }
    }

    async fn on_server(address: DatabaseUrl) -> Self {
        let random = getrandom::u64().expect("the machine has random numbers");
        let name = format!("curt_test_{random:016x}");
        let created = address.create_sibling(&name).await;
        let url = created.expect("the server lets us create databases").expect("it is a server");
        Self { url, home: Home::Server { address, name } }
    }

    /// Removes the database with its content.
    pub async fn drop_database(self) {
        match self.home {
            Home::Directory(directory) => {
                directory.close().expect("our own directory can be removed");
            }
            Home::Server { address, name } => {
                address.drop_sibling(&name).await.expect("our own database can be dropped");
            }
        }
    }
}

/// Runs the test on every engine, one after the other, each time on an empty database.
pub async fn for_each_engine(test: impl AsyncFn(&TestDatabase)) {
    run_on(TestDatabase::sqlite(), &test).await;
    for_each_server(test).await;
}

/// Runs the test on PostgreSQL and MySQL only, for cases that SQLite's single writer excludes.
pub async fn for_each_server(test: impl AsyncFn(&TestDatabase)) {
    for variable in SERVERS {
        if let Some(address) = server(variable) {
            run_on(TestDatabase::on_server(address).await, &test).await;
        }
    }
}

fn server(variable: &str) -> Option<DatabaseUrl> {
    let Ok(text) = env::var(variable) else {
        let all_required = env::var("CURT_TEST_REQUIRE_ALL").is_ok_and(|value| value == "1");
        assert!(!all_required, "{variable} is not set, and CURT_TEST_REQUIRE_ALL=1");
        return None;
    };
    Some(text.parse().unwrap_or_else(|error| panic!("{variable}: {error}")))
}

/// A failed test drops its database too; the message says which engine it was.
#[expect(clippy::print_stderr, reason = "the runner shows it with the failure")]
async fn run_on(database: TestDatabase, test: &impl AsyncFn(&TestDatabase)) {
    let engine = database.url.engine().as_str();
    let result = AssertUnwindSafe(test(&database)).catch_unwind().await;
    database.drop_database().await;
    if let Err(panic) = result {
        eprintln!("failed on {engine}");
        resume_unwind(panic);
    }
}
