//! The limits against their promises: clients, floods, and a clock that cannot be trusted.

use std::{
    net::IpAddr,
    sync::atomic::{AtomicU32, Ordering},
};

use proptest::{collection::vec, prelude::*};

use super::*;

const MINUTE: Duration = Duration::from_mins(1);

fn settings(count: u32, window: Duration) -> LimitSettings {
    LimitSettings { anonymous: Limit::new(count, window), ..LimitSettings::DEFAULT }
}

#[expect(clippy::large_types_passed_by_value, reason = "tests make it where they need it")]
fn limits(settings: LimitSettings, start: Instant) -> Limits {
    Limits::new(settings, start, &mut Registry::default())
}

fn client(text: &str) -> LimitKey {
    LimitKey::client(text.parse().unwrap())
}

/// The key of the IPv4 address with that number.
fn numbered(number: u32) -> LimitKey {
    LimitKey::client(IpAddr::V4(number.into()))
}

fn keys(limits: &Limits, purpose: Purpose) -> usize {
    let tables = &limits.shards[purpose.index()];
    tables.iter().map(|table| table.lock().unwrap().len()).sum()
}

#[test]
fn the_last_of_a_limit_is_allowed_and_one_more_is_not() {
    let start = Instant::now();
    let limits = limits(settings(3, MINUTE), start);
    let take = |seconds| {
        limits.take(Purpose::Anonymous, client("192.0.2.1"), start + Duration::from_secs(seconds))
    };
    let remaining = |decision: Decision| decision.quota().unwrap().remaining;
    assert_eq!([0, 10, 20].map(|at| remaining(take(at))), [2, 1, 0]);
    let refused = take(30);
    assert!(!refused.is_allowed());
    assert_eq!(refused.retry_after(), Some(Duration::from_secs(30)));
    // Refusals do not count: at 60 s the request of 0 s has expired.
    assert!(!take(59).is_allowed());
    assert!(take(60).is_allowed());
    assert!(!take(60).is_allowed());
}

#[test]
fn purposes_and_keys_do_not_count_for_each_other() {
    let start = Instant::now();
    let limits = limits(LimitSettings::DEFAULT, start);
    let all = LimitSettings::DEFAULT.anonymous.unwrap().count();
    let take = |key| limits.take(Purpose::Anonymous, key, start).is_allowed();
    assert!((0..all).all(|_| take(client("192.0.2.1"))));
    assert!(!take(client("192.0.2.1")));
    assert!(take(client("192.0.2.2")));
    assert!(take(LimitKey::user(1)));
    assert!(limits.take(Purpose::UnknownCode, client("192.0.2.1"), start).is_allowed());
}

#[test]
fn xff_05_a_client_is_a_64_and_mapped_addresses_are_ipv4() {
    assert_eq!(client("2001:db8:1:2::1"), client("2001:db8:1:2:ffff:ffff:ffff:ffff"));
    assert_ne!(client("2001:db8:1:2::1"), client("2001:db8:1:3::1"));
    assert_eq!(client("::ffff:192.0.2.1"), client("192.0.2.1"));
    let network = |text| client(text).neighbours();
    assert_eq!(network("2001:db8:1:2::1"), network("2001:db8:1:ffff::1"));
    assert_ne!(network("2001:db8:1::"), network("2001:db8:2::"));
    assert_eq!(network("192.0.2.1"), network("192.0.255.1"));
    assert_ne!(network("192.0.2.1"), network("192.1.2.1"));
}

#[test]
fn what_is_given_back_leaves_the_rest_as_it_was() {
    let start = Instant::now();
    let limits = limits(settings(2, MINUTE), start);
    let at = |seconds| start + Duration::from_secs(seconds);
    let decide = |seconds| limits.take(Purpose::Anonymous, numbered(1), at(seconds));
    let take = |seconds| decide(seconds).is_allowed();
    let first = decide(0);
    let give_back = |taken, now| {
        limits.give_back(Purpose::Anonymous, numbered(1), first, at(taken), at(now));
    };
    assert_eq!([10, 11].map(take), [true, false]);
    // The earlier of the two is given back, so the other counts until 70 s.
    give_back(0, 12);
    assert_eq!([12, 13, 69, 70].map(take), [true, false, false, true]);
    // An expired request cannot be given back: those of 12 s and 70 s stay.
    give_back(10, 71);
    assert!(!take(71));
    // A request that was never taken, or was refused, cannot be given back either.
    give_back(71, 71);
    limits.give_back(Purpose::Anonymous, numbered(1), decide(71), at(70), at(71));
    assert!(!take(71));
    give_back(70, 71);
    give_back(12, 71);
    assert_eq!(keys(&limits, Purpose::Anonymous), 0);
}

