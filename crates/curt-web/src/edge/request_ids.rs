//! Ids for requests, so that an answer can be found in the log.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::HeaderValue;

/// Ids that differ between requests, and between runs.
pub(crate) struct RequestIds(AtomicU64);

impl RequestIds {
    /// An odd number close to 2^64 divided by the golden ratio: its steps reach every value once.
    const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

    pub(crate) fn new() -> Self {
        let seed = getrandom::u64().expect("the kernel gives random bytes once it has booted");
        Self(AtomicU64::new(seed))
    }

    /// 16 hexadecimal digits.
    pub(crate) fn next(&self) -> HeaderValue {
        let mut id = self.0.fetch_add(Self::STEP, Ordering::Relaxed);
        let mut text = [0; 16];
        for digit in &mut text {
            *digit = b"0123456789abcdef"[(id >> 60) as usize];
            id <<= 4;
        }
        HeaderValue::from_bytes(&text).expect("hexadecimal digits are visible ASCII")
    }
}

#[cfg(test)]
mod tests;
