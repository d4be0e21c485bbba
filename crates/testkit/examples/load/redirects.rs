//! Requests for links, of which the first are the most popular, by Zipf's law.

use fastrand::Rng;

use crate::Outcome;

/// The status of every answer.
pub(crate) const STATUS: u16 = 302;

/// Fixed, so that two runs request the same links in the same order.
const SEED: u64 = 1;

pub(crate) struct Redirects {
    requests: Vec<Vec<u8>>,
    /// Cumulative weights: the chance of a request or an earlier one, times the last weight.
    weights: Vec<f64>,
    random: Rng,
}

impl Redirects {
    /// `codes` has a line for each link; `address` is the server's host name in requests.
    pub(crate) fn new(address: &str, codes: &str) -> Outcome<Self> {
        let request =
            |code| format!("GET /{code} HTTP/1.1\r\nHost: {address}\r\n\r\n").into_bytes();
        let requests: Vec<_> = codes.lines().map(request).collect();
        if requests.is_empty() {
            return Err("there are no codes".into());
        }
        let ranks = u32::try_from(requests.len())?;
        let mut sum = 0.0;
        let weights = (1..=ranks).map(|rank| {
            sum += 1.0 / f64::from(rank);
            sum
        });
        Ok(Self { weights: weights.collect(), requests, random: Rng::with_seed(SEED) })
    }

    pub(crate) fn draw(&mut self) -> &[u8] {
        let sum = self.weights.last().copied().unwrap_or_default();
        let drawn = self.random.f64() * sum;
        let index = self.weights.partition_point(|weight| *weight < drawn);
        &self.requests[index.min(self.requests.len() - 1)]
    }
}
