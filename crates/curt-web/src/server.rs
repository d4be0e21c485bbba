//! Connections: accepted, served, and ended without losing a request.

use std::{convert::Infallible, future::Future, io, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    body::Body,
    http::{Request, Response},
};
use hyper::{body::Incoming, server::conn::http1, service::Service};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use rustix::io::Errno;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{Front, MetricsPage, Node};

/// Connections served at a time; more wait in the kernel's queue. At some 20 KB each they stay
/// below 200 MB.
const CONNECTIONS_MAX: usize = 10_000;

/// Connections to the metrics page: a scraper or two.
const METRICS_CONNECTIONS_MAX: usize = 16;

/// Longest time for a request's headers to arrive, and for an idle connection to stay.
const HEADER_TIME_MAX: Duration = Duration::from_secs(30);

/// Most bytes of a request's head, and most headers in it.
const HEAD_LEN_MAX: usize = 16 * 1024;
const HEADERS_MAX: usize = 64;

/// How long to wait when there is no file descriptor or memory left for a connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// How long clients that keep their connection may send one more request after the listener has
/// closed; its answer tells them to go. Without it a request could meet a closing connection.
const LINGER: Duration = Duration::from_secs(1);

/// Section `shutdown` of the configuration.
#[derive(Debug, Clone, Copy)]
pub struct ServerSettings {
    /// From "not ready" to the end of accepting: what a load balancer needs to notice.
    pub delay: Duration,
    /// Longest time for requests in flight to end after that.
    pub timeout: Duration,
}

/// Serves until it is told to stop, then drains.
pub struct Server {
    listener: TcpListener,
    front: Front,
    node: Arc<Node>,
    settings: ServerSettings,
}

impl Server {
    pub fn new(
        listener: TcpListener,
        front: Front,
        node: Arc<Node>,
        settings: ServerSettings,
    ) -> Self {
        Self { listener, front, node, settings }
    }

    /// Runs until `stop`, then: not ready, `delay`, no new connections, in-flight requests finished.
    pub async fn run(self, stop: CancellationToken) {
        let connections = Connections::new(CONNECTIONS_MAX);
        let front = |peer: SocketAddr| self.front.for_client(peer.ip());
        connections.accept_until(&self.listener, front, stop.cancelled()).await;

        self.node.stop();
        tracing::info!(delay = ?self.settings.delay, "stopping: no longer ready");
        connections.accept_until(&self.listener, front, sleep(self.settings.delay)).await;
        // Whoever the kernel let in already is served too.
        connections.accept_until(&self.listener, front, std::future::ready(())).await;
        drop(self.listener);
        self.node.close();
        connections.drain(self.settings.timeout).await;
    }
}

impl MetricsPage {
    /// Serves `/metrics` until `stop`.
    pub async fn run(self, listener: TcpListener, stop: CancellationToken) {
        let connections = Connections::new(METRICS_CONNECTIONS_MAX);
        let service = TowerToHyperService::new(self.router());
        connections.accept_until(&listener, |_| service.clone(), stop.cancelled()).await;
        connections.drain(LINGER).await;
    }
}

/// The connections of one listener.
struct Connections {
    permits: Arc<Semaphore>,
    graceful: GracefulShutdown,
    tasks: TaskTracker,
}

impl Connections {
    fn new(max: usize) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(max)),
            graceful: GracefulShutdown::new(),
            tasks: TaskTracker::new(),
        }
    }

    /// Accepts while `end` is not there; connections that are already waiting come before the end.
    async fn accept_until<S>(
        &self,
        listener: &TcpListener,
        service_for: impl Fn(SocketAddr) -> S,
        end: impl Future<Output = ()>,
    ) where
        S: Service<Request<Incoming>, Response = Response<Body>, Error = Infallible>
            + Send
            + 'static,
        S::Future: Send,
    {
        tokio::pin!(end);
        loop {
            let (permit, stream, peer) = tokio::select! {
                biased;
                next = self.next(listener) => next,
                () = &mut end => return,
            };
            let connection = self.serve(stream, service_for(peer));
            self.tasks.spawn(async move {
                connection.await;
                drop(permit);
            });
        }
    }

    /// The next connection that there is room for. Giving up waiting loses none.
    async fn next(&self, listener: &TcpListener) -> (OwnedSemaphorePermit, TcpStream, SocketAddr) {
        let permits = Arc::clone(&self.permits);
        let permit = permits.acquire_owned().await.expect("nobody closes the semaphore");
        let (stream, peer) = accept(listener).await;
        (permit, stream, peer)
    }

    fn serve<S>(&self, stream: TcpStream, service: S) -> impl Future<Output = ()> + Send + use<S>
    where
        S: Service<Request<Incoming>, Response = Response<Body>, Error = Infallible>
            + Send
            + 'static,
        S::Future: Send,
    {
        // Answers are small and complete; waiting to fill a packet would only delay them.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection ended before it began");
        }
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_TIME_MAX)
            .max_buf_size(HEAD_LEN_MAX)
            .max_headers(HEADERS_MAX)
            .serve_connection(TokioIo::new(stream), service);
        let connection = self.graceful.watch(connection);
        async move {
            // Clients break off and time out all day; that is no failure of ours.
            if let Err(error) = connection.await {
                tracing::trace!(%error, "a connection ended early");
            }
        }
    }

    /// Lets clients finish what they began, then ends what is idle, then waits for the rest.
    async fn drain(self, time_max: Duration) {
        self.tasks.close();
        if timeout(LINGER.min(time_max), self.tasks.wait()).await.is_ok() {
            return;
        }
        let ended = async {
            self.graceful.shutdown().await;
            self.tasks.wait().await;
        };
        if timeout(time_max.saturating_sub(LINGER), ended).await.is_err() {
            tracing::warn!(open = self.tasks.len(), "some requests did not end in time");
        }
    }
}

/// Tries until there is a connection. Where the machine has nothing left for one, trying again at
/// once would spin; other errors are one client's, and must not hold up the next.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if is_exhaustion(&error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                sleep(ACCEPT_PAUSE).await;
            }
            Err(error) => tracing::debug!(%error, "a connection ended before it was accepted"),
        }
    }
}

/// Whether file descriptors or memory have run out.
fn is_exhaustion(error: &io::Error) -> bool {
    let exhaustion = [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM];
    Errno::from_io_error(error).is_some_and(|errno| exhaustion.contains(&errno))
}

#[cfg(test)]
mod tests;
