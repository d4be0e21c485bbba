//! The connections of one listener: accepting, serving and ending them.

use std::{
    convert::Infallible,
    future::Future,
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::{
    body::Body,
    http::{Request, Response},
};
use hyper::{
    body::Incoming,
    rt::Executor,
    server::conn::{http1, http2},
    service::Service,
};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use rustix::io::Errno;
use socket2::SockRef;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    in_flight::WatchedService,
    settings::{ConnectionSettings, LINGER},
    stream::{Protocol, WatchedStream},
    watch::{TICK, Watch, Watched},
};
use crate::metrics::ConnectionMetrics;

/// An aborted task ends when it is next polled; requests of HTTP/2 may still wait for the database,
/// but cannot answer.
const ABORT_TIME_MAX: Duration = Duration::from_millis(100);

/// Most bytes of a request's head.
const HEAD_LEN_MAX: usize = 16 * 1024;

/// Concurrent requests on one HTTP/2 connection.
const STREAMS_MAX: u32 = 64;

/// Bytes of an answer that the kernel buffers before the client has room for them. By default it
/// takes megabytes, and copying those for clients that never read delays all others.
const UNSENT_LEN_MAX: u32 = 64 * 1024;

/// How long to wait when there is no file descriptor or memory left for a connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The start of HTTP/2 with prior knowledge, which is no HTTP/1 method (RFC 9113, section 3.4).
const PREFACE_START: &[u8] = b"PRI";

/// The client that a connection counts for: `None` for proxies, which carry many clients.
pub(super) type ClientOf = Box<dyn Fn(IpAddr) -> Option<IpAddr> + Send + Sync>;

pub(super) struct Connections {
    permits: Arc<Semaphore>,
    watch: Arc<Watch>,
    client_of: ClientOf,
    graceful: GracefulShutdown,
    ending: CancellationToken,
    tasks: TaskTracker,
    /// Not among the tasks that draining waits for: it watches them until none are left.
    _sweeper: JoinSet<()>,
}

/// The service of one connection, called for each of its requests.
pub(super) trait Answers:
    Service<Request<Incoming>, Response = Response<Body>, Error = Infallible, Future: Send + Unpin>
    + Send
    + 'static
{
}

impl<S> Answers for S where
    S: Service<
            Request<Incoming>,
            Response = Response<Body>,
            Error = Infallible,
            Future: Send + Unpin,
        > + Send
        + 'static
{
}

impl Connections {
    pub(super) fn new(
        settings: &ConnectionSettings,
        metrics: ConnectionMetrics,
        client_of: ClientOf,
    ) -> Self {
        let watch = Arc::new(Watch::new(settings, metrics));
        Self {
            permits: Arc::new(Semaphore::new(settings.max)),
            _sweeper: JoinSet::from_iter([Arc::clone(&watch).sweep()]),
            watch,
            client_of,
            graceful: GracefulShutdown::new(),
            ending: CancellationToken::new(),
            tasks: TaskTracker::new(),
        }
    }

    /// Accepts until `end`; connections that already wait are accepted before the end.
    pub(super) async fn accept_until<S: Answers>(
        &self,
        listener: &TcpListener,
        service_for: impl Fn(SocketAddr) -> S,
        end: impl Future<Output = ()>,
    ) {
        tokio::pin!(end);
        loop {
            let (permit, stream, peer) = tokio::select! {
                biased;
                next = self.next(listener) => next,
                () = &mut end => return,
            };
            // Without a slot, the connection is closed right here.
            let Some(watched) = self.watch.admit((self.client_of)(peer.ip())) else { continue };
            let id = watched.id();
            let served = self.serve(stream, service_for(peer), watched);
            let task = self.tasks.spawn(async move {
                served.await;
                drop(permit);
            });
            self.watch.set_task(id, task.abort_handle());
        }
    }

    /// The next connection, once there is room for it. Cancel-safe: no connection is lost.
    async fn next(&self, listener: &TcpListener) -> (OwnedSemaphorePermit, TcpStream, SocketAddr) {
        let permit = self.permit().await;
        let (stream, peer) = accept(listener).await;
        (permit, stream, peer)
    }

    /// When no permit is free, the longest idle connection is ended; while none is idle, all wait.
    async fn permit(&self) -> OwnedSemaphorePermit {
        loop {
            let permits = Arc::clone(&self.permits);
            if let Ok(permit) = Arc::clone(&permits).try_acquire_owned() {
                return permit;
            }
            self.watch.make_room();
            if let Ok(permit) = timeout(TICK, permits.acquire_owned()).await {
                return permit.expect("nobody closes the semaphore");
            }
        }
    }

