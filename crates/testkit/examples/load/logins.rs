//! Logins at a fixed rate, all with wrong passwords, each from another client, so that no limit by
//! client stops them. Most are for accounts that do not exist: those cost a full check each time,
//! while an account that exists soon has a pause.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until},
};

use crate::{
    Outcome, SOURCE,
    http::{self, Client},
};

/// The proxy that they come through; the server has to trust it.
const PROXY: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 3);

/// The network of the clients, which is reserved for measurements.
const CLIENTS: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 0);
const CLIENTS_MAX: u32 = 1 << 17;

/// One login in this many is for the account that exists.
const KNOWN_PART: u32 = 10;
const KNOWN: &str = "known@example.com";

/// Logins at a time, more than a server lets wait in their time limit.
pub(crate) const AT_ONCE_MAX: usize = 1_000;

#[derive(Default)]
struct Tally {
    wrong: u32,
    paused: u32,
    busy: u32,
    /// The slowest of the answers that were not "wrong password".
    refused_after_max: Duration,
}

/// Prints `ready open=0` at the start, and at the end `wrong=… paused=… busy=… refused_max=…
/// micros=…`: answers 401, 429 and 503, and the microseconds of the slowest 429 or 503.
pub(crate) async fn run(address: SocketAddr, rate: u32, time: Duration, key: &str) -> Outcome<()> {
    create_user(address, key).await?;
    println!("ready open=0");
    let start = Instant::now();
    let (mut tally, mut logins, mut free) = (Tally::default(), JoinSet::new(), Vec::new());
    let count = rate * u32::try_from(time.as_secs())?;
    for number in 0..count {
        sleep_until(start + Duration::from_secs(1) * number / rate).await;
        while let Some(done) = logins.try_join_next() {
            free.push(tally.add(done??)?);
        }
        if AT_ONCE_MAX <= logins.len() {
            return Err("the server answers fewer logins than are sent".into());
        }
        logins.spawn(log_in(free.pop(), address, request(address, number)));
    }
    while let Some(done) = logins.join_next().await {
        tally.add(done??)?;
    }
    let Tally { wrong, paused, busy, refused_after_max } = tally;
    let (refused, micros) = (refused_after_max.as_micros(), start.elapsed().as_micros());
    println!("wrong={wrong} paused={paused} busy={busy} refused_max={refused} micros={micros}");
    Ok(())
}

impl Tally {
    /// Counts an answer, and returns its connection.
    fn add(&mut self, (client, status, took): (Client, u16, Duration)) -> Outcome<Client> {
        match status {
            401 => self.wrong += 1,
            429 => self.paused += 1,
            503 => self.busy += 1,
            _ => return Err(format!("a login was answered with {status}").into()),
        }
        if status != 401 {
            self.refused_after_max = self.refused_after_max.max(took);
        }
        Ok(client)
    }
}

async fn log_in(
    free: Option<Client>,
    address: SocketAddr,
    request: String,
) -> Outcome<(Client, u16, Duration)> {
    let mut client = match free {
        Some(client) => client,
        None => Client::new(http::connect(PROXY, address).await?),
    };
    let start = Instant::now();
    let (status, _) = client.ask(request.as_bytes()).await?;
    Ok((client, status, start.elapsed()))
}

fn request(address: SocketAddr, number: u32) -> String {
    let client = Ipv4Addr::from(u32::from(CLIENTS) + number % CLIENTS_MAX);
    let email = match number % KNOWN_PART {
        0 => KNOWN.to_owned(),
        _ => format!("nobody-{number}@example.com"),
    };
    let body = format!("{{\"email\":\"{email}\",\"password\":\"a wrong guess {number}\"}}");
    format!(
        "POST /api/v1/auth/login HTTP/1.1\r\nHost: {address}\r\nX-Forwarded-For: {client}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Creates the known account if it is missing.
async fn create_user(address: SocketAddr, key: &str) -> Outcome<()> {
    let body = format!("{{\"email\":\"{KNOWN}\",\"password\":\"heron umbrella nineteen\"}}");
    let request = format!(
        "POST /api/v1/admin/users HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut client = Client::new(http::connect(SOURCE, address).await?);
    match client.ask(request.as_bytes()).await? {
        (201 | 409, _) => Ok(()),
        (status, answer) => Err(format!("{status}: {}", String::from_utf8_lossy(answer)).into()),
    }
}
