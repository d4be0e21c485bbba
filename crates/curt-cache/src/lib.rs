//! Short-lived state of one node: what redirects read before they ask the database.
//!
//! Nothing here is the truth. Everything may be thrown away at any moment, and is read again.

mod links;

pub use links::{
    BYTES_MAX_DEFAULT, CacheSettings, CachedRoute, ENTRY_AGE_MAX_DEFAULT, LinkCache, LoadError,
    Lookup, MISSING_AGE_MAX, OFFLINE_MAX_DEFAULT,
};
