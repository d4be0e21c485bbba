//! Who asks too often: limits by purpose, and the headers that tell how much is left.
//!
//! Every request to the API passes [`limit`]. Without credentials it counts for its client; with
//! credentials that prove nothing it does too, once that is known. Whoever proved who they are is
//! counted by the extractor that knows it. The configured administrator's key is exempt: imports and
//! scripts of the operator use it, and nobody guesses it.
//!
//! Handlers of what has a purpose of its own take an [`Allowance`].

use std::{
    convert::Infallible,
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use curt_cache::{Decision, LimitKey, Limits, Purpose, Quota};
use curt_domain::Clock;

use crate::{
    BlockList, app::Site, blocks::Suspects, errors::ApiError, extract::ClientAddress, hosts,
};

/// Of draft-ietf-httpapi-ratelimit-headers.
pub(crate) const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
pub(crate) const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// The limits and the blocks, and the clock to judge by.
#[derive(Clone)]
pub(crate) struct Gate {
    pub limits: Arc<Limits>,
    pub suspects: Suspects,
    blocks: BlockList,
    site: Arc<Site>,
    clock: Clock,
}

impl Gate {
    pub(crate) fn new(limits: Limits, blocks: &BlockList, site: &Arc<Site>, clock: &Clock) -> Self {
        Self {
            limits: Arc::new(limits),
            suspects: Suspects::default(),
            blocks: blocks.clone(),
            site: Arc::clone(site),
            clock: clock.clone(),
        }
    }

    /// Whether this client gets nothing at all, not even links.
    pub(crate) fn bars(&self, client: IpAddr) -> bool {
        self.blocks.bars(client)
    }

    /// How long this client is still refused because it went on after having been refused often.
    pub(crate) fn suspended(&self, client: IpAddr) -> Option<Duration> {
        let until = self.blocks.find(client)?.until?;
        Some(until.since(self.clock.now()))
    }

    /// One more of these by a client, or an error once there were too many.
    pub(crate) fn admit(&self, purpose: Purpose, client: IpAddr) -> Result<(), ApiError> {
        match self.take(purpose, LimitKey::client(client), client).retry_after() {
            None => Ok(()),
            Some(retry_after) => Err(ApiError::RateLimited { retry_after }),
        }
    }

    /// Judges one more of these, by whoever has this key, from that client.
    pub(crate) fn take(&self, purpose: Purpose, key: LimitKey, client: IpAddr) -> Decision {
        let now = self.clock.instant();
        let decision = self.limits.take(purpose, key, now);
        if !decision.is_allowed() && !self.is_shared(client) {
            let refusal = self.limits.take(Purpose::Refusal, LimitKey::client(client), now);
            if !refusal.is_allowed() {
                self.suspects.add(client);
            }
        }
        decision
    }

    /// Whether this address is a proxy's: blocking it would shut out all who come through it.
    fn is_shared(&self, client: IpAddr) -> bool {
        client.is_loopback() || self.site.clients.trusts(client)
    }
}

/// What one request may do, and what it was told about that.
#[derive(Clone)]
pub(crate) struct Allowance {
    gate: Gate,
    pub client: IpAddr,
    /// What was judged, for the headers of the answer.
    judged: Arc<Mutex<Vec<(Purpose, Quota)>>>,
}

impl Allowance {
    /// Counts one more of these for somebody; an error once there were too many.
    pub(crate) fn take(&self, purpose: Purpose, key: LimitKey) -> Result<(), ApiError> {
        let decision = self.gate.take(purpose, key, self.client);
        if let Some(quota) = decision.quota() {
            self.judged.lock().unwrap_or_else(PoisonError::into_inner).push((purpose, quota));
        }
        match decision.retry_after() {
            None => Ok(()),
            Some(retry_after) => Err(ApiError::RateLimited { retry_after }),
        }
    }

    /// The same for the client.
    pub(crate) fn take_for_client(&self, purpose: Purpose) -> Result<(), ApiError> {
        self.take(purpose, LimitKey::client(self.client))
    }

    /// Writes down what was judged. Not on redirects: the draft warns that clients may wait before
    /// they follow one.
    fn report(&self, response: &mut Response) {
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

/// Set by [`limit`] for every request to the API.
impl<S: Send + Sync> FromRequestParts<S> for Allowance {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        let allowance = parts.extensions.get::<Self>();
        Ok(allowance.expect("handlers of the API are behind the limits").clone())
    }
}

/// Whether requests of this path count: the whole API but its health.
pub(crate) fn counts(path: &str) -> bool {
    path.starts_with("/api/") && !hosts::is_probe(path)
}

/// Around every route.
pub(crate) async fn limit(State(gate): State<Gate>, mut request: Request, next: Next) -> Response {
    if !counts(request.uri().path()) {
        return next.run(request).await;
    }
    let client = request.extensions().get::<ClientAddress>();
    let ClientAddress(client) = *client.expect("the front gives every request its client");
    let allowance = Allowance { gate, client, judged: Arc::default() };
    if let Some(retry_after) = allowance.gate.suspended(client) {
        return ApiError::RateLimited { retry_after }.into_response();
    }
    let is_stranger = !has_credentials(request.headers());
    if is_stranger && let Err(error) = allowance.take_for_client(Purpose::Anonymous) {
        return refuse(error, &allowance);
    }
    request.extensions_mut().insert(allowance.clone());
    let mut response = next.run(request).await;
    let proved_nothing = response.status() == StatusCode::UNAUTHORIZED;
    // Guessing keys is no way around the limit; nothing was done yet that would have to be told.
    if !is_stranger
        && proved_nothing
        && let Err(error) = allowance.take_for_client(Purpose::Anonymous)
    {
        return refuse(error, &allowance);
    }
    allowance.report(&mut response);
    response
}

fn refuse(error: ApiError, allowance: &Allowance) -> Response {
    let mut response = error.into_response();
    allowance.report(&mut response);
    response
}

/// Whether somebody will look at who this is.
fn has_credentials(headers: &HeaderMap) -> bool {
    headers.contains_key(header::AUTHORIZATION)
}

fn policy((purpose, quota): &(Purpose, Quota)) -> String {
    let (count, window) = (quota.limit.count(), seconds(quota.limit.window()));
    format!("\"{}\";q={count};w={window}", purpose.as_str())
}

fn state((purpose, quota): &(Purpose, Quota)) -> String {
    let (remaining, reset) = (quota.remaining, seconds(quota.reset_after));
    format!("\"{}\";r={remaining};t={reset}", purpose.as_str())
}

/// Whole seconds, in which it is over.
pub(crate) fn seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(0 < duration.subsec_nanos())
}