    fn serve<S: Answers>(
        &self,
        stream: TcpStream,
        service: S,
        watched: Watched,
    ) -> impl Future<Output = ()> + Send + use<S> {
        let (graceful, ending) = (self.graceful.watcher(), self.ending.clone());
        let streams = Streams(self.tasks.clone());
        async move {
            prepare(&stream);
            let begins = ending.run_until_cancelled(protocol(&stream));
            let Some(Ok(Some(protocol))) = begins.await else { return };
            let connection = Arc::clone(&watched.connection);
            let service = WatchedService::new(service, Arc::clone(&connection));
            let stream = WatchedStream::new(stream, connection, protocol);
            let served = match protocol {
                Protocol::Http1 => serve_http1(stream, service, graceful).await,
                Protocol::Http2 => {
                    watched.connection.is_idle();
                    serve_http2(stream, service, graceful, streams).await
                }
            };
            // Clients disconnect all the time; that is no failure of ours.
            if let Err(error) = served {
                tracing::trace!(%error, "a connection ended early");
            }
        }
    }

    /// Lets clients finish what they began, then ends idle connections, then waits for the rest.
    pub(super) async fn drain(self, time_max: Duration) {
        self.tasks.close();
        if timeout(LINGER.min(time_max), self.tasks.wait()).await.is_ok() {
            return;
        }
        let ended = async {
            self.ending.cancel();
            self.graceful.shutdown().await;
            self.tasks.wait().await;
        };
        if timeout(time_max.saturating_sub(LINGER), ended).await.is_err() {
            tracing::warn!(open = self.tasks.len(), "some requests did not end in time");
            // No visitor may be redirected once clicks are no longer counted.
            self.watch.end_all();
            if timeout(ABORT_TIME_MAX, self.tasks.wait()).await.is_err() {
                tracing::debug!(open = self.tasks.len(), "requests without a client go on");
            }
        }
    }
}

/// Which protocol the first bytes speak; `None` if there are none. A client whose first packet has
/// less than three bytes of the preface is treated as HTTP/1 and answered so.
async fn protocol(stream: &TcpStream) -> io::Result<Option<Protocol>> {
    let mut start = [0; PREFACE_START.len()];
    Ok(match stream.peek(&mut start).await? {
        0 => None,
        _ if start == PREFACE_START => Some(Protocol::Http2),
        _ => Some(Protocol::Http1),
    })
}

/// The watch enforces time limits, so hyper's own stay off. Headers are read up to hyper's default
/// limit, 100, for which it has room on its stack; any other limit costs two allocations per
/// request. We allow fewer, and up to 100 the front answers with a problem; above that hyper
/// answers with a bare one.
async fn serve_http1<S: Answers>(
    stream: WatchedStream,
    service: WatchedService<S>,
    graceful: Watcher,
) -> hyper::Result<()> {
    let connection = http1::Builder::new()
        .header_read_timeout(None)
        // A client that has closed its sending side still waits for the answer.
        .half_close(true)
        .max_buf_size(HEAD_LEN_MAX)
        // Answers are small: sending one buffer costs less than a list of buffers.
        .writev(false)
        .serve_connection(stream, service);
    graceful.watch(connection).await
}

async fn serve_http2<S: Answers>(
    stream: WatchedStream,
    service: WatchedService<S>,
    graceful: Watcher,
    streams: Streams,
) -> hyper::Result<()> {
    let head_len_max = u32::try_from(HEAD_LEN_MAX).expect("16 KiB is no more than 4 GiB");
    let connection = http2::Builder::new(streams)
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(head_len_max)
        .serve_connection(stream, service);
    graceful.watch(connection).await
}

/// Runs the requests of HTTP/2 connections as tasks that draining waits for.
#[derive(Clone)]
struct Streams(TaskTracker);

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Streams {
    fn execute(&self, stream: F) {
        self.0.spawn(stream);
    }
}

/// Retries until there is a connection. If the machine has no resources left for one, retrying at
/// once would spin; other errors concern one client and must not delay the next.
async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    let mut is_exhausted = false;
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) if is_exhaustion(&error) => {
                if !is_exhausted {
                    tracing::warn!(%error, "a connection could not be accepted");
                }
                is_exhausted = true;
                sleep(ACCEPT_PAUSE).await;
            }
            Err(error) => tracing::debug!(%error, "a connection ended before it was accepted"),
        }
    }
}

/// Sets how the kernel sends. If that fails, the connection still works, only less well.
fn prepare(stream: &TcpStream) {
    // Answers are small and complete; waiting to fill a packet would only delay them.
    let prompt = stream.set_nodelay(true);
    let modest = SockRef::from(stream).set_tcp_notsent_lowat(UNSENT_LEN_MAX);
    if let Err(error) = prompt.and(modest) {
        tracing::debug!(%error, "a connection sends as the kernel sees fit");
    }
}

/// Whether file descriptors or memory have run out.
fn is_exhaustion(error: &io::Error) -> bool {
    let exhaustion = [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM];
    Errno::from_io_error(error).is_some_and(|errno| exhaustion.contains(&errno))
}

#[cfg(test)]
mod tests;
