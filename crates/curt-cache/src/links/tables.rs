//! The tables of the link cache.

use std::{hash::RandomState, sync::Arc};

use curt_domain::{Code, Timestamp};
use quick_cache::sync::Cache;

use super::weights::ByWeight;
use crate::route::CachedRoute;

// The standard library's SipHash with a random key: visitors choose the codes that they request,
// and must not be able to cause collisions. ahash would save 4 of the 21 ns of a hit.
pub(super) type Routes = Cache<Code, Arc<CachedRoute>, ByWeight, RandomState>;
pub(super) type MissingCodes = Cache<Code, Timestamp, ByWeight, RandomState>;
