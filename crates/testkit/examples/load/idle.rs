//! Thousands of connections that are silent after one request.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use tokio::time::sleep;

use crate::{
    Outcome, SOURCE,
    http::{self, Client},
    redirects::{Redirects, STATUS},
};

/// Connections from one address: what the server allows one client by default.
const CONNECTIONS_PER_SOURCE: usize = 1000;

/// Most connections: sources differ in the last byte of their address.
const CONNECTIONS_MAX: usize = 200 * CONNECTIONS_PER_SOURCE;

/// Prints `ready open=…` when all are open, and `open=…` at the end: those the server kept open.
pub(crate) async fn run(
    address: SocketAddr,
    mut redirects: Redirects,
    connections: usize,
    time: Duration,
) -> Outcome<()> {
    if CONNECTIONS_MAX < connections {
        return Err(format!("at most {CONNECTIONS_MAX} connections").into());
    }
    let mut clients = Vec::new();
    for number in 0..connections {
        let stream = http::connect(source(number), address).await?;
        let mut client = Client::new(stream);
        let (status, _) = client.ask(redirects.draw()).await?;
        if status != STATUS {
            return Err(format!("connection {number} was answered with {status}").into());
        }
        clients.push(client);
    }
    println!("ready open={}", clients.len());
    sleep(time).await;
    println!("open={}", clients.iter().filter(|client| client.is_open()).count());
    Ok(())
}

/// Connections share an address up to the limit: the first after [`SOURCE`], then the next.
fn source(number: usize) -> Ipv4Addr {
    let after = 1 + u32::try_from(number / CONNECTIONS_PER_SOURCE).unwrap_or(u32::MAX);
    Ipv4Addr::from(SOURCE.to_bits().saturating_add(after))
}
