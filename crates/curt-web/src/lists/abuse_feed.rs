//! The feed of links that were disabled for abuse, as this node serves it.
//!
//! Anyone may ask for it without a limit, so it is made once a minute at most.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use curt_domain::Clock;

use crate::memo::{Memo, Stamped};

/// How old the feed may be, here and in shared caches.
pub(crate) const KEEP_FOR: Duration = Duration::from_mins(1);

/// The feed's JSON, kept for a minute.
#[derive(Clone)]
pub(crate) struct AbuseFeed(Arc<Memo<Bytes>>);

impl Default for AbuseFeed {
    fn default() -> Self {
        Self(Arc::new(Memo::new(KEEP_FOR)))
    }
}

impl AbuseFeed {
    /// Called when a link was disabled or enabled for abuse here. Decisions of other nodes appear
    /// in the feed when the minute is over.
    pub(crate) fn forget(&self) {
        self.0.forget();
    }

    /// The kept feed, or what `make` gives.
    pub(crate) async fn get<E: Send + 'static>(
        &self,
        clock: &Clock,
        make: impl Future<Output = Result<Bytes, E>> + Send + 'static,
    ) -> Result<Stamped<Bytes>, E> {
        self.0.get(clock, make).await
    }
}
