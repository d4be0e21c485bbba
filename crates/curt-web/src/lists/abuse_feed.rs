//! The feed of links that were disabled for abuse, as this node tells it.
//!
//! Anybody may ask for it without a limit, so it is made once a minute at most.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use curt_domain::Clock;

use crate::memo::{Memo, Stamped};

/// How old the feed may be, here and where it is read together.
pub(crate) const KEEP_FOR: Duration = Duration::from_mins(1);

/// The JSON of the feed, for a minute.
#[derive(Clone)]
pub(crate) struct AbuseFeed(Arc<Memo<Bytes>>);

impl Default for AbuseFeed {
    fn default() -> Self {
        Self(Arc::new(Memo::new(KEEP_FOR)))
    }
}

impl AbuseFeed {
    /// A link was disabled for abuse here, or enabled again. Of other nodes' decisions the feed
    /// tells when the minute is over.
    pub(crate) fn forget(&self) {
        self.0.forget();
    }

    /// What is kept, or what `make` gives.
    pub(crate) async fn get<E: Send + 'static>(
        &self,
        clock: &Clock,
        make: impl Future<Output = Result<Bytes, E>> + Send + 'static,
    ) -> Result<Stamped<Bytes>, E> {
        self.0.get(clock, make).await
    }
}
