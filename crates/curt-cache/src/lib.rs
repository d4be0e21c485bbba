//! Short-lived state of one node, which requests consult before the database.
//!
//! Nothing here is authoritative. Everything may be discarded at any moment, and is read again.
//!
//! - `route`: a link in memory
//! - `links`: routes by code, remembered absences, and one read per code at a time
//! - `target_blocks`: blocked targets, and what they mean for links in memory
//! - `ip_blocks`: blocked clients
//! - `limits`: how often something may be done

mod ip_blocks;
mod limits;
mod links;
mod route;
mod target_blocks;

pub use ip_blocks::{Blocked, IpBlocks};
pub use limits::{
    Decision, LIMIT_COUNT_MAX, LIMIT_WINDOW_MAX, LIMITS_BYTES_MAX_DEFAULT, Limit, LimitKey,
    LimitSettings, Limits, Purpose, Quota,
};
pub use links::{
    BYTES_MAX_DEFAULT, CacheSettings, ENTRY_AGE_MAX_DEFAULT, LinkCache, LoadError, MISSING_AGE_MAX,
    OFFLINE_MAX_DEFAULT,
};
pub use route::{CachedRoute, Lookup};
pub use target_blocks::{Judgement, TargetBlocks};
