//! The node's metrics about its requests, and the page that shows them to Prometheus.
//!
//! Label sets are bounded: routes are those of the router, statuses those we answer with. Nothing
//! that a visitor chooses becomes a label.

use std::{
    fmt::{self, Write as _},
    sync::Arc,
    time::Duration,
};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use prometheus_client::{
    collector::Collector,
    encoding::{
        DescriptorEncoder, EncodeLabelSet, EncodeLabelValue, EncodeMetric as _, LabelValueEncoder,
    },
    metrics::{
        counter::Counter,
        family::Family,
        gauge::{ConstGauge, Gauge},
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Registry, Unit},
};

/// The route label of visits, and of requests without a route.
pub(crate) const REDIRECT_ROUTE: &str = "/{code}";
pub(crate) const NO_ROUTE: &str = "none";

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    route: Arc<str>,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    route: Arc<str>,
}

/// The outcome of a visit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Outcome {
    Followed,
    Fallback,
    NotFound,
    Expired,
    Exhausted,
    Blocked,
    PreviewPage,
    LimitedPage,
    /// A link that asks for its password.
    PasswordPage,
    WrongPassword,
    /// The password was right; redirects back to the link.
    Unlocked,
    Prefetch,
    /// A blocked client, too many unknown codes or wrong passwords, or a request that links do not
    /// accept.
    Refused,
    Failed,
}

/// Where the link was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Tier {
    Memory,
    Store,
    /// In memory and past its age, because the store could not be reached.
    Stale,
}

impl EncodeLabelValue for Outcome {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), fmt::Error> {
        encoder.write_str(match self {
            Self::Followed => "followed",
            Self::Fallback => "fallback",
            Self::NotFound => "not_found",
            Self::Expired => "expired",
            Self::Exhausted => "exhausted",
            Self::Blocked => "blocked",
            Self::PreviewPage => "preview_page",
            Self::LimitedPage => "limited_page",
            Self::PasswordPage => "password_page",
            Self::WrongPassword => "wrong_password",
            Self::Unlocked => "unlocked",
            Self::Prefetch => "prefetch",
            Self::Refused => "refused",
            Self::Failed => "failed",
        })
    }
}

impl EncodeLabelValue for Tier {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), fmt::Error> {
        encoder.write_str(match self {
            Self::Memory => "memory",
            Self::Store => "store",
            Self::Stale => "stale",
        })
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RedirectLabels {
    outcome: Outcome,
    tier: Tier,
}

/// Why we ended a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum ConnectionEnd {
    /// The head of a request was too slow, or never began.
    SlowHead,
    /// The client did not read its answer.
    NotReading,
    Idle,
    /// Idle, and its slot was needed.
    Evicted,
    /// Its client already has the maximum.
    TooMany,
}

impl EncodeLabelValue for ConnectionEnd {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> Result<(), fmt::Error> {
        encoder.write_str(match self {
            Self::SlowHead => "slow_head",
            Self::NotReading => "not_reading",
            Self::Idle => "idle",
            Self::Evicted => "evicted",
            Self::TooMany => "too_many",
        })
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct EndLabels {
    reason: ConnectionEnd,
}

/// How many connections are open, and why we ended some.
#[derive(Debug, Clone, Default)]
pub(crate) struct ConnectionMetrics {
    open: Gauge,
    ended: Family<EndLabels, Counter>,
}

impl ConnectionMetrics {
    fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        registry.register("http_connections", "Connections now open", metrics.open.clone());
        let help = "Connections that the server ended itself, by reason";
        registry.register("http_connections_ended", help, metrics.ended.clone());
        metrics
    }

    pub(crate) fn opened(&self) {
        self.open.inc();
    }

    pub(crate) fn closed(&self) {
        self.open.dec();
    }

