//! Times one take of a limit: `cargo run --release -p curt-cache --example limits`.
//!
//! Nanoseconds for one client that is allowed, one that is refused, and clients that are all new;
//! then for two threads at once.

#![expect(clippy::print_stdout, reason = "its result is what it prints")]

use std::{
    hint::black_box,
    net::IpAddr,
    time::{Duration, Instant},
};

use curt_cache::{Decision, Limit, LimitKey, LimitSettings, Limits, Purpose};
use prometheus_client::registry::Registry;

const TAKES: u32 = 2_000_000;

fn main() {
    let start = Instant::now();
    let settings = LimitSettings {
        anonymous: Limit::new(1, Duration::from_hours(1)),
        authenticated: Limit::new(100, Duration::from_secs(1)),
        ..LimitSettings::DEFAULT
    };
    let limits = Limits::new(settings, start, &mut Registry::default());
    let client = |number: u32| LimitKey::client(IpAddr::V4(number.into()));
    let step = Duration::from_millis(20);

    time("allowed", |n| limits.take(Purpose::Authenticated, client(1), start + step * n));
    time("refused", |_| limits.take(Purpose::Anonymous, client(1), start));
    time("always another client", |n| limits.take(Purpose::UnknownCode, client(n), start));
    std::thread::scope(|scope| {
        for thread in 0..2_u32 {
            let (limits, client) = (&limits, &client);
            scope.spawn(move || {
                time("allowed, one of two threads", |n| {
                    let key = client(thread * 7 + n % 1_000);
                    limits.take(Purpose::Login, key, start + step * n)
                });
            });
        }
    });
}

fn time(name: &str, take: impl Fn(u32) -> Decision) {
    let start = Instant::now();
    for number in 0..TAKES {
        assert!(black_box(take(number)).quota().is_some());
    }
    let nanos = start.elapsed().as_nanos() / u128::from(TAKES);
    println!("{name}: {nanos} ns");
}
