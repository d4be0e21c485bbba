//! A copy of a released version's data, in a new directory and a new database.

use std::{
    fs::{self, File},
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use serde_json::Value;
use testkit::{
    clock::SetClock,
    databases::TestDatabase,
    server::{Client, Server, ServerCommand},
};
use url::Url;

use crate::program::{Program, repository};

/// The settings with which the released version ran; see `fixtures/*/make`.
const SETTINGS: [(&str, &str); 3] = [
    ("CURT_PUBLIC_URL", "https://go.example.com"),
    ("CURT_HTTP__ALLOWED_HOSTS", "localhost"),
    ("CURT_AUTH__REGISTRATION", "invite"),
];

/// How long after the release's end today's program starts: a token used then is no second tab any
/// more.
const PAUSE: Duration = Duration::from_mins(1);

pub(super) struct Fixture {
    pub(super) place: Place,
    /// The released version's own description of the data.
    pub(super) expected: Value,
    /// Time continues from the fixtures' date, so that data that is kept for some weeks is there.
    clock: SetClock,
}

/// A directory with `data`, perhaps a separate database, and the settings for both.
pub(super) struct Place {
    pub(super) program: Program,
    environment: Vec<(String, String)>,
}

impl Fixture {
    /// The database has to be empty. With SQLite it stays empty: the data directory has its own.
    pub(super) fn new(release: &str, database: &TestDatabase) -> Self {
        let folder = repository().join("fixtures").join(release);
        let url = Url::parse(&database.url()).unwrap();
        let engine = url.scheme();
        match engine {
            "postgres" => load_postgres(&url, &folder.join("postgres.sql")),
            "mysql" => load_mysql(&url, &folder.join("mysql.sql")),
            _ => {}
        }
        let expected = folder.join(format!("{engine}.json"));
        let expected: Value = serde_json::from_reader(File::open(expected).unwrap()).unwrap();
        let end = Duration::from_secs(expected["at_s"].as_u64().unwrap());
        let clock = SetClock::at(end + PAUSE);
        let place = Place::empty(&clock, database);
        unpack(&folder.join(format!("{engine}.tar.gz")), &place.program.path("."));
        Self { place, expected, clock }
    }

    /// A new place with this database, and only what no backup and no database holds: keys, and the
    /// backups.
    pub(super) fn elsewhere(&self, database: &TestDatabase) -> Place {
        let place = Place::empty(&self.clock, database);
        let [from, to] = [&self.place, &place].map(|place| place.program.path("data"));
        fs::create_dir(&to).unwrap();
        let mut copy = Command::new("cp");
        copy.args(["-r", "--preserve=mode"]);
        copy.args(["secret.key", "admin.key", "backups"].map(|name| from.join(name)));
        succeed(copy.arg(to));
        place
    }

    /// A secret that only its owner knew.
    pub(super) fn secret(&self, name: &str) -> &str {
        self.expected["secrets"][name].as_str().unwrap()
    }

    /// Clicks that were written and not counted.
    pub(super) fn uncounted(&self) -> u64 {
        self.expected["uncounted"].as_u64().unwrap()
    }
}

impl Place {
    fn empty(clock: &SetClock, database: &TestDatabase) -> Self {
        let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        let mut environment: Vec<_> = SETTINGS.into_iter().map(own).collect();
        for (name, value) in clock.env() {
            environment.push(own((name, value.to_str().unwrap())));
        }
        let url = database.url();
        if !url.starts_with("sqlite:") {
            environment.push(own(("CURT_DATABASE_URL", &url)));
        }
        // For the tools that back up database servers.
        let program = Program::new().with_env("PATH", &std::env::var("PATH").unwrap());
        let with =
            |program: Program, (name, value): &(String, String)| program.with_env(name, value);
        Self { program: environment.iter().fold(program, with), environment }
    }

    /// Today's server, with the keys of the data directory.
    pub(super) fn server(&self) -> ServerCommand {
        let command = ServerCommand::new(env!("CARGO_BIN_EXE_curt"), self.program.path("data"))
            .without_env("CURT_ADMIN_KEY");
        self.environment.iter().fold(command, |command, (name, value)| command.env(name, value))
    }

    /// A client with the original administrator's key.
    pub(super) fn admin(&self, server: &Server) -> Client {
        let key = fs::read_to_string(self.program.path("data/admin.key")).unwrap();
        server.visitor().with_key(key.trim())
    }
}

fn unpack(archive: &Path, to: &Path) {
    let mut tar = Command::new("tar");
    tar.args(["--extract", "--gzip", "--no-same-owner", "--preserve-permissions", "--file"]);
    succeed(tar.arg(archive).arg("--directory").arg(to));
}

fn load_postgres(url: &Url, dump: &Path) {
    let mut psql = Command::new("psql");
    psql.args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--single-transaction"]);
    succeed(psql.arg("--file").arg(dump).arg(url.as_str()).stdout(Stdio::null()));
}

fn load_mysql(url: &Url, dump: &Path) {
    let mut client = Command::new("mariadb");
    // Or the client of MySQL, which has other names for some of this.
    let is_mariadb = client.arg("--version").output().is_ok();
    client = Command::new(if is_mariadb { "mariadb" } else { "mysql" });
    client.args(["--no-defaults", "--default-character-set=utf8mb4", "--protocol=TCP"]);
    client.args(is_mariadb.then_some("--skip-ssl-verify-server-cert"));
    client.arg(format!("--host={}", url.host_str().unwrap()));
    client.args(url.port().map(|port| format!("--port={port}")));
    client.arg(format!("--user={}", url.username()));
    client.env("MYSQL_PWD", url.password().unwrap_or_default());
    client.arg(format!("--database={}", url.path().trim_start_matches('/')));
    succeed(client.stdin(File::open(dump).unwrap()));
}

#[track_caller]
fn succeed(command: &mut Command) {
    let status = command.status().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(status.success(), "{command:?}: {status}");
}
