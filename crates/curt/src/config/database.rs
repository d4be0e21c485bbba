//! Which database stores the links.

use std::ops::RangeInclusive;

use curt_store::{DatabaseUrl, Engine, InvalidDatabaseUrl, StoreSettings};
use url::Url;

use super::{
    ServerConfig,
    reader::Reader,
    server,
    setting::{About, Disclosure, Fallback, Rejected, Section, Setting},
    values,
};
use crate::keys::strength;

/// The default database file, in the data directory.
pub(crate) const SQLITE_FILE: &str = "curt.db";
const MAX_CONNECTIONS_DEFAULT: &str = "8";
/// No database server serves more than a thousand connections well.
const MAX_CONNECTIONS_RANGE: RangeInclusive<u32> = 1..=1_000;

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

static MAX_CONNECTIONS: Setting<u32> = Setting {
    about: About {
        key: "database.max_connections",
        accepts: "a whole number from 1 to 1000",
        fallback: Fallback::Value(MAX_CONNECTIONS_DEFAULT),
        disclosure: Disclosure::Open,
        summary: "The most connections that this node opens to PostgreSQL or MySQL.",
        details: "SQLite does not use it: it has one writer and a few readers.",
    },
    parse: |text| values::whole(text, MAX_CONNECTIONS_RANGE),
};

pub(super) static SECTION: Section =
    Section { title: "Database", settings: &[&URL.about, &MAX_CONNECTIONS.about] };

pub(super) fn read(reader: &mut Reader, server: &ServerConfig) -> StoreSettings {
    let given = reader.given(&URL);
    let database = given.unwrap_or_else(|| DatabaseUrl::sqlite(server.data_dir.join(SQLITE_FILE)));
    reader.derive(&URL.about, &database);
    if let Some(url) = server_url(&database) {
        warn_about_exposure(reader, &url);
    }
    StoreSettings { database, connections_max: reader.value(&MAX_CONNECTIONS) }
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
    let database: DatabaseUrl = text.parse().map_err(|error| match error {
        InvalidDatabaseUrl::UnknownScheme => Rejected::Malformed,
        other => Rejected::by(&other),
    })?;
    match server_url(&database) {
        Some(url) => check_password(&url).map(|()| database),
        None => Ok(database),
    }
}

/// The address of a database on a server, with its password.
fn server_url(database: &DatabaseUrl) -> Option<Url> {
    match database.engine() {
        Engine::Sqlite => None,
        Engine::Postgres | Engine::MySql => {
            Some(Url::parse(&database.expose()).expect("it was parsed as a URL before"))
        }
    }
}

/// Attackers try published example passwords on reachable databases, and wipe them.
fn check_password(url: &Url) -> Result<(), Rejected> {
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

/// On this machine: loopback, or a Unix socket (a percent-encoded path as the host).
fn is_local(url: &Url) -> bool {
    server::is_loopback(url) || url.host_str().is_some_and(|host| host.starts_with("%2F"))
}

fn has_client_certificate(url: &Url) -> bool {
    url.query_pairs().any(|(name, _)| matches!(&*name, "sslcert" | "ssl-cert"))
}

#[cfg(test)]
mod tests;