/// Without room for separate buckets: requests that do not count are given back there too, and a
/// flood at one link leaves nearly all others alone.
#[test]
fn links_share_many_buckets_when_there_is_no_room() {
    let start = Instant::now();
    let link_guess = Limit::new(2, MINUTE);
    let settings = LimitSettings { link_guess, bytes_max: 1 << 20, ..LimitSettings::OFF };
    let limits = limits(settings, start);
    let take = |link| limits.take(Purpose::LinkGuess, LimitKey::link(link), start);
    let shared = |decision: Decision| decision.quota().unwrap().is_shared;
    let is_shared = |link: &u64| shared(take(*link));
    let flooded = (0..10_000).find(is_shared).unwrap();
    assert!(take(flooded).is_allowed());
    assert!(!take(flooded).is_allowed());
    let neighbours = (1..100).map(|n| take(flooded + 1024 * n));
    let refused = neighbours.into_iter().find(|decision| shared(*decision)).unwrap();
    assert!(!refused.is_allowed() && !refused.is_own_fault());
    let other = (flooded + 1..flooded + 1000).find(is_shared).unwrap();
    for _ in 0..5 {
        let key = LimitKey::link(other);
        let taken = limits.take(Purpose::LinkGuess, key, start);
        assert!(taken.is_allowed() && shared(taken));
        limits.give_back(Purpose::LinkGuess, key, taken, start, start);
    }
}

#[test]
fn without_a_limit_nothing_is_counted() {
    let start = Instant::now();
    let limits = limits(LimitSettings::OFF, start);
    for purpose in Purpose::ALL {
        assert_eq!(limits.take(purpose, numbered(1), start), Decision::Unlimited);
        assert_eq!(keys(&limits, purpose), 0);
    }
}

#[test]
fn race_02_sixteen_threads_get_what_the_limit_says_to_the_last() {
    let limit = 1_000;
    let start = Instant::now();
    let limits = limits(settings(limit, MINUTE), start);
    let allowed = AtomicU32::new(0);
    let knock = || {
        for _ in 0..limit {
            if limits.take(Purpose::Anonymous, numbered(1), Instant::now()).is_allowed() {
                allowed.fetch_add(1, Ordering::Relaxed);
            }
        }
    };
    std::thread::scope(|scope| (0..16).for_each(|_| drop(scope.spawn(knock))));
    assert_eq!(allowed.into_inner(), limit);
}

#[test]
fn a_flood_of_clients_fills_no_more_than_its_part_and_is_still_limited() {
    let start = Instant::now();
    let small = LimitSettings { bytes_max: 1 << 20, ..settings(2, MINUTE) };
    let limits = limits(small, start);
    let key_bytes_min = 50;
    let keys_max = small.bytes_max / Purpose::ALL.len() / key_bytes_min;

    let take = |key| limits.take(Purpose::Anonymous, key, start).is_allowed();
    assert!(take(client("203.0.113.1")));
    // A flood from one /16, with each address used once.
    let addresses = u32::from(std::net::Ipv4Addr::new(198, 51, 0, 0))..;
    let flood = addresses.take(65_536).filter(|&address| take(numbered(address))).count();
    assert!(keys(&limits, Purpose::Anonymous) < keys_max);
    // Only clients with their own bucket were admitted, and two of all the others together.
    assert!(flood <= keys(&limits, Purpose::Anonymous) + 2, "{flood} requests were let in");
    // A client with a bucket keeps its whole limit; a new client shares one with its neighbours.
    assert!(take(client("203.0.113.1")) && !take(client("203.0.113.1")));
    let neighbour = || take(client("192.0.2.1")) || take(client("192.0.2.2"));
    assert!([neighbour(), neighbour(), neighbour(), neighbour()].contains(&false));
    // The flood leaves other purposes alone, and expires with its window.
    assert!(limits.take(Purpose::UnknownCode, client("198.51.3.4"), start).is_allowed());
    let later = start + MINUTE;
    let own = |number| limits.take(Purpose::Anonymous, numbered(number), later).is_allowed();
    assert!((0..200).all(|number| own(number) && own(number) && !own(number)));
}

#[test]
fn looking_records_nothing_and_sees_what_neighbours_share() {
    let start = Instant::now();
    let roomy = limits(settings(1, MINUTE), start);
    let all_share = LimitSettings { bytes_max: 0, ..settings(1, MINUTE) };
    for (limits, stranger_is_allowed) in [(roomy, true), (limits(all_share, start), false)] {
        let look = |number| limits.look(Purpose::Anonymous, numbered(number), start).is_allowed();
        assert!((0..10).all(|_| look(1)));
        assert_eq!(keys(&limits, Purpose::Anonymous), 0);
        assert!(limits.take(Purpose::Anonymous, numbered(1), start).is_allowed());
        assert_eq!((look(1), look(2)), (false, stranger_is_allowed));
    }
}

