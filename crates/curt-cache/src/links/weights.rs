//! The memory cost of an entry in the link cache, so that the cache is bounded in bytes.

use std::{mem::size_of, sync::Arc};

use curt_domain::{Code, Timestamp};
use quick_cache::Weighter;

use crate::route::CachedRoute;

/// A route to a target of 100 characters. Only lays out the table; the weights are exact.
pub(super) const ROUTE_WEIGHT_TYPICAL: u64 = 512;
pub(super) const MISSING_WEIGHT_TYPICAL: u64 = 128;

/// Place in the tables of `quick_cache`: an entry with its links, its index, the spare room of both
/// after growing, and half a place for the ghost of an evicted entry.
const PLACE: usize = 112;
/// What an allocation takes beyond its length, on average: rounding and the allocator's metadata.
const ALLOCATION: usize = 16;
/// Bookkeeping that `bytes::Bytes` adds to a header value when it is first shared.
const SHARED_HEADER: usize = 32;
/// The two counters in front of an `Arc`'s content.
const ARC_COUNTERS: usize = 2 * size_of::<usize>();

/// Weighs entries in bytes, including all their allocations.
#[derive(Debug, Clone, Copy)]
pub(super) struct ByWeight;

impl Weighter<Code, Arc<CachedRoute>> for ByWeight {
    fn weight(&self, code: &Code, cached: &Arc<CachedRoute>) -> u64 {
        let route = &cached.route;
        let fixed = ARC_COUNTERS + size_of::<CachedRoute>() + SHARED_HEADER + 2 * ALLOCATION;
        let target = route.target.as_str().len() + ALLOCATION;
        let location = cached.location.len() + ALLOCATION;
        let fallback = route.fallback.as_ref().map_or(0, |url| url.as_str().len() + ALLOCATION);
        let password = route.password.as_ref().map_or(0, |hash| hash.as_str().len() + ALLOCATION);
        weight(code, fixed + target + location + fallback + password)
    }
}

impl Weighter<Code, Timestamp> for ByWeight {
    fn weight(&self, code: &Code, _missing_at: &Timestamp) -> u64 {
        weight(code, 0)
    }
}

fn weight(code: &Code, value: usize) -> u64 {
    let bytes = PLACE + code.as_str().len() + ALLOCATION + value;
    u64::try_from(bytes).expect("a link takes a few kilobytes at most")
}
