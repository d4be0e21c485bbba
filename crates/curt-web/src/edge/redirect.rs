//! Following a link: the answers to `GET` and `HEAD /{code}`.
//!
//! There are two steps. [`Redirector::respond_from_cache`] decides what the cache alone can decide,
//! without waiting and almost without allocating: that is nearly every visit.
//! [`Redirector::respond`] decides everything. Both take their rules from [`Route::verdict`], so
//! they never disagree.

use std::{net::IpAddr, sync::Arc};

use axum::{
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use curt_cache::{CachedRoute, LinkCache, LoadError, Lookup, Purpose};
use curt_domain::{ClickClass, Clock, Code, MaxClicks, RedirectStatus, Route, Timestamp, Verdict};
use curt_store::{Store, StoreError, StoreErrorKind};

use crate::{
    app::App,
    auth::Auth,
    clicks::Clicks,
    gate::Gate,
    metrics::{Outcome, Tier},
    node::Node,
    pages,
    response::{ApiError, headers::NO_STORE},
    site::Site,
    visitors::{VisitHeaders, Visitor},
};

pub(crate) mod unlock;

const NO_REFERRER: HeaderValue = HeaderValue::from_static("no-referrer");

/// A visit that the cache alone could not answer.
pub(crate) struct Visit {
    pub code: Code,
    pub preview: bool,
    pub method: Method,
    pub client: IpAddr,
    pub query: Option<String>,
    pub headers: HeaderMap,
}

impl Visit {
    fn visitor(&self) -> Visitor<'_> {
        Visitor { client: self.client, query: self.query.as_deref(), headers: &self.headers }
    }
}

/// An answer, with its labels in the metrics.
pub(crate) struct Visited {
    pub response: Response,
    pub outcome: Outcome,
    pub tier: Tier,
}

/// Answers visits to links.
pub(crate) struct Redirector {
    store: Store,
    cache: Arc<LinkCache>,
    site: Arc<Site>,
    node: Arc<Node>,
    clicks: Clicks,
    gate: Gate,
    auth: Arc<Auth>,
    clock: Clock,
}

/// Why a link was not read from the store.
enum ReadError {
    /// Not tried: the database is known to be unreachable, and the cache has an entry.
    Spared,
    Store(StoreError),
}

impl Redirector {
    pub(crate) fn new(app: &App) -> Self {
        Self {
            store: app.store.clone(),
            cache: Arc::clone(&app.cache),
            site: Arc::clone(&app.site),
            node: Arc::clone(&app.node),
            clicks: app.clicks.clone(),
            gate: app.gate.clone(),
            auth: Arc::clone(&app.auth),
            clock: app.clock.clone(),
        }
    }

    /// Whether this code is a word that belongs to the router.
    pub(crate) fn is_reserved(&self, code: &Code) -> bool {
        self.site.reserved.contains(code)
    }

    /// The status and target of a cached link that every visitor may follow now. The click has then
    /// been written down.
    pub(crate) fn respond_from_cache(
        &self,
        code: &str,
        method: &Method,
        visitor: Visitor<'_>,
    ) -> Option<(StatusCode, HeaderValue)> {
        if !self.clicks.are_safe_at_once() {
            return None;
        }
        let now = self.clock.now();
        let Some(Lookup::Found(cached)) = self.cache.get(code, now) else { return None };
        match cached.route.verdict(now) {
            Verdict::Follow if self.is_blocked(&cached) => None,
            Verdict::Follow => {
                let answer =
                    (status(cached.route.redirect_status), location(&cached, visitor.query));
                if *method == Method::GET {
                    self.clicks.write(cached.route.id, now, None, visitor);
                }
                Some(answer)
            }
            Verdict::FollowIfLeft(_)
            | Verdict::Locked
            | Verdict::Absent
            | Verdict::Expired
            | Verdict::Blocked => None,
        }
    }