    pub(crate) fn ended(&self, reason: ConnectionEnd) {
        self.ended.get_or_create(&EndLabels { reason }).inc();
    }
}

/// Requests and visits. The handles of the most frequent answer are kept: looking up a metric by
/// its labels costs more than counting.
#[derive(Debug)]
pub struct HttpMetrics {
    pub(crate) connections: ConnectionMetrics,
    requests: Family<RequestLabels, Counter>,
    durations: Family<RouteLabels, Histogram, fn() -> Histogram>,
    redirects: Family<RedirectLabels, Counter>,
    followed_from_memory: Counter,
    redirects_found: Counter,
    redirect_duration: Histogram,
}

/// From 20 µs, a cached redirect, to 18 s, past every time limit of the store.
fn duration_histogram() -> Histogram {
    Histogram::new(exponential_buckets(20e-6, 2.5, 16))
}

impl HttpMetrics {
    pub fn new(registry: &mut Registry) -> Self {
        let requests = Family::<RequestLabels, Counter>::default();
        let durations = Family::<RouteLabels, Histogram, _>::new_with_constructor(
            duration_histogram as fn() -> Histogram,
        );
        let redirects = Family::<RedirectLabels, Counter>::default();
        registry.register("http_requests", "Requests by route and status", requests.clone());
        registry.register_with_unit(
            "http_request_duration",
            "Time from request to answer, by route",
            Unit::Seconds,
            durations.clone(),
        );
        let help = "Visits of links by what they came to and where the link was found";
        registry.register("redirects", help, redirects.clone());

        let followed = RedirectLabels { outcome: Outcome::Followed, tier: Tier::Memory };
        let route: Arc<str> = REDIRECT_ROUTE.into();
        let found = RequestLabels { route: Arc::clone(&route), status: StatusCode::FOUND.as_u16() };
        Self {
            connections: ConnectionMetrics::register(registry),
            followed_from_memory: redirects.get_or_create_owned(&followed),
            redirects_found: requests.get_or_create_owned(&found),
            redirect_duration: durations.get_or_create_owned(&RouteLabels { route }),
            requests,
            durations,
            redirects,
        }
    }

    /// Counts a visit answered from memory, on the hot path.
    pub(crate) fn redirected(&self, status: StatusCode, took: Duration) {
        self.followed_from_memory.inc();
        if status == StatusCode::FOUND {
            self.redirects_found.inc();
        } else {
            self.count(REDIRECT_ROUTE.into(), status);
        }
        self.redirect_duration.observe(took.as_secs_f64());
    }

    pub(crate) fn visited(&self, outcome: Outcome, tier: Tier) {
        self.redirects.get_or_create(&RedirectLabels { outcome, tier }).inc();
    }

    pub(crate) fn answered(&self, route: Arc<str>, status: StatusCode, took: Duration) {
        let labels = RouteLabels { route: Arc::clone(&route) };
        self.durations.get_or_create(&labels).observe(took.as_secs_f64());
        self.count(route, status);
    }

    fn count(&self, route: Arc<str>, status: StatusCode) {
        self.requests.get_or_create(&RequestLabels { route, status: status.as_u16() }).inc();
    }
}

/// How much memory the process holds, read from the kernel at each scrape.
#[derive(Debug)]
pub struct ProcessMemory;

impl ProcessMemory {
    /// In bytes; `None` if the kernel does not say.
    fn resident() -> Option<u64> {
        let status = std::fs::read_to_string("/proc/self/status").ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
        Some(kibibytes * 1024)
    }
}

impl Collector for ProcessMemory {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let Some(resident) = Self::resident() else { return Ok(()) };
        let gauge = ConstGauge::new(i64::try_from(resident).unwrap_or(i64::MAX));
        let metric = encoder.encode_descriptor(
            "process_resident_memory",
            "Memory the process holds",
            Some(&Unit::Bytes),
            prometheus_client::metrics::MetricType::Gauge,
        )?;
        gauge.encode(metric)
    }
}

/// `/metrics`, served on a separate listener that the internet does not reach.
#[derive(Debug, Clone)]
pub struct MetricsPage {
    registry: Arc<Registry>,
}

impl MetricsPage {
    pub fn new(registry: Registry) -> Self {
        Self { registry: Arc::new(registry) }
    }

    pub(crate) fn router(self) -> Router {
        let show = async |State(page): State<Self>| page.text();
        Router::new().route("/metrics", get(show)).with_state(self)
    }

    fn text(&self) -> Response {
        const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        let mut text = String::new();
        match prometheus_client::encoding::text::encode(&mut text, &self.registry) {
            Ok(()) => ([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response(),
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "writing metrics failed");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}

#[cfg(test)]
mod tests;
