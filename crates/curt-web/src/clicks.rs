//! Writing clicks down: a click is in the journal before its visitor gets the redirect.
//!
//! A click holds what the request says, and the one decision that cannot be made later. A redirect
//! never waits for room: a click that finds none is dropped, and the journal counts the drop.

use std::{sync::Arc, time::Duration};

use curt_analytics::DrainWatch;
use curt_domain::{CLICK_LEN_MAX, Click, ClickClass, ClickQuery, LinkId, Timestamp};
use curt_journal::{Durability, Journal, RECORD_LEN_MAX, Receipt, SyncFailed};
use tokio::time::timeout;

use crate::visitors::{VisitHeaders, Visitor};

/// Longest time that a redirect waits for a sync, so that a hanging disk does not stop redirects.
const SYNC_TIME_MAX: Duration = Duration::from_secs(2);

// A click that is too long for the journal would be dropped.
const _: () = assert!(CLICK_LEN_MAX <= RECORD_LEN_MAX);

/// The way of clicks into the database: this node's journal, and the drain that counts it.
#[derive(Debug, Clone)]
pub struct ClickPipeline {
    pub journal: Arc<Journal>,
    pub drain: DrainWatch,
}

/// Writes down the clicks of this node. Without a journal, nothing is counted: on the command line,
/// which follows no links, and when counting is switched off.
#[derive(Debug, Clone, Default)]
pub(crate) struct Clicks {
    pipeline: Option<ClickPipeline>,
}

impl Clicks {
    pub(crate) fn with_pipeline(pipeline: ClickPipeline) -> Self {
        Self { pipeline: Some(pipeline) }
    }

    pub(crate) fn pipeline(&self) -> Option<&ClickPipeline> {
        self.pipeline.as_ref()
    }

    fn journal(&self) -> Option<&Journal> {
        self.pipeline.as_ref().map(|pipeline| &*pipeline.journal)
    }

    /// Whether a written click is already as safe as the settings require.
    pub(crate) fn are_safe_at_once(&self) -> bool {
        self.journal().is_none_or(|journal| journal.durability() == Durability::Process)
    }

    /// Writes a click down; [`Clicks::safe`] waits until it is safe. `decided` is the class of a
    /// click whose redirect depended on it.
    pub(crate) fn write(
        &self,
        link: LinkId,
        at: Timestamp,
        decided: Option<ClickClass>,
        visitor: Visitor<'_>,
    ) -> Option<Receipt> {
        let journal = self.journal()?;
        let headers = VisitHeaders::read(visitor.headers);
        let click = Click {
            link,
            at,
            decided: decided.or(headers.forced_class()),
            client: visitor.client,
            privacy: headers.privacy,
            user_agent: headers.user_agent,
            referrer: headers.referrer,
            language: headers.language,
            query: visitor.query.map(ClickQuery::of).unwrap_or_default(),
        };
        journal.append(click.encoded_len(), |place| click.encode(place)).ok()
    }

    /// Waits until a click is safe or cannot be made safe. In the second case it is still counted,
    /// unless the power fails.
    pub(crate) async fn safe(&self, receipt: Option<Receipt>) {
        let (Some(journal), Some(receipt)) = (self.journal(), receipt) else { return };
        match timeout(SYNC_TIME_MAX, journal.synced(receipt)).await {
            // The journal itself has logged the failure.
            Ok(Ok(()) | Err(SyncFailed)) => {}
            // Logged once for all of them.
            Err(_elapsed) => journal.syncs_too_slowly(),
        }
    }
}
