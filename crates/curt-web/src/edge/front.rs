//! The front: a hyper service that answers redirects and passes everything else to the router.
//!
//! Redirects do not pass through axum: its middleware costs more than all other work of a redirect.
//! The front does for both what every answer needs: the request id, the metrics, the time limit,
//! catching a panic so that it ends only its own request, and `Connection: close` while stopping.

use std::{
    convert::Infallible,
    future::{Future, Ready, ready},
    net::IpAddr,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Body,
    extract::MatchedPath,
    http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, Version, header},
    response::IntoResponse as _,
};
use futures_util::FutureExt as _;
use http_body::Body as _;
use hyper::body::Incoming;
use tower::ServiceExt as _;
use tracing::Instrument as _;

use crate::{
    app::App,
    edge::{
        redirect::{Redirector, Visit, Visited, unlock},
        request_ids::RequestIds,
    },
    gate::Gate,
    metrics::{ConnectionMetrics, HttpMetrics, NO_ROUTE, Outcome, REDIRECT_ROUTE, Tier},
    node::Node,
    pages,
    request::{body::PacedBody, code_path::CodePath, extract::ClientAddress},
    response::{
        ApiError,
        headers::{self, HTTPS_ONLY, NO_STORE},
    },
    site::{Site, hosts},
    visitors::Visitor,
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const CLOSE: HeaderValue = HeaderValue::from_static("close");
const NOTHING: HeaderValue = HeaderValue::from_static("0");

/// Longest time from a request's headers to its answer: above every limit of the store, so that it
/// ends only requests that are truly stuck.
const REQUEST_TIME_MAX: Duration = Duration::from_secs(20);

/// The same for creating up to ten thousand links: the body alone may take minutes to arrive.
const BULK_TIME_MAX: Duration = Duration::from_mins(30);
pub(crate) const BULK_PATH: &str = "/api/v1/urls/bulk";

/// Longest path, in bytes: longer than any code and any path of ours.
const PATH_LEN_MAX: usize = 2 * 1024;

/// Longest path and query together, in bytes: longer than any query that a target can take up.
const URI_LEN_MAX: usize = 8 * 1024;

/// Most headers in a request.
const HEADERS_MAX: usize = 64;

/// Answers the requests of one connection.
#[derive(Clone)]
pub struct Front {
    shared: Arc<Shared>,
    /// The other end of the connection: a client, or a proxy.
    peer: IpAddr,
}

struct Shared {
    site: Arc<Site>,
    redirector: Redirector,
    gate: Gate,
    router: Router,
    /// Whether browsers use HTTPS; a proxy in front may have terminated it.
    is_https: bool,
    metrics: HttpMetrics,
    node: Arc<Node>,
    request_ids: RequestIds,
}

impl Front {
    /// Not for any connection yet; each gets its own from [`Front::for_peer`].
    pub(crate) fn with_router(app: App, router: Router, metrics: HttpMetrics) -> Self {
        let shared = Shared {
            redirector: Redirector::new(&app),
            is_https: app.site.public_url().starts_with("https://"),
            site: app.site,
            gate: app.gate,
            node: app.node,
            router,
            metrics,
            request_ids: RequestIds::new(),
        };
        Self { shared: Arc::new(shared), peer: IpAddr::from([0, 0, 0, 0]) }
    }

    #[must_use]
    pub fn for_peer(&self, peer: IpAddr) -> Self {
        Self { shared: Arc::clone(&self.shared), peer }
    }

    /// Whether connections of this peer carry the requests of many clients.
    pub(crate) fn is_proxy(&self, peer: IpAddr) -> bool {
        self.shared.site.clients.trusts(peer)
    }

    pub(crate) fn connection_metrics(&self) -> ConnectionMetrics {
        self.shared.metrics.connections.clone()
    }

    /// Answers any request. The server calls this; so do tests, without a socket.
    pub fn answer<B>(&self, mut request: Request<B>) -> Answer
    where
        B: http_body::Body<Data = bytes::Bytes, Error: Into<axum::BoxError>> + Send + 'static,
    {
        let start = Instant::now();
        if let Some((status, location)) = self.redirect_from_cache(&request) {
            return Answer::Ready(ready(Ok(self.redirect(&mut request, status, location, start))));
        }
        let (shared, peer) = (Arc::clone(&self.shared), self.peer);
        let body_timeout = shared.site.body_timeout;
        let request = request.map(|body| {
            if body.is_end_stream() {
                return Body::empty();
            }
            Body::new(PacedBody::new(body, body_timeout))
        });
        Answer::Later(Box::pin(async move { Ok(shared.respond(request, peer, start).await) }))
    }

    /// The hot path: a cached link that may be followed, with its click written down.
    fn redirect_from_cache<B>(&self, request: &Request<B>) -> Option<(StatusCode, HeaderValue)> {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return None;
        }
        let path = CodePath::parse(request.uri().path())?;
        if path.preview {
            return None;
        }
        let shared = &*self.shared;
        // Requests that fail here are checked again on the way through `Shared::respond`.
        check(&shared.site, request).ok()?;
        let client = shared.site.clients.client(self.peer, request.headers());
        if shared.gate.is_blocked(client) {
            return None;
        }
        let query = request.uri().query();
        let visitor = Visitor { client, query, headers: request.headers() };
        // A panic here happens again on the way through `Shared::respond`, which catches and
        // answers it.
        let redirect =
            || shared.redirector.respond_from_cache(path.code, request.method(), visitor);
        catch_unwind(AssertUnwindSafe(redirect)).ok()?
    }

    /// The answer of the hot path, in the request's own header map: hyper takes the map back for
    /// the connection's next request, so that headers allocate nothing.
    fn redirect<B>(
        &self,
        request: &mut Request<B>,
        status: StatusCode,
        location: HeaderValue,
        start: Instant,
    ) -> Response<Body> {
        let shared = &*self.shared;
        let mut headers = std::mem::take(request.headers_mut());
        headers.clear();
        headers.insert(header::LOCATION, location);
        headers.insert(header::CACHE_CONTROL, NO_STORE);
        let mut response = Response::new(Body::empty());
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        shared.add_common_headers(
            &mut response,
            request.method(),
            request.version(),
            shared.request_ids.next(),
        );
        shared.metrics.redirected(status, start.elapsed());
        response
    }
}

