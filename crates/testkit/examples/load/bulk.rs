//! Creates links with bulk requests from a few clients.

use std::{fmt::Write as _, net::SocketAddr, sync::Arc, time::Duration};

use serde::Deserialize;
use tokio::{task::JoinSet, time::Instant};

use crate::{
    Outcome, SOURCE,
    http::{self, Client},
};

#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) clients: u64,
    /// Links in one request.
    pub(crate) links: usize,
    /// No request starts later than this.
    pub(crate) time: Duration,
}

#[derive(Deserialize)]
struct Results {
    results: Vec<Status>,
}

#[derive(Deserialize)]
struct Status {
    status: u16,
}

/// Prints `good=… micros=…`: the number of links, each acknowledged with 201, and the time from the
/// first request to the last answer. No request is under way at the end.
pub(crate) async fn run(address: SocketAddr, plan: Plan, key: &str) -> Outcome<()> {
    let head: Arc<str> = format!(
        "POST /api/v1/urls/bulk HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\n\
         Content-Type: application/json\r\n"
    )
    .into();
    let mut clients = JoinSet::new();
    let start = Instant::now();
    for number in 0..plan.clients {
        clients.spawn(create(number, address, Arc::clone(&head), plan, start + plan.time));
    }
    let mut good = 0;
    while let Some(created) = clients.join_next().await {
        good += created??;
    }
    println!("good={good} micros={}", start.elapsed().as_micros());
    Ok(())
}

/// The links of one client.
async fn create(
    number: u64,
    address: SocketAddr,
    head: Arc<str>,
    plan: Plan,
    end: Instant,
) -> Outcome<usize> {
    let mut client = Client::new(http::connect(SOURCE, address).await?);
    let mut created = 0;
    while Instant::now() < end {
        // Every client has its own range of a hundred million links.
        let body = body(number * 100_000_000 + created as u64, plan.links)?;
        let request = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
        let (status, answer) = client.ask(request.as_bytes()).await?;
        if status != 200 {
            return Err(format!("{status}: {}", String::from_utf8_lossy(answer)).into());
        }
        let Results { results } = serde_json::from_slice(answer)?;
        if results.len() != plan.links || results.iter().any(|result| result.status != 201) {
            return Err("not every link was created".into());
        }
        created += plan.links;
    }
    Ok(created)
}

/// Links with distinct targets, as long as those of bench/create.lua.
fn body(first: u64, links: usize) -> Outcome<String> {
    let mut body = String::from("{\"links\":[");
    for number in (first..).take(links) {
        let site = number % 100_000;
        write!(
            body,
            "{{\"original_url\":\"https://site-{site:05}.example.com/articles/{number:09}\
             ?ref=newsletter\"}},"
        )?;
    }
    body.pop();
    body.push_str("]}");
    Ok(body)
}
