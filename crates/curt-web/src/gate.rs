//! Which callers ask too often: limits by purpose, and the headers that tell how much is left.
//!
//! Handlers with a limit for their own purpose take an [`Allowance`]. Which requests are counted,
//! and for which caller, is decided in `admission`.

use std::{
    convert::Infallible,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    extract::FromRequestParts,
    http::{HeaderName, HeaderValue, request::Parts},
    response::Response,
};
use curt_cache::{Decision, LimitKey, Limits, Purpose, Quota};
use curt_domain::Clock;

use crate::{
    lists::{automatic::Suspects, ip_blocks::IpBlockList},
    response::{ApiError, headers::seconds},
    site::{Site, hosts},
};

mod guesses;
mod in_flight;

use in_flight::InFlight;

/// From draft-ietf-httpapi-ratelimit-headers.
pub(crate) const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
pub(crate) const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// The limits and blocks, and the clock for them.
#[derive(Clone)]
pub(crate) struct Gate {
    pub limits: Arc<Limits>,
    pub suspects: Suspects,
    ip_blocks: IpBlockList,
    guesses: InFlight,
    site: Arc<Site>,
    clock: Clock,
}

impl Gate {
    pub(crate) fn new(
        limits: Limits,
        ip_blocks: &IpBlockList,
        site: &Arc<Site>,
        clock: &Clock,
    ) -> Self {
        Self {
            limits: Arc::new(limits),
            suspects: Suspects::default(),
            ip_blocks: ip_blocks.clone(),
            guesses: InFlight::default(),
            site: Arc::clone(site),
            clock: clock.clone(),
        }
    }

    /// Whether this client gets nothing at all, not even links.
    pub(crate) fn is_blocked(&self, client: IpAddr) -> bool {
        self.ip_blocks.is_blocked(client)
    }

    /// An error while this client is suspended because it went on after being refused often.
    pub(crate) fn check_suspended(&self, client: IpAddr) -> Result<(), ApiError> {
        match self.ip_blocks.find(client).and_then(|block| block.until) {
            None => Ok(()),
            Some(until) => Err(ApiError::Suspended { retry_after: until.since(self.clock.now()) }),
        }
    }

    /// Counts one more of these for a client; an error if there were too many.
    pub(crate) fn admit(&self, purpose: Purpose, client: IpAddr) -> Result<(), ApiError> {
        verdict(purpose, self.take(purpose, LimitKey::client(client), client))
    }

    /// Judges and counts one more of these for this key, from that client.
    fn take(&self, purpose: Purpose, key: LimitKey, client: IpAddr) -> Decision {
        let decision = self.limits.take(purpose, key, self.clock.instant());
        self.note(decision, client);
        decision
    }

    /// The same, without counting.
    fn look(&self, purpose: Purpose, key: LimitKey, client: IpAddr) -> Decision {
        let decision = self.limits.look(purpose, key, self.clock.instant());
        self.note(decision, client);
        decision
    }

    /// Suspects a client that was refused too often. Only its own refusals count, not those of
    /// neighbours that shared a bucket with it because room was short.
    fn note(&self, decision: Decision, client: IpAddr) {
        if !decision.is_own_fault() || self.is_shared(client) {
            return;
        }
        let now = self.clock.instant();
        let refusal = self.limits.take(Purpose::Refusal, LimitKey::client(client), now);
        if refusal.is_own_fault() {
            self.suspects.add(client);
        }
    }

    /// Whether this address is a proxy's: blocking it would shut out every client behind it.
    fn is_shared(&self, client: IpAddr) -> bool {
        client.is_loopback() || self.site.clients.trusts(client)
    }
}

/// What one request may do, and which limits it was judged by.
#[derive(Clone)]
pub(crate) struct Allowance {
    gate: Gate,
    pub client: IpAddr,
    /// The judged limits, for the headers of the answer.
    judged: Arc<Mutex<Vec<(Purpose, Quota)>>>,
}

impl Allowance {
    pub(crate) fn new(gate: Gate, client: IpAddr) -> Self {
        Self { gate, client, judged: Arc::default() }
    }

    /// Counts one more of these for a key; an error if there were too many.
    pub(crate) fn take(&self, purpose: Purpose, key: LimitKey) -> Result<(), ApiError> {
        let decision = self.gate.take(purpose, key, self.client);
        self.remember(purpose, decision);
        verdict(purpose, decision)
    }

    /// The same for the client.
    pub(crate) fn take_for_client(&self, purpose: Purpose) -> Result<(), ApiError> {
        self.take(purpose, LimitKey::client(self.client))
    }

    /// An error if the client's keys and sessions were wrong too often for another lookup: not
    /// every guess may cost a database read.
    pub(crate) fn check_lookup_limit(&self) -> Result<(), ApiError> {
        let (purpose, key) = (Purpose::WrongKey, LimitKey::client(self.client));
        let decision = self.gate.look(purpose, key, self.client);
        if !decision.is_allowed() {
            self.remember(purpose, decision);
        }
        verdict(purpose, decision)
    }

    /// A key or session was not found.
    pub(crate) fn record_failed_lookup(&self) {
        // Parallel lookups may exceed the limit; the limit prevents the next lookup.
        let key = LimitKey::client(self.client);
        let _counted = self.gate.take(Purpose::WrongKey, key, self.client);
    }

    fn remember(&self, purpose: Purpose, decision: Decision) {
        if let Some(quota) = decision.quota() {
            self.judged.lock().unwrap_or_else(PoisonError::into_inner).push((purpose, quota));
        }
    }

    /// Adds the judged limits as headers. Not on redirects: the draft warns that clients may wait
    /// before they follow one.
    pub(crate) fn report(&self, response: &mut Response) {
        let judged = self.judged.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if judged.is_empty() || response.status().is_redirection() {
            return;
        }
        let list = |item: fn(&(Purpose, Quota)) -> String| {
            let items: Vec<String> = judged.iter().map(item).collect();
            HeaderValue::try_from(items.join(", ")).expect("names and numbers are visible ASCII")
        };
        response.headers_mut().insert(RATE_LIMIT_POLICY, list(policy));
        response.headers_mut().insert(RATE_LIMIT, list(state));
    }
}

/// Set by `admission` for every request to the API.
impl<S: Send + Sync> FromRequestParts<S> for Allowance {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        let allowance = parts.extensions.get::<Self>();
        Ok(allowance.expect("handlers of the API are behind the limits").clone())
    }
}

/// Whether requests to this path count: the whole API except its health.
pub(crate) fn is_rate_limited(path: &str) -> bool {
    path.starts_with("/api/") && !hosts::is_probe(path)
}

fn verdict(purpose: Purpose, decision: Decision) -> Result<(), ApiError> {
    match decision.retry_after() {
        None => Ok(()),
        Some(retry_after) => Err(ApiError::RateLimited { purpose, retry_after }),
    }
}

fn policy((purpose, quota): &(Purpose, Quota)) -> String {
    let (count, window) = (quota.limit.count(), seconds(quota.limit.window()));
    format!("\"{}\";q={count};w={window}", purpose.as_str())
}

fn state((purpose, quota): &(Purpose, Quota)) -> String {
    let (remaining, reset) = (quota.remaining, seconds(quota.reset_after));
    format!("\"{}\";r={remaining};t={reset}", purpose.as_str())
}