impl Shared {
    async fn respond(
        &self,
        request: Request<Body>,
        peer: IpAddr,
        start: Instant,
    ) -> Response<Body> {
        let id = self.request_ids.next();
        let (method, version) = (request.method().clone(), request.version());
        let path = request.uri().path().to_owned();
        let time_max = if path == BULK_PATH { BULK_TIME_MAX } else { REQUEST_TIME_MAX };
        let span = tracing::info_span!("request", id = id.to_str().unwrap_or_default());
        let (route, mut response) = async {
            let work = AssertUnwindSafe(self.dispatch(request, peer)).catch_unwind();
            match tokio::time::timeout(time_max, work).await {
                Ok(Ok(answer)) => answer,
                // The panic hook has logged what happened and where.
                Ok(Err(_panic)) => (NO_ROUTE.into(), ApiError::Internal.into_response()),
                Err(_elapsed) => (NO_ROUTE.into(), ApiError::TimedOut.into_response()),
            }
        }
        .instrument(span)
        .await;
        headers::guard(&mut response);
        self.add_common_headers(&mut response, &method, version, id.clone());
        let took = start.elapsed();
        let status = response.status();
        tracing::debug!(
            id = id.to_str().unwrap_or_default(),
            %method,
            path,
            status = status.as_u16(),
            micros = took.as_micros(),
            "answered"
        );
        self.metrics.answered(route, status, took);
        response
    }

