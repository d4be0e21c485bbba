//! The tools of MariaDB or, if those are missing, of MySQL. Their TLS options differ.

use std::process::{Command, Stdio};

use anyhow::Context as _;
use url::Url;

use super::{
    address::{decoded, parameter},
    process::{command, not_run},
};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Product {
    MariaDb,
    MySql,
}

pub(super) fn dump(url: &Url) -> anyhow::Result<Command> {
    let (mut command, product) = connecting(["mariadb-dump", "mysqldump"], url)?;
    // One snapshot, without locks; bytes as hex, so that no character set touches them.
    command.args(["--single-transaction", "--quick", "--skip-lock-tables", "--hex-blob"]);
    command.args(["--no-tablespaces", "--skip-triggers", "--skip-dump-date", "--comments"]);
    if product == Product::MySql {
        // Servers of the other product know neither option.
        command.args(["--set-gtid-purged=OFF", "--column-statistics=0"]);
    }
    command.arg("--").arg(database(url));
    Ok(command)
}

pub(super) fn load(url: &Url) -> anyhow::Result<Command> {
    let (mut command, _) = connecting(["mariadb", "mysql"], url)?;
    command.arg("--batch").arg(format!("--database={}", database(url)));
    Ok(command)
}

fn connecting(programs: [&str; 2], url: &Url) -> anyhow::Result<(Command, Product)> {
    let program = if is_installed(programs[0]) { programs[0] } else { programs[1] };
    let product = product(program)?;
    let mut command = command(program);
    // This option must come first. The user's option files could set anything.
    command.args(["--no-defaults", "--default-character-set=utf8mb4"]);
    match parameter(url, &["socket"]) {
        Some(socket) => command.arg(format!("--socket={socket}")),
        None => command.arg("--protocol=TCP"),
    };
    let host = url.host_str().unwrap_or_default();
    command.arg(format!("--host={}", decoded(host.trim_matches(['[', ']']))));
    command.args(url.port().map(|port| format!("--port={port}")));
    command.arg(format!("--user={}", decoded(url.username())));
    command.envs(url.password().map(|password| ("MYSQL_PWD", decoded(password))));
    command.args(tls(product, url));
    Ok((command, product))
}

fn tls(product: Product, url: &Url) -> Vec<String> {
    let mode = parameter(url, &["ssl-mode", "sslmode"]).unwrap_or_default();
    let mode = mode.to_ascii_uppercase().replace('-', "_");
    let mut arguments = Vec::new();
    match (product, mode.as_str()) {
        (Product::MySql, "") => {}
        (Product::MySql, mode) => arguments.push(format!("--ssl-mode={mode}")),
        (Product::MariaDb, "DISABLED") => arguments.push("--skip-ssl".to_owned()),
        // MariaDB has only one check, the stricter one.
        (Product::MariaDb, "VERIFY_CA" | "VERIFY_IDENTITY") => {
            arguments.extend(["--ssl", "--ssl-verify-server-cert"].map(str::to_owned));
        }
        (Product::MariaDb, "REQUIRED") => {
            arguments.extend(["--ssl", "--skip-ssl-verify-server-cert"].map(str::to_owned));
        }
        (Product::MariaDb, _) => arguments.push("--skip-ssl-verify-server-cert".to_owned()),
    }
    for (option, names) in [
        ("ssl-ca", ["ssl-ca", "sslca"]),
        ("ssl-cert", ["ssl-cert", "sslcert"]),
        ("ssl-key", ["ssl-key", "sslkey"]),
    ] {
        arguments.extend(parameter(url, &names).map(|path| format!("--{option}={path}")));
    }
    arguments
}

fn is_installed(program: &str) -> bool {
    let asked = command(program).arg("--version").stdin(Stdio::null()).output();
    asked.is_ok()
}

fn product(program: &str) -> anyhow::Result<Product> {
    let mut command = command(program);
    let asked = command.arg("--version").output().map_err(|error| not_run(&command, error));
    let version = String::from_utf8(asked?.stdout).context("reading the version of the tool")?;
    Ok(if version.contains("MariaDB") { Product::MariaDb } else { Product::MySql })
}

fn database(url: &Url) -> String {
    decoded(url.path().trim_start_matches('/'))
}
