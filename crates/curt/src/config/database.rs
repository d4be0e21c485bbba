//! Which database keeps the links.

use std::{
    fmt,
    num::NonZeroU32,
    path::{Path, PathBuf},
};

use url::Url;

use super::{
    ServerConfig,
    reader::Reader,
    server,
    setting::{About, Disclosure, Fallback, Rejected, Section, Setting},
    values,
};
use crate::keys::strength;

/// The file in the data directory when no other database is named.
const SQLITE_FILE: &str = "curt.db";
const MAX_CONNECTIONS_DEFAULT: &str = "8";
/// More than any database server serves well; a typing mistake, not a plan.
const MAX_CONNECTIONS_MAX: u32 = 1_000;

static URL: Setting<DatabaseUrl> = Setting {
    about: About {
        key: "database_url",
        accepts: "`sqlite:PATH`, `postgres://USER:PASSWORD@HOST/NAME` or \
                  `mysql://USER:PASSWORD@HOST/NAME`",
        fallback: Fallback::Described("SQLite, in `curt.db` in the data directory"),
        disclosure: Disclosure::WithoutPassword,
        summary: "Which database keeps the links.",
        details: "`DATABASE_URL` is used when nothing else names one. On another machine an absent, \
                  weak or published password is refused.",
    },
    parse: database_url,
};

static MAX_CONNECTIONS: Setting<NonZeroU32> = Setting {
    about: About {
        key: "database.max_connections",
        accepts: "a whole number from 1 to 1000",
        fallback: Fallback::Value(MAX_CONNECTIONS_DEFAULT),
        disclosure: Disclosure::Open,
        summary: "The most connections that this node opens to PostgreSQL or MySQL.",
        details: "SQLite does not use it: it has one writer and a few readers.",
    },
    parse: |text| {
        let range = NonZeroU32::MIN..=NonZeroU32::new(MAX_CONNECTIONS_MAX).expect("is not zero");
        values::whole(text, range)
    },
};

pub(super) static SECTION: Section =
    Section { title: "Database", settings: &[&URL.about, &MAX_CONNECTIONS.about] };

#[derive(Debug)]
pub(crate) struct DatabaseConfig {
    pub(crate) url: DatabaseUrl,
    pub(crate) max_connections: NonZeroU32,
}

/// Where a database is, by engine.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum DatabaseUrl {
    Sqlite(PathBuf),
    Postgres(Url),
    /// MariaDB too: they speak the same protocol.
    MySql(Url),
}

/// URLs carry passwords, and `Debug` ends up in logs.
impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => f.debug_tuple("Sqlite").field(path).finish(),
            Self::Postgres(_) => f.write_str("Postgres(…)"),
            Self::MySql(_) => f.write_str("MySql(…)"),
        }
    }
}

pub(super) fn read(reader: &mut Reader, server: &ServerConfig) -> DatabaseConfig {
    let url = reader.given(&URL).unwrap_or_else(|| default_url(&server.data_dir));
    if let DatabaseUrl::Sqlite(path) = &url {
        reader.derive(&URL.about, format_args!("sqlite:{}", path.display()));
    }
    if let DatabaseUrl::Postgres(url) | DatabaseUrl::MySql(url) = &url {
        warn_about_exposure(reader, url);
    }
    DatabaseConfig { url, max_connections: reader.value(&MAX_CONNECTIONS) }
}

fn default_url(data_dir: &Path) -> DatabaseUrl {
    DatabaseUrl::Sqlite(data_dir.join(SQLITE_FILE))
}

fn warn_about_exposure(reader: &mut Reader, url: &Url) {
    if url.password().is_some() && reader.source(&URL.about).is_flag() {
        reader.warn(&URL.about, "every user of this machine can read flags; use the environment");
    }
    let verified = ["verify-ca", "verify-full", "verify_ca", "verify_identity"];
    let is_verified = url.query_pairs().any(|(name, mode)| {
        matches!(&*name, "sslmode" | "ssl-mode")
            && verified.contains(&mode.to_ascii_lowercase().as_str())
    });
    if !is_local(url) && !is_verified {
        let why = "the server's certificate is not verified (sslmode=verify-full for PostgreSQL, \
                   ssl-mode=VERIFY_IDENTITY for MySQL)";
        reader.warn(&URL.about, why);
    }
}

fn database_url(text: &str) -> Result<DatabaseUrl, Rejected> {
    if let Some(path) = text.strip_prefix("sqlite:") {
        return sqlite_path(path).map(DatabaseUrl::Sqlite);
    }
    let mut url: Url = values::parsed(text)?;
    match url.scheme() {
        "postgres" | "postgresql" => {
            check_server(&url)?;
            Ok(DatabaseUrl::Postgres(url))
        }
        "mysql" | "mariadb" => {
            check_server(&url)?;
            url.set_scheme("mysql").map_err(|()| Rejected::Malformed)?;
            Ok(DatabaseUrl::MySql(url))
        }
        _ => Err(Rejected::Malformed),
    }
}

/// Both `sqlite:PATH` and `sqlite://PATH`, as people know it from elsewhere.
fn sqlite_path(path: &str) -> Result<PathBuf, Rejected> {
    let path = path.strip_prefix("//").unwrap_or(path);
    if path.contains(":memory:") {
        return Err(Rejected::Because("a database in memory would lose every link".into()));
    }
    if path.contains('?') {
        return Err(Rejected::Because("SQLite takes no parameters here".into()));
    }
    if path.is_empty() { Err(Rejected::Malformed) } else { Ok(PathBuf::from(path)) }
}

/// Published example passwords on reachable databases are how data gets wiped.
fn check_server(url: &Url) -> Result<(), Rejected> {
    if url.path().trim_matches('/').is_empty() {
        return Err(Rejected::Because("names no database after the host".into()));
    }
    if is_local(url) || has_client_certificate(url) {
        return Ok(());
    }
    let problem = match url.password() {
        None | Some("") => "has no password, and the database is on another machine",
        Some(password) if password == url.username() => "has the user name as its password",
        Some(password) if strength::is_well_known(password) => "has a well-known password",
        Some(_) => return Ok(()),
    };
    Err(Rejected::Because(problem.into()))
}

/// On this machine: loopback, or a Unix socket (no host, or a percent-encoded path as the host).
fn is_local(url: &Url) -> bool {
    server::is_loopback(url) || url.host_str().is_none_or(|h| h.is_empty() || h.starts_with("%2F"))
}

fn has_client_certificate(url: &Url) -> bool {
    url.query_pairs().any(|(name, _)| matches!(&*name, "sslcert" | "ssl-cert"))
}

#[cfg(test)]
mod tests;