#[test]
fn when_even_networks_have_no_room_everybody_shares_one_bucket() {
    let start = Instant::now();
    let none = LimitSettings { bytes_max: 0, ..settings(5, MINUTE) };
    let limits = limits(none, start);
    let take = |number: u32| limits.take(Purpose::Anonymous, numbered(number << 16), start);
    assert_eq!((0..100).filter(|&number| take(number).is_allowed()).count(), 5);
    assert_eq!(keys(&limits, Purpose::Anonymous), 1);
}

#[test]
fn b3_only_a_bucket_of_its_own_tells_of_a_keys_fault() {
    let start = Instant::now();
    let roomy = settings(1, MINUTE);
    for (settings, is_own) in [(roomy, true), (LimitSettings { bytes_max: 0, ..roomy }, false)] {
        let limits = limits(settings, start);
        let take = || limits.take(Purpose::Anonymous, numbered(1), start);
        let (allowed, refused) = (take(), take());
        let looked = limits.look(Purpose::Anonymous, numbered(1), start);
        assert!(allowed.is_allowed() && !refused.is_allowed() && !looked.is_allowed());
        let faults = [allowed, refused, looked].map(|decision| decision.is_own_fault());
        assert_eq!(faults, [false, is_own, is_own]);
    }
}

#[test]
fn what_is_over_makes_room() {
    let start = Instant::now();
    let limits = limits(settings(1, Duration::from_secs(1)), start);
    for minute in 0..100 {
        for number in 0..100 {
            let now = start + MINUTE * minute;
            assert!(
                limits.take(Purpose::Anonymous, numbered(minute * 100 + number), now).is_allowed()
            );
        }
    }
    // Each new key drops two expired ones, so at most one old round is left beside the newest.
    assert!(keys(&limits, Purpose::Anonymous) <= 200);
}

#[test]
fn a_log_outlives_what_its_numbers_can_hold() {
    let mut log = log::Log::default();
    let day = 86_400_000_u64;
    for now in (0..200).map(|half_days| half_days * day / 2) {
        if let Some(over) = now.checked_sub(day) {
            log.forget_until(over);
        }
        log.record(now, 2);
        assert_eq!((log.newest(), log.len()), (Some(now), if now == 0 { 1 } else { 2 }));
        assert_eq!(log.oldest(), Some(now.saturating_sub(day / 2)));
    }
}

/// The model's state of a key.
#[derive(Default)]
struct Model {
    /// The latest time of its requests.
    latest: Duration,
    /// For each allowed request: the latest time so far of this key, and of all keys.
    allowed: Vec<(Duration, Duration)>,
}

proptest! {
    /// F11: however time moves, no window has more than the limit, and a client that waits for a
    /// window after the latest time ever seen is admitted.
    #[test]
    fn f11_no_window_ever_has_more_than_the_limit(
        count in 1..6_u32,
        keys in 1..3_u32,
        window_ms in 1_000..5_000_u64,
        steps in vec((0..2_u32, -3_000_000_000..3_000_000_000_i64), 1..300),
    ) {
        let start = Instant::now();
        let (window, rounding) = (Duration::from_millis(window_ms), Duration::from_millis(2));
        let limits = limits(settings(count, window), start);
        let mut models = [Model::default(), Model::default()];
        let (mut now, mut latest) = (Duration::ZERO, Duration::ZERO);
        for (key, step) in steps {
            // In nanoseconds, up to three seconds forward or most of one second back.
            let by = Duration::from_nanos(step.unsigned_abs());
            now = if 0 <= step { now + by } else { now.saturating_sub(by / 4) };
            latest = latest.max(now);
            let model = &mut models[(key % keys) as usize];
            model.latest = model.latest.max(now);
            let looked = limits.look(Purpose::Anonymous, numbered(key % keys), start + now);
            let decision = limits.take(Purpose::Anonymous, numbered(key % keys), start + now);
            prop_assert_eq!(looked.is_allowed(), decision.is_allowed());
            prop_assert_eq!(looked.retry_after(), decision.retry_after());
            let wait = decision.quota().unwrap().reset_after;
            prop_assert!(wait <= window);
            if decision.is_allowed() {
                model.allowed.push((model.latest, latest));
                let newest = model.allowed.len() - 1;
                // By the latest time of all requests: everything forgotten by then has expired.
                if let Some(first) = newest.checked_sub(count as usize) {
                    prop_assert!(model.allowed[first].0 + window <= model.allowed[newest].1);
                }
            } else {
                // Refused only because that many requests were allowed less than a window ago.
                let counts = |(_, latest): &&(_, Duration)| now < *latest + window + rounding;
                prop_assert!(count as usize <= model.allowed.iter().filter(counts).count());
            }
        }
    }
}