    /// Decides every outcome of a visit.
    pub(crate) async fn respond(&self, visit: &Visit) -> Visited {
        let now = self.clock.now();
        let (lookup, tier) = match self.look_up(&visit.code, now).await {
            Ok(found) => found,
            Err(error) => return self.refuse(error, Outcome::Failed, Tier::Store, visit),
        };
        let Lookup::Found(cached) = lookup else {
            return self.unknown(tier, visit);
        };
        let verdict = match cached.route.verdict(now) {
            Verdict::Locked if self.has_unlocked(visit, &cached, now) => {
                cached.route.verdict_unlocked(now)
            }
            verdict => verdict,
        };
        match verdict {
            Verdict::Absent => self.unknown(tier, visit),
            Verdict::Expired => self.ended(ApiError::LinkGone, &cached, tier, visit),
            Verdict::Blocked => self.blocked(tier, visit),
            // The preview shows neither the target nor whether the target is blocked.
            Verdict::Locked if visit.preview => self.preview(&cached, tier, visit),
            Verdict::Locked => ask_password(tier, visit),
            _ if self.is_blocked(&cached) => self.blocked(tier, visit),
            _ if visit.preview => self.preview(&cached, tier, visit),
            Verdict::Follow => self.redirect(&cached, now, None, tier, visit).await,
            Verdict::FollowIfLeft(max) => self.follow_if_left(&cached, max, now, tier, visit).await,
        }
    }

    fn preview(&self, cached: &CachedRoute, tier: Tier, visit: &Visit) -> Visited {
        let response = pages::preview(&visit.code, &cached.route, &self.site);
        Visited { response, outcome: Outcome::PreviewPage, tier }
    }

    /// From the cache, else from the store. While the database is unreachable, cached entries are
    /// used for a while even past their age. Log only if nothing could be served.
    async fn look_up(&self, code: &Code, now: Timestamp) -> Result<(Lookup, Tier), ApiError> {
        let mut tier = Tier::Memory;
        let read = async {
            tier = Tier::Store;
            self.read(code, now).await
        };
        let error = match self.cache.get_or_load(code, now, read).await {
            Ok(lookup) => return Ok((lookup, tier)),
            Err(error) => error,
        };
        let is_away = match &error {
            LoadError::FailedForAnother | LoadError::Failed(ReadError::Spared) => true,
            LoadError::Failed(ReadError::Store(error)) => {
                error.kind() == StoreErrorKind::Unavailable
            }
        };
        if is_away && let Some(cached) = self.cache.get_stale(code.as_str(), now) {
            return Ok((Lookup::Found(cached), Tier::Stale));
        }
        Err(match error {
            LoadError::FailedForAnother | LoadError::Failed(ReadError::Spared) => {
                ApiError::Unavailable
            }
            LoadError::Failed(ReadError::Store(error)) => error.into(),
        })
    }

    /// From the store. Not tried if the visitor would only wait for a time limit: the database is
    /// known to be unreachable, and a cached entry is good enough.
    async fn read(&self, code: &Code, now: Timestamp) -> Result<Option<Route>, ReadError> {
        let is_away = !self.node.reaches_database();
        if is_away && self.cache.get_stale(code.as_str(), now).is_some() {
            return Err(ReadError::Spared);
        }
        self.store.route(code).await.map_err(ReadError::Store)
    }

    /// Links with limited clicks: people use them up, bots learn nothing.
    async fn follow_if_left(
        &self,
        cached: &CachedRoute,
        max: MaxClicks,
        now: Timestamp,
        tier: Tier,
        visit: &Visit,
    ) -> Visited {
        let class = VisitHeaders::read(&visit.headers).class();
        if class == ClickClass::Prefetch {
            return self.refuse(ApiError::PrefetchRefused, Outcome::Prefetch, tier, visit);
        }
        if class != ClickClass::Human || visit.method == Method::HEAD {
            return Visited { response: pages::limited(), outcome: Outcome::LimitedPage, tier };
        }
        match self.store.use_click(cached.route.id, max).await {
            Ok(true) => self.redirect(cached, now, Some(class), tier, visit).await,
            Ok(false) => self.ended(ApiError::LinkExhausted, cached, tier, visit),
            Err(error) => self.refuse(error.into(), Outcome::Failed, tier, visit),
        }
    }

