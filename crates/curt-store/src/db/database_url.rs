//! Where the database is: `sqlite:PATH`, `postgres://…` or `mysql://…`.
//!
//! Neither `Debug` nor `Display` shows a password, because addresses end up in logs and errors.

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

use url::Url;

/// The address of a database, checked as far as it can be without connecting.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(Location);

#[derive(Clone, PartialEq, Eq)]
pub(in crate::db) enum Location {
    Sqlite(PathBuf),
    Postgres(Url),
    MySql(Url),
}

/// Which kind of database an address leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Engine {
    Sqlite,
    Postgres,
    /// MySQL or MariaDB.
    MySql,
}

impl Engine {
    pub const ALL: [Self; 3] = [Self::Sqlite, Self::Postgres, Self::MySql];

    /// The name in metrics, logs and the health answer.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
            Self::MySql => "mysql",
        }
    }
}

/// Why a text is not a database address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDatabaseUrl {
    #[error("a database address starts with sqlite:, postgres:// or mysql://")]
    UnknownScheme,
    #[error("the address names no file: write sqlite:PATH")]
    NoPath,
    #[error("a database in memory would lose every link at the next start: write sqlite:PATH")]
    InMemory,
    #[error("the address of an SQLite database takes no options after a question mark")]
    SqliteOptions,
    #[error("the address names no host: write SCHEME://USER@HOST/DATABASE")]
    NoHost,
    #[error("the address names no database: write SCHEME://USER@HOST/DATABASE")]
    NoDatabase,
    #[error("the database address is not a URL")]
    Malformed(#[from] url::ParseError),
}

impl DatabaseUrl {
    /// An SQLite database in a file, which is created if it is absent.
    pub fn sqlite(path: impl Into<PathBuf>) -> Self {
        Self(Location::Sqlite(path.into()))
    }

    pub fn engine(&self) -> Engine {
        match &self.0 {
            Location::Sqlite(_) => Engine::Sqlite,
            Location::Postgres(_) => Engine::Postgres,
            Location::MySql(_) => Engine::MySql,
        }
    }

    /// The file, if it is SQLite.
    pub fn sqlite_path(&self) -> Option<&Path> {
        match &self.0 {
            Location::Sqlite(path) => Some(path),
            Location::Postgres(_) | Location::MySql(_) => None,
        }
    }

    /// Another database on the same server; `None` for SQLite, which has no server.
    pub(in crate::db) fn with_database(&self, name: &str) -> Option<Self> {
        let mut sibling = self.clone();
        match &mut sibling.0 {
            Location::Sqlite(_) => return None,
            Location::Postgres(url) | Location::MySql(url) => url.set_path(name),
        }
        Some(sibling)
    }

    pub(in crate::db) fn location(&self) -> &Location {
        &self.0
    }

    /// The whole address, including the password. Pass it on, never show it.
    pub fn expose(&self) -> String {
        match &self.0 {
            Location::Sqlite(path) => format!("sqlite:{}", path.display()),
            Location::Postgres(url) | Location::MySql(url) => url.to_string(),
        }
    }
}

impl FromStr for DatabaseUrl {
    type Err = InvalidDatabaseUrl;

    fn from_str(text: &str) -> Result<Self, InvalidDatabaseUrl> {
        let (scheme, rest) = text.split_once(':').ok_or(InvalidDatabaseUrl::UnknownScheme)?;
        match scheme.to_ascii_lowercase().as_str() {
            "sqlite" => sqlite_location(rest),
            "postgres" | "postgresql" => server_url(text).map(Location::Postgres),
            "mysql" | "mariadb" => server_url(text).map(Location::MySql),
            _ => Err(InvalidDatabaseUrl::UnknownScheme),
        }
        .map(Self)
    }
}

fn sqlite_location(rest: &str) -> Result<Location, InvalidDatabaseUrl> {
    let path = rest.strip_prefix("//").unwrap_or(rest);
    if path.is_empty() {
        return Err(InvalidDatabaseUrl::NoPath);
    }
    if path.contains(":memory:") {
        return Err(InvalidDatabaseUrl::InMemory);
    }
    // Other programs read `?mode=…` here; treating it as part of the file name would surprise.
    if path.contains('?') {
        return Err(InvalidDatabaseUrl::SqliteOptions);
    }
    Ok(Location::Sqlite(path.into()))
}

fn server_url(text: &str) -> Result<Url, InvalidDatabaseUrl> {
    let url = Url::parse(text)?;
    if url.host_str().is_none_or(str::is_empty) {
        return Err(InvalidDatabaseUrl::NoHost);
    }
    if url.path().trim_matches('/').is_empty() {
        return Err(InvalidDatabaseUrl::NoDatabase);
    }
    Ok(url)
}

/// Host, port and database only: user, password and options may all be secret.
impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Location::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Location::Postgres(url) | Location::MySql(url) => {
                write!(f, "{}://{}", url.scheme(), url.host_str().unwrap_or_default())?;
                if let Some(port) = url.port() {
                    write!(f, ":{port}")?;
                }
                f.write_str(url.path())
            }
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseUrl({self})")
    }
}

#[cfg(test)]
mod tests;
