//! A link in memory: its route and the latest judgement of it.

use std::sync::{Arc, atomic::AtomicU64};

use curt_domain::{Route, Timestamp};
use http::HeaderValue;

/// A link as a redirect needs it, with everything that can be prepared once for all visitors.
#[derive(Debug)]
pub struct CachedRoute {
    pub route: Route,
    /// The target, ready for the `Location` header.
    pub location: HeaderValue,
    pub(crate) loaded_at: Timestamp,
    /// The latest judgement by the list of blocked destinations.
    pub(crate) judged: Judged,
}

impl CachedRoute {
    pub(crate) fn new(route: Route, loaded_at: Timestamp) -> Self {
        let location = HeaderValue::from_str(route.target.as_str())
            .expect("a TargetUrl is printable ASCII, which every header may carry");
        Self { route, location, loaded_at, judged: Judged::default() }
    }
}

/// What is known about a code.
#[derive(Debug, Clone)]
pub enum Lookup {
    Found(Arc<CachedRoute>),
    /// The database has no such link.
    Missing,
}

/// A judgement and the generation that it belongs to, in one word.
#[derive(Debug, Default)]
pub(crate) struct Judged(pub(crate) AtomicU64);
