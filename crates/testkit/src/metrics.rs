//! The page that Prometheus reads.

use std::{fmt::Debug, str::FromStr};

/// The number of a series, including its labels; absent until something was counted in it.
pub fn metric<T: FromStr<Err: Debug>>(page: &str, series: &str) -> Option<T> {
    let number = page.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))?;
    Some(number.parse().expect("a metric is a number of its kind"))
}
