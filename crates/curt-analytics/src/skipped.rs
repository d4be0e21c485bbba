//! The segments that are skipped: which, why, and when each is tried again.
//!
//! **Invariant:** a segment stays in here until it is read or gone. So health reports it all the
//! time, and the log once: repeated failures every few seconds are not logged.

use std::{
    collections::{HashMap, HashSet},
    io, mem,
    time::{Duration, Instant},
};

use curt_domain::Timestamp;
use curt_journal::{OpenSegmentError, SegmentFile, SegmentId};

/// How long after a failure a segment is read again.
const UNREADABLE_PAUSE: Duration = Duration::from_secs(5);

/// What a file's name says: first the order, then the id. The id alone would not do: skipping a
/// copy under another name must not skip the segment.
pub(crate) type Name = (Timestamp, SegmentId);

pub(crate) fn name(file: &SegmentFile) -> Name {
    (file.created_at, file.id)
}

/// Why a segment is skipped.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SkipReason {
    /// The newer release counts it when it runs again.
    #[error("a newer release has written it")]
    Newer,
    #[error("it is not what its name says")]
    Foreign,
    #[error("it is a copy of another one")]
    Repeated,
    /// It is retried.
    #[error("it cannot be read")]
    Unreadable(#[from] io::Error),
}

impl SkipReason {
    /// Its file was removed since it was listed, because it was no longer needed.
    pub(crate) fn is_gone(&self) -> bool {
        matches!(self, Self::Unreadable(error) if error.kind() == io::ErrorKind::NotFound)
    }

    fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Unreadable(error), Self::Unreadable(other)) => error.kind() == other.kind(),
            _ => mem::discriminant(self) == mem::discriminant(other),
        }
    }
}

impl From<OpenSegmentError> for SkipReason {
    fn from(error: OpenSegmentError) -> Self {
        match error {
            OpenSegmentError::Newer { .. } => Self::Newer,
            OpenSegmentError::Foreign => Self::Foreign,
            OpenSegmentError::Io(error) => Self::Unreadable(error),
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct SkippedSegments(HashMap<Name, Skipped>);

#[derive(Debug)]
struct Skipped {
    because: SkipReason,
    tried_at: Instant,
}

impl SkippedSegments {
    pub(crate) fn iter(&self) -> impl Iterator<Item = (SegmentId, &SkipReason)> {
        self.0.iter().map(|((_, id), skipped)| (*id, &skipped.because))
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// Forgets segments that are gone.
    pub(crate) fn keep_listed(&mut self, listed: &HashSet<Name>) {
        self.0.retain(|name, _| listed.contains(name));
    }

    /// Whether a segment may be read now: it was never skipped, or is due for a retry.
    pub(crate) fn may_be_read(&self, name: &Name, listed: &HashSet<Name>, now: Instant) -> bool {
        let Some(skipped) = self.0.get(name) else { return true };
        match skipped.because {
            SkipReason::Unreadable(_) => UNREADABLE_PAUSE <= now.duration_since(skipped.tried_at),
            // Not while a countable segment with the same id exists.
            SkipReason::Repeated => {
                !listed.iter().any(|other| other.1 == name.1 && !self.0.contains_key(other))
            }
            SkipReason::Newer | SkipReason::Foreign => false,
        }
    }

    pub(crate) fn add(&mut self, name: Name, because: SkipReason, now: Instant) {
        if self.is_news(&name, &because) {
            let error: &dyn std::error::Error = &because;
            tracing::error!(segment = %name.1, error, "a segment of the journal is left uncounted");
        }
        self.0.insert(name, Skipped { because, tried_at: now });
    }

    /// Notes that the segment was read, so that it is no longer skipped.
    pub(crate) fn has_been_read(&mut self, name: &Name) {
        if self.0.remove(name).is_some() {
            tracing::info!(segment = %name.1, "a segment that was left uncounted can be read");
        }
    }

    fn is_news(&self, name: &Name, because: &SkipReason) -> bool {
        self.0.get(name).is_none_or(|skipped| !skipped.because.is_like(because))
    }
}

#[cfg(test)]
mod tests;
