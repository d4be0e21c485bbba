//! Loads that `wrk` cannot make, for `scripts/bench`: requests at a fixed rate, clients that are
//! slow on purpose, thousands of idle connections, floods of logins, and bodies with thousands of
//! links.
//!
//! Each load ends by itself, and with an error at the first unexpected answer.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it is a command, and no server")]

mod bulk;
mod http;
mod idle;
mod logins;
mod redirects;
mod slow;
mod steady;

use std::{
    env,
    error::Error,
    fs,
    net::{Ipv4Addr, SocketAddr},
    process::ExitCode,
    time::Duration,
};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::redirects::Redirects;

const USAGE: &str = "usage:
  load steady ADDRESS CODES CONNECTIONS RATE SECONDS   redirects at a fixed rate
  load slow ADDRESS CLIENTS SECONDS                    keeps up so many slow clients for so long
  load idle ADDRESS CODES CONNECTIONS SECONDS          keeps so many connections open for so long
  load logins ADDRESS RATE SECONDS                     wrong passwords at a fixed rate
  load bulk ADDRESS CLIENTS LINKS SECONDS              creates links, so many with each request

CODES is a file with a code in each line, the most popular first. `slow`, `logins` and `bulk`
are the administrator: CURT_ADMIN_KEY.";

/// Source address of `steady` and `bulk`. The crowds use the addresses after it, so that limits for
/// each client can distinguish them.
const SOURCE: Ipv4Addr = Ipv4Addr::LOCALHOST;

/// Descriptors for everything except connections.
const DESCRIPTORS_RESERVED: u64 = 64;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &[&str]) -> Outcome<()> {
    match arguments {
        ["steady", address, codes, connections, rate, time] => {
            let connections = connections.parse()?;
            allow_connections(connections)?;
            let redirects = Redirects::new(address, &fs::read_to_string(codes)?)?;
            let plan = steady::Plan { connections, rate: rate.parse()?, time: seconds(time)? };
            steady::run(address.parse()?, redirects, plan).await
        }
        ["slow", address, clients, time] => {
            let clients = clients.parse()?;
            allow_connections(clients)?;
            slow::run(address.parse()?, clients, seconds(time)?, &admin_key()?).await
        }
        ["idle", address, codes, connections, time] => {
            let connections = connections.parse()?;
            allow_connections(connections)?;
            let redirects = Redirects::new(address, &fs::read_to_string(codes)?)?;
            idle::run(address.parse()?, redirects, connections, seconds(time)?).await
        }
        ["logins", address, rate, time] => {
            allow_connections(logins::AT_ONCE_MAX)?;
            logins::run(address.parse()?, rate.parse()?, seconds(time)?, &admin_key()?).await
        }
        ["bulk", address, clients, links, time] => {
            let plan = bulk::Plan {
                clients: clients.parse()?,
                links: links.parse()?,
                time: seconds(time)?,
            };
            bulk::run(address.parse::<SocketAddr>()?, plan, &admin_key()?).await
        }
        _ => Err(USAGE.into()),
    }
}

fn seconds(text: &str) -> Outcome<Duration> {
    Ok(Duration::from_secs(text.parse()?))
}

/// From the environment, because arguments appear in the list of processes.
fn admin_key() -> Outcome<String> {
    env::var("CURT_ADMIN_KEY").map_err(|error| format!("CURT_ADMIN_KEY: {error}").into())
}

/// Raises the limit of open files if these connections need it.
fn allow_connections(connections: usize) -> Outcome<()> {
    let wanted = DESCRIPTORS_RESERVED + connections as u64;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    // `None` means no limit.
    if current.is_none_or(|current| wanted <= current) {
        return Ok(());
    }
    let limit = Rlimit { current: Some(wanted), maximum };
    setrlimit(Resource::Nofile, limit)
        .map_err(|error| format!("{wanted} open files are not allowed: {error}").into())
}
