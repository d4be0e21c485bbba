//! What the log reports about dropped clicks: once that drops began, and once how many there were.

use std::time::{Duration, Instant};

/// Without drops for this long, they are over.
const OVER_AFTER: Duration = Duration::from_mins(1);

#[derive(Debug, Default)]
pub(super) struct Drops {
    known: u64,
    before: u64,
    over_at: Option<Instant>,
}

/// What there is to report.
#[derive(Debug, PartialEq, Eq)]
enum News {
    Drops,
    /// The number of clicks dropped since the first report.
    Over(u64),
}

impl Drops {
    /// `dropped` is the number of drops since the start.
    pub(super) fn tell(&mut self, dropped: u64, is_full: bool, now: Instant) {
        match self.news(dropped, now) {
            Some(News::Drops) => {
                tracing::error!(is_full, "the journal drops clicks, and counts them as dropped");
            }
            Some(News::Over(clicks)) => {
                tracing::warn!(clicks, "the journal has dropped clicks, and does so no more");
            }
            None => {}
        }
    }

    fn news(&mut self, dropped: u64, now: Instant) -> Option<News> {
        if self.known < dropped {
            let is_news = self.over_at.is_none();
            if is_news {
                self.before = self.known;
            }
            (self.known, self.over_at) = (dropped, Some(now + OVER_AFTER));
            return is_news.then_some(News::Drops);
        }
        self.over_at.take_if(|at| *at <= now).map(|_| News::Over(dropped - self.before))
    }
}

#[cfg(test)]
mod tests;
