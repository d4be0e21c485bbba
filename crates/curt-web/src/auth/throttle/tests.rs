//! AUTH-03, AUTH-04 and AUTH-06: how many guesses there are, and which clients pay for them.

use super::*;

const HERS: Guesser<'static> = Guesser::Anybody { email: "ada@example.com", epoch: Some(1) };
const HER_BROWSER: Guesser<'static> = Guesser::Device { cookie: "12.3.abc", epoch: Some(1) };
const DAY: Duration = Duration::from_hours(24);

fn start() -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000)
}

#[test]
fn auth_03_who_keeps_guessing_has_a_hundred_guesses_in_four_days_and_then_one_a_day() {
    let throttle = LoginThrottle::new();
    let mut guesses = Vec::new();
    let minutes = 10 * 24 * 60;
    for minute in 0..minutes {
        let now = start().plus(Duration::from_mins(minute));
        while throttle.guess(HERS, now).is_ok() {
            guesses.push(now);
        }
    }
    let within = |span: Duration| guesses.iter().filter(|at| at.since(start()) < span).count();
    assert_eq!(within(Duration::from_mins(1)), 10);
    assert!(within(Duration::from_hours(1)) < 20, "{}", within(Duration::from_hours(1)));
    assert!(within(DAY) < 50 && within(DAY * 3) < 100);
    assert!(guesses.len() < 110, "{}", guesses.len());
}

#[test]
fn auth_06_guesses_at_the_same_time_are_not_all_the_first() {
    let throttle = LoginThrottle::new();
    let allowed = std::sync::atomic::AtomicU32::new(0);
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..100 {
                    if throttle.guess(HERS, start()).is_ok() {
                        allowed.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    }
                }
            });
        }
    });
    assert_eq!(allowed.into_inner(), FREE_FAILURES);
}

#[test]
fn auth_04_the_guesses_of_others_cost_a_known_browser_nothing() {
    let throttle = LoginThrottle::new();
    while throttle.guess(HERS, start()).is_ok() {}
    assert!(throttle.guess(HER_BROWSER, start()).is_ok());
    throttle.succeeded(throttle.guess(HER_BROWSER, start()).unwrap());
    assert!(throttle.guess(HERS, start()).is_err(), "others have not earned that");
    while throttle.guess(HER_BROWSER, start()).is_ok() {}
    let paused = throttle.guess(HER_BROWSER, start()).unwrap_err();
    assert_eq!(paused, RetryAfter(PAUSE_MIN), "a stolen browser guesses no more than anybody");
}

#[test]
fn auth_04_a_new_password_begins_a_new_row() {
    let throttle = LoginThrottle::new();
    for guesser in [HERS, HER_BROWSER] {
        while throttle.guess(guesser, start()).is_ok() {}
        let again = match guesser {
            Guesser::Anybody { email, .. } => Guesser::Anybody { email, epoch: Some(2) },
            Guesser::Device { cookie, .. } => Guesser::Device { cookie, epoch: Some(2) },
        };
        assert!(throttle.guess(again, start()).is_ok());
        assert!(throttle.guess(guesser, start()).is_err());
    }
}

#[test]
fn a_guess_that_is_taken_back_leaves_no_trace() {
    let throttle = LoginThrottle::new();
    while throttle.guess(HERS, start()).is_ok() {}
    let later = start().plus(PAUSE_MIN);
    for _ in 0..5 {
        let guess = throttle.guess(HERS, later).expect("the pause is over, and none was begun");
        throttle.take_back(guess);
    }
    // Of two at the same time, the other one counts.
    let throttle = LoginThrottle::new();
    for _ in 2..FREE_FAILURES {
        assert!(throttle.guess(HERS, start()).is_ok());
    }
    let (first, second) = (throttle.guess(HERS, start()), throttle.guess(HERS, later));
    throttle.take_back(first.unwrap());
    assert!(second.is_ok() && throttle.guess(HERS, later).is_ok());
    assert_eq!(throttle.guess(HERS, later), Err(RetryAfter(PAUSE_MIN)));
}

#[test]
fn the_right_password_ends_the_row() {
    let throttle = LoginThrottle::new();
    for _ in 0..100 {
        for _ in 1..FREE_FAILURES {
            assert!(throttle.guess(HERS, start()).is_ok());
        }
        throttle.succeeded(throttle.guess(HERS, start()).unwrap());
    }
}

#[test]
fn a_clock_that_is_set_back_shuts_nobody_out() {
    let throttle = LoginThrottle::new();
    while throttle.guess(HERS, start()).is_ok() {}
    assert!(throttle.guess(HERS, start().minus(DAY)).is_ok());
    assert!(throttle.guess(HERS, start().minus(DAY)).is_err());
}
