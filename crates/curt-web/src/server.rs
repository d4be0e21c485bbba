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
mod settings;
mod stream;
mod watch;

pub use settings::{ConnectionSettings, ShutdownSettings};

use connections::Connections;
use settings::LINGER;

/// Connections to the metrics page: a scraper or two.
const METRICS_CONNECTIONS: ConnectionSettings = ConnectionSettings {
    max: 16,
    per_client_max: 16,
    header_timeout: Duration::from_secs(5),
    // Longer than the interval between scrapes.
    idle_timeout: Duration::from_mins(5),
};

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

    /// Runs until `stop`, then: not ready, `delay`, no new connections, in-flight requests
    /// finished. Returns the deadline for everything that comes after it.
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
        // Connections that the kernel already accepted are served too.
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
