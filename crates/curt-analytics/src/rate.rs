//! How many clicks were counted recently: one number for each of the last sixty seconds.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// Long enough to be steady at a click every few seconds, short enough to show current changes.
const WINDOW_SECONDS: u64 = 60;

/// The first moments of a drain say nothing about a whole second.
const TIME_MIN: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
pub(crate) struct Rate {
    /// Absent while there is no drain.
    began: Option<Instant>,
    /// The seconds of the window that had clicks: the second since the start, and its number of
    /// clicks.
    seconds: VecDeque<(u64, u64)>,
}

impl Rate {
    pub(crate) fn begin(now: Instant) -> Self {
        Self { began: Some(now), seconds: VecDeque::new() }
    }

    pub(crate) fn add(&mut self, now: Instant, clicks: u64) {
        let Some(began) = self.began else { return };
        let second = now.saturating_duration_since(began).as_secs();
        while self.seconds.front().is_some_and(|(at, _)| at + WINDOW_SECONDS <= second) {
            self.seconds.pop_front();
        }
        match self.seconds.back_mut() {
            Some((at, sum)) if *at == second => *sum += clicks,
            _ if 0 < clicks => self.seconds.push_back((second, clicks)),
            _ => {}
        }
    }

    /// Averages over the 59 seconds before this one, plus the elapsed part of this one.
    pub(crate) fn per_second(&self, now: Instant) -> f64 {
        let Some(began) = self.began else { return 0.0 };
        let running = now.saturating_duration_since(began);
        let is_recent = |at: u64| running.as_secs() < at + WINDOW_SECONDS;
        let clicks = self.seconds.iter().filter(|(at, _)| is_recent(*at)).map(|(_, sum)| sum);
        let clicks: u64 = clicks.sum();
        let begins = Duration::from_secs((running.as_secs() + 1).saturating_sub(WINDOW_SECONDS));
        let window = running.saturating_sub(begins).max(TIME_MIN);
        let clicks = u32::try_from(clicks).unwrap_or(u32::MAX);
        f64::from(clicks) / window.as_secs_f64()
    }
}

#[cfg(test)]
mod tests;
