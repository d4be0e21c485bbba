//! The server: listens until it is told to stop, then drains without losing a request.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use hyper_util::service::TowerToHyperService;
use tokio::{
    net::TcpListener,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

use crate::{
    edge::front::Front,
    metrics::{ConnectionMetrics, MetricsPage},
    node::Node,
};

mod connections;
mod in_flight;
#[cfg(test)]
mod layers;
mod stream;
mod watch;

use connections::Connections;

/// Connections to the metrics page: a scraper or two.
const METRICS_CONNECTIONS: ConnectionSettings = ConnectionSettings {
    max: 16,
    per_client_max: 16,
    header_timeout: Duration::from_secs(5),
    // Longer than scrapers pause.
    idle_timeout: Duration::from_mins(5),
};

/// How long clients that keep their connection may send one more request after the listener has
/// closed; its answer tells them to go. Without it a request could meet a closing connection.
const LINGER: Duration = Duration::from_secs(1);

/// Section `shutdown` of the configuration.
#[derive(Debug, Clone, Copy)]
pub struct ShutdownSettings {
    /// From "not ready" to the end of accepting: what a load balancer needs to notice.
    pub delay: Duration,
    /// Longest time that everything else may take after that.
    pub timeout: Duration,
}

impl ShutdownSettings {
    /// Longest time for requests in flight: four fifths, by default as long as a request may take at
    /// all. The rest is for what comes after them.
    fn requests_timeout(&self) -> Duration {
        self.timeout * 4 / 5
    }
}

/// Section `http` of the configuration, as far as connections are concerned.
#[derive(Debug, Clone, Copy)]
pub struct ConnectionSettings {
    /// Connections at a time. When they are all in use, more wait in the kernel's queue.
    pub max: usize,
    /// Connections at a time of one IPv4 address, or of one IPv6 network of 64 bits.
    pub per_client_max: usize,
    /// Longest time for the first byte of a connection, and for the head of a request.
    pub header_timeout: Duration,
    /// How long a connection may stay without a request.
    pub idle_timeout: Duration,
}

/// Serves until it is told to stop, then drains.
pub struct Server {
    listener: TcpListener,
    front: Front,
    node: Arc<Node>,
    connections: ConnectionSettings,
    settings: ShutdownSettings,
}

impl Server {
    pub fn new(
        listener: TcpListener,
        front: Front,
        node: Arc<Node>,
        connections: ConnectionSettings,
        settings: ShutdownSettings,
    ) -> Self {
        Self { listener, front, node, connections, settings }
    }

    /// Runs until `stop`, then: not ready, `delay`, no new connections, in-flight requests finished.
    /// Says by when whatever comes after it must have ended.
    pub async fn run(self, stop: CancellationToken) -> Instant {
        let proxies = self.front.clone();
        let client_of = Box::new(move |peer| (!proxies.is_proxy(peer)).then_some(peer));
        let metrics = self.front.connection_metrics();
        let connections = Connections::new(&self.connections, metrics, client_of);
        let front = |peer: SocketAddr| self.front.for_peer(peer.ip());
        connections.accept_until(&self.listener, front, stop.cancelled()).await;

        self.node.stop();
        tracing::info!(delay = ?self.settings.delay, "stopping: no longer ready");
        connections.accept_until(&self.listener, front, sleep(self.settings.delay)).await;
        // Whoever the kernel let in already is served too.
        connections.accept_until(&self.listener, front, std::future::ready(())).await;
        drop(self.listener);
        self.node.close();
        let deadline = Instant::now() + self.settings.timeout;
        connections.drain(self.settings.requests_timeout()).await;
        deadline
    }
}

impl MetricsPage {
    /// Serves `/metrics` until `stop`.
    pub async fn run(self, listener: TcpListener, stop: CancellationToken) {
        let metrics = ConnectionMetrics::default();
        let connections = Connections::new(&METRICS_CONNECTIONS, metrics, Box::new(Some));
        let service = TowerToHyperService::new(self.router());
        connections.accept_until(&listener, |_| service.clone(), stop.cancelled()).await;
        connections.drain(LINGER).await;
    }
}
