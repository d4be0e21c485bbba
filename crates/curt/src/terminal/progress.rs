//! The progress of long work: a line on standard error that updates itself, on a terminal only.

use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};

use super::output;

/// Draws nothing if standard error is no terminal.
pub(crate) struct Progress {
    bar: ProgressBar,
    started: Instant,
}

impl Progress {
    /// For work on `len` bytes.
    pub(crate) fn of_bytes(len: u64) -> Self {
        Self::new(ProgressBar::new(len), "{wide_bar} {percent:>3} %  {msg}")
    }

    /// For work of unknown length.
    pub(crate) fn open_ended() -> Self {
        Self::new(ProgressBar::no_length(), "{spinner} {msg}")
    }

    fn new(bar: ProgressBar, template: &str) -> Self {
        let style = ProgressStyle::with_template(template).expect("our templates are valid");
        Self { bar: bar.with_style(style), started: Instant::now() }
    }

    pub(crate) fn set(&self, position: u64, message: String) {
        self.bar.set_message(message);
        self.bar.set_position(position);
    }

    /// Prints a line that stays, above the progress line.
    pub(crate) fn note(&self, line: &str) {
        self.bar.suspend(|| output::note(line));
    }

    pub(crate) fn seconds(&self) -> u64 {
        self.started.elapsed().as_secs()
    }

    /// The average number per second since the start, as text.
    pub(crate) fn rate(&self, count: u64) -> String {
        let millis = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        format!("{}/s", count.saturating_mul(1_000) / millis.max(1))
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
