//! `pg_dump` and `pg_restore`; the environment tells them where to connect.

use std::{path::Path, process::Command};

use url::Url;

use super::{
    address::{decoded, parameter},
    process::command,
};

/// The parameters that sqlx reads from an address, and the variables that libpq reads.
const PARAMETERS: [(&str, &[&str]); 8] = [
    ("PGHOST", &["host", "hostaddr"]),
    ("PGPORT", &["port"]),
    ("PGUSER", &["user"]),
    ("PGPASSWORD", &["password"]),
    ("PGSSLMODE", &["sslmode", "ssl-mode"]),
    ("PGSSLROOTCERT", &["sslrootcert", "ssl-root-cert", "ssl-ca"]),
    ("PGSSLCERT", &["sslcert", "ssl-cert"]),
    ("PGSSLKEY", &["sslkey", "ssl-key"]),
];

pub(super) fn dump(url: &Url) -> Command {
    let mut command = connecting("pg_dump", url);
    // The user who restores it becomes the owner; roles belong to the server, not to the database.
    command.args(["--format=custom", "--no-owner", "--no-privileges", "--no-password"]);
    command
}

pub(super) fn list(archive: &Path) -> Command {
    let mut command = command("pg_restore");
    command.arg("--list").arg(archive);
    command
}

/// In one transaction, all or nothing.
pub(super) fn load(url: &Url, archive: &Path) -> Command {
    let mut command = connecting("pg_restore", url);
    command.args(["--no-owner", "--no-privileges", "--no-password", "--exit-on-error"]);
    command.arg("--single-transaction").arg(format!("--dbname={}", database(url))).arg(archive);
    command
}

fn connecting(program: &str, url: &Url) -> Command {
    let mut command = command(program);
    let host = url.host_str().map(|host| decoded(host.trim_matches(['[', ']'])));
    let user = Some(decoded(url.username())).filter(|user| !user.is_empty());
    command.envs(host.map(|host| ("PGHOST", host)));
    command.envs(url.port().map(|port| ("PGPORT", port.to_string())));
    command.envs(user.map(|user| ("PGUSER", user)));
    command.envs(url.password().map(|password| ("PGPASSWORD", decoded(password))));
    for (variable, names) in PARAMETERS {
        command.envs(parameter(url, names).map(|value| (variable, value)));
    }
    let mode = parameter(url, &["sslmode", "ssl-mode"]).unwrap_or_default();
    let has_root = parameter(url, &["sslrootcert", "ssl-root-cert", "ssl-ca"]).is_some();
    if mode.starts_with("verify") && !has_root {
        // Like the server: trust the system's certificates.
        command.env("PGSSLROOTCERT", "system");
    }
    command.env("PGDATABASE", database(url));
    command
}

fn database(url: &Url) -> String {
    let in_path = decoded(url.path().trim_start_matches('/'));
    parameter(url, &["dbname"]).unwrap_or(in_path)
}
