//! Counts clicks: the journal that redirects write to, and the drain that empties it.
//!
//! It starts before the first redirect and ends after the last, so that a server that is stopped
//! leaves nothing uncounted.

mod metrics;

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use curt_analytics::{Drain, DrainMetrics, DrainSettings, Finished};
use curt_domain::Clock;
use curt_journal::{Journal, JournalSettings, OpenError};
use curt_store::Store;
use curt_web::ClickPipeline;
use prometheus_client::registry::Registry;
use tokio::time::{Instant, timeout_at};

use self::metrics::JournalMetrics;
use crate::failure::Refusal;

pub(crate) struct Counting {
    journal: Arc<Journal>,
    drain: Drain,
}

impl Counting {
    /// Takes over what an earlier run left, and starts to count.
    pub(crate) fn start(
        settings: JournalSettings,
        store: Store,
        registry: &mut Registry,
    ) -> anyhow::Result<Self> {
        let directory = settings.directory.clone();
        let journal = match Journal::open(settings, Clock::System) {
            Ok(journal) => Arc::new(journal),
            Err(error @ (OpenError::InUse { .. } | OpenError::Unfit { .. })) => {
                return Err(Refusal::because(error).into());
            }
            Err(error) => return Err(error).context("opening the journal"),
        };
        let drain = Drain::start(DrainSettings {
            store,
            journal: Arc::clone(&journal),
            directory,
            clock: Clock::System,
            metrics: DrainMetrics::register(registry, Clock::System),
        });
        let counting = Self { journal, drain: drain.context("starting the drain")? };
        JournalMetrics::register(registry, counting.pipeline());
        Ok(counting)
    }

    /// The parts that redirects and health need.
    pub(crate) fn pipeline(&self) -> ClickPipeline {
        ClickPipeline { journal: Arc::clone(&self.journal), drain: self.drain.watch().clone() }
    }

    /// Counts the rest of the journal, after the last redirect.
    pub(crate) async fn finish(self, patience: Duration) {
        let deadline = Instant::now() + patience;
        let journal = self.journal;
        // Closing syncs and joins a thread.
        let closed = tokio::task::spawn_blocking(move || journal.close());
        match timeout_at(deadline, closed).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "closing the journal panicked"),
            Err(_elapsed) => tracing::error!("the journal's disk does not answer"),
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if self.drain.finish(left).await == Finished::Early {
            tracing::warn!("some clicks wait in the journal; the next start counts them");
        }
    }
}