    /// The route's name for the metrics, and its answer.
    async fn dispatch(
        &self,
        mut request: Request<Body>,
        peer: IpAddr,
    ) -> (Arc<str>, Response<Body>) {
        if let Err(error) = check(&self.site, &request) {
            return (NO_ROUTE.into(), error.into_response());
        }
        let client = self.site.clients.client(peer, request.headers());
        let visit = self.visit(&request, client);
        if self.gate.is_blocked(client) && !hosts::is_probe(request.uri().path()) {
            return self.refuse_blocked(visit);
        }
        if let Some(visit) = visit {
            let visited = match visit.method {
                Method::GET | Method::HEAD => self.redirector.respond(&visit).await,
                Method::POST if !visit.preview => self.redirector.unlock(&visit, request).await,
                _ => unlock::not_allowed(Tier::Memory),
            };
            let Visited { response, outcome, tier } = visited;
            self.metrics.visited(outcome, tier);
            return (REDIRECT_ROUTE.into(), response);
        }
        request.extensions_mut().insert(ClientAddress(client));
        let Ok(mut response) = self.router.clone().oneshot(request).await;
        let route = response.extensions_mut().remove::<MatchedPath>();
        (route.map_or(NO_ROUTE.into(), |route| route.as_str().into()), response)
    }

    /// The answer to every request of a client that an administrator blocked.
    fn refuse_blocked(&self, visit: Option<Visit>) -> (Arc<str>, Response<Body>) {
        let Some(visit) = visit else {
            return (NO_ROUTE.into(), ApiError::ClientBlocked.into_response());
        };
        self.metrics.visited(Outcome::Refused, Tier::Memory);
        let response = pages::refuse(ApiError::ClientBlocked, &visit.headers, &self.site);
        (REDIRECT_ROUTE.into(), response)
    }

    /// The visit that this request makes, unless its path belongs to the router.
    fn visit(&self, request: &Request<Body>, client: IpAddr) -> Option<Visit> {
        let path = CodePath::parse(request.uri().path())?;
        let code = path.code.parse().ok()?;
        if self.redirector.is_reserved(&code) {
            return None;
        }
        Some(Visit {
            code,
            preview: path.preview,
            method: request.method().clone(),
            client,
            query: request.uri().query().map(str::to_owned),
            headers: request.headers().clone(),
        })
    }

    /// Adds the headers that every answer has.
    fn add_common_headers(
        &self,
        response: &mut Response<Body>,
        method: &Method,
        version: Version,
        id: HeaderValue,
    ) {
        response.headers_mut().insert(REQUEST_ID, id);
        if self.is_https {
            response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, HTTPS_ONLY);
        }
        // hyper sets it for GET by itself, and HEAD has the same headers as GET.
        let is_empty = response.body().size_hint().exact() == Some(0);
        if *method == Method::HEAD && is_empty && response.status() != StatusCode::NO_CONTENT {
            response.headers_mut().entry(header::CONTENT_LENGTH).or_insert(NOTHING);
        }
        // The rest of an abandoned body may still arrive, and must not be read as a request.
        let is_last = self.node.is_closing() || response.status() == StatusCode::REQUEST_TIMEOUT;
        // HTTP/2 has a frame for this.
        if is_last && version < Version::HTTP_2 {
            response.headers_mut().insert(header::CONNECTION, CLOSE);
        }
    }
}

/// What every request must fulfil, whatever its path.
pub(crate) fn check<B>(site: &Site, request: &Request<B>) -> Result<(), ApiError> {
    let uri = request.uri();
    let query_len = uri.query().map_or(0, str::len);
    if PATH_LEN_MAX < uri.path().len() || URI_LEN_MAX < uri.path().len() + query_len {
        return Err(ApiError::UriTooLong);
    }
    if HEADERS_MAX < request.headers().len() {
        return Err(ApiError::TooManyHeaders);
    }
    if hosts::is_probe(uri.path()) {
        return Ok(());
    }
    site.hosts.check(uri, request.version(), request.headers())
}

impl hyper::service::Service<Request<Incoming>> for Front {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Answer;

    fn call(&self, request: Request<Incoming>) -> Answer {
        self.answer(request)
    }
}

type Later = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

/// An answer; a redirect's is ready at once.
pub enum Answer {
    Ready(Ready<Result<Response<Body>, Infallible>>),
    Later(Later),
}

impl Future for Answer {
    type Output = Result<Response<Body>, Infallible>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.get_mut() {
            Self::Ready(response) => Pin::new(response).poll(context),
            Self::Later(response) => response.as_mut().poll(context),
        }
    }
}

#[cfg(test)]
mod tests;
