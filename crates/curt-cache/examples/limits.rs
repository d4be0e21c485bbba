//! Times one take of a limit, and one lookup of the blocks: `cargo run --release -p curt-cache
//! --example limits`.
//!
//! Prints nanoseconds for a client that is allowed, one that is refused, and clients that are all
//! new; then for two threads at once. For the blocks: without any, and among ten thousand.

#![expect(clippy::print_stdout, reason = "its result is what it prints")]

use std::{
    hint::black_box,
    net::IpAddr,
    time::{Duration, Instant},
};

use curt_cache::{Decision, IpBlocks, Limit, LimitKey, LimitSettings, Limits, Purpose};
use curt_domain::{BLOCKS_MAX, BlockId, BlockKind, IpBlock, Network, Timestamp};
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

    time_limit("allowed", |n| limits.take(Purpose::Authenticated, client(1), start + step * n));
    time_limit("refused", |_| limits.take(Purpose::Anonymous, client(1), start));
    time_limit("always another client", |n| limits.take(Purpose::UnknownCode, client(n), start));
    std::thread::scope(|scope| {
        for thread in 0..2_u32 {
            let (limits, client) = (&limits, &client);
            scope.spawn(move || {
                time_limit("allowed, one of two threads", |n| {
                    let key = client(thread * 7 + n % 1_000);
                    limits.take(Purpose::Login, key, start + step * n)
                });
            });
        }
    });
    time_blocks();
}

fn time_blocks() {
    let blocks = IpBlocks::default();
    let client = |number: u32| IpAddr::V4(number.into());
    let find = |number| blocks.has_some() && blocks.find(client(number), now()).is_some();
    time("blocked, of nobody", |number| !find(number));
    let some = (0..BLOCKS_MAX).map(|number| IpBlock {
        id: BlockId::new(number.into()).expect("it is small"),
        network: Network::of_client(client(number << 8)),
        kind: BlockKind::Manual,
        reason: None,
        created_at: now(),
        created_by: None,
        until: None,
    });
    blocks.replace(&some.collect::<Vec<_>>());
    time("blocked, of ten thousand", |number| find((number % BLOCKS_MAX) << 8));
    time("not blocked, of ten thousand", |number| !find(((number % BLOCKS_MAX) << 8) + 1));
}

fn now() -> Timestamp {
    Timestamp::from_millis(1_760_000_000_000)
}

fn time_limit(name: &str, take: impl Fn(u32) -> Decision) {
    time(name, |number| take(number).quota().is_some());
}

fn time(name: &str, work: impl Fn(u32) -> bool) {
    let start = Instant::now();
    for number in 0..TAKES {
        assert!(black_box(work(number)));
    }
    let nanos = start.elapsed().as_nanos() / u128::from(TAKES);
    println!("{name}: {nanos} ns");
}