    /// The redirect to a link's own target. It counts as a click, except for HEAD.
    async fn redirect(
        &self,
        cached: &CachedRoute,
        now: Timestamp,
        decided: Option<ClickClass>,
        tier: Tier,
        visit: &Visit,
    ) -> Visited {
        if visit.method == Method::GET {
            let receipt = self.clicks.write(cached.route.id, now, decided, visit.visitor());
            self.clicks.safe(receipt).await;
        }
        let location = location(cached, visit.query.as_deref());
        let headers = [(header::LOCATION, location), (header::CACHE_CONTROL, NO_STORE)];
        let mut response = (status(cached.route.redirect_status), headers).into_response();
        if cached.route.password.is_some() {
            // The target of a link with a password need not learn the link's code.
            response.headers_mut().insert(header::REFERRER_POLICY, NO_REFERRER);
        }
        Visited { response, outcome: Outcome::Followed, tier }
    }

    /// A link that has ended: its fallback if it has one.
    fn ended(&self, error: ApiError, cached: &CachedRoute, tier: Tier, visit: &Visit) -> Visited {
        match &cached.route.fallback {
            Some(_) if self.site.target_blocks.judge(cached).fallback_blocked => {
                self.blocked(tier, visit)
            }
            Some(fallback) if !visit.preview => {
                Visited { response: pages::redirect(fallback), outcome: Outcome::Fallback, tier }
            }
            _ => {
                let outcome = match error {
                    ApiError::LinkExhausted => Outcome::Exhausted,
                    _ => Outcome::Expired,
                };
                self.refuse(error, outcome, tier, visit)
            }
        }
    }

    /// Whether the link leads to a blocked destination. Costs one load while the list is empty.
    fn is_blocked(&self, cached: &CachedRoute) -> bool {
        self.site.target_blocks.judge(cached).target_blocked
    }

    fn blocked(&self, tier: Tier, visit: &Visit) -> Visited {
        self.refuse(ApiError::LinkBlocked, Outcome::Blocked, tier, visit)
    }

    /// No link for this visitor: absent, deleted, switched off or not active yet. A client that
    /// tries many codes is refused until it stops trying; it can still follow links that exist.
    fn unknown(&self, tier: Tier, visit: &Visit) -> Visited {
        let admit = |()| self.gate.admit(Purpose::UnknownCode, visit.client);
        match self.gate.check_suspended(visit.client).and_then(admit) {
            Ok(()) => self.refuse(ApiError::NotFound, Outcome::NotFound, tier, visit),
            Err(error) => self.refuse(error, Outcome::Refused, tier, visit),
        }
    }

    fn refuse(&self, error: ApiError, outcome: Outcome, tier: Tier, visit: &Visit) -> Visited {
        let response = pages::refuse(error, &visit.headers, &self.site);
        Visited { response, outcome, tier }
    }
}

/// The target, with the visitor's query added if the link forwards it.
fn location(cached: &CachedRoute, query: Option<&str>) -> HeaderValue {
    match query {
        Some(query) if cached.route.forward_query => {
            let target = cached.route.target.with_query(query);
            HeaderValue::try_from(target).expect("serialised URLs are visible ASCII")
        }
        _ => cached.location.clone(),
    }
}

const fn status(status: RedirectStatus) -> StatusCode {
    match status {
        RedirectStatus::MovedPermanently301 => StatusCode::MOVED_PERMANENTLY,
        RedirectStatus::Found302 => StatusCode::FOUND,
        RedirectStatus::Temporary307 => StatusCode::TEMPORARY_REDIRECT,
        RedirectStatus::Permanent308 => StatusCode::PERMANENT_REDIRECT,
    }
}

/// The form that asks for a link's password.
pub(super) fn ask_password(tier: Tier, visit: &Visit) -> Visited {
    let response = pages::password(&ApiError::PasswordRequired, &visit.headers);
    Visited { response, outcome: Outcome::PasswordPage, tier }
}

#[cfg(test)]
mod tests;
