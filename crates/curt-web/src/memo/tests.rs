//! A kept answer, asked for at once, too late, and when making it fails.

use std::sync::atomic::{AtomicU32, Ordering};

use curt_domain::ManualClock;
use futures_util::{FutureExt as _, future::join_all};
use tokio::sync::oneshot;

use super::*;

const KEEP_FOR: Duration = Duration::from_mins(1);

/// A memo, how often its answer was made, and its clock.
struct Kitchen {
    kept: Memo<u32>,
    made: Arc<AtomicU32>,
    manual: ManualClock,
    clock: Clock,
}

impl Kitchen {
    fn new() -> Self {
        let manual = ManualClock::new("2026-01-31T12:00:00Z".parse().unwrap());
        let clock = Clock::Manual(manual.clone());
        Self { kept: Memo::new(KEEP_FOR), made: Arc::default(), manual, clock }
    }

    /// Asks for the answer; it is made once `ready` resolves.
    async fn ask(&self, ready: impl Future + Send + 'static) -> Result<u32, &'static str> {
        let made = Arc::clone(&self.made);
        let work = async move {
            let number = made.fetch_add(1, Ordering::Relaxed) + 1;
            ready.await;
            if number == 13 { Err("the thirteenth") } else { Ok(number) }
        };
        self.kept.get(&self.clock, work).await.map(|kept| kept.value)
    }

    async fn ask_now(&self) -> Result<u32, &'static str> {
        self.ask(std::future::ready(())).await
    }
}

#[tokio::test]
async fn b2_of_a_hundred_that_ask_at_once_one_makes_the_answer() {
    let kitchen = Kitchen::new();
    let answers = join_all((0..100).map(|_| kitchen.ask(tokio::task::yield_now()))).await;
    assert_eq!(answers, [Ok(1); 100]);
    kitchen.manual.advance(Duration::from_millis(59_999));
    assert_eq!(kitchen.ask_now().await, Ok(1));
    kitchen.manual.advance(Duration::from_millis(1));
    assert_eq!(kitchen.ask_now().await, Ok(2));
}

#[tokio::test]
async fn b2_who_hangs_up_makes_nobody_begin_anew() {
    let kitchen = Kitchen::new();
    let (ready, is_ready) = oneshot::channel::<()>();
    let hung_up = kitchen.ask(is_ready).now_or_never();
    assert_eq!(hung_up, None);
    // The task begins, and until it has ended no other begins.
    for _ in 0..100 {
        tokio::task::yield_now().await;
        assert_eq!(kitchen.ask_now().now_or_never(), None);
    }
    ready.send(()).unwrap();
    assert_eq!((kitchen.ask_now().await, kitchen.made.load(Ordering::Relaxed)), (Ok(1), 1));
}

#[tokio::test]
async fn b2_what_is_forgotten_while_it_is_made_is_not_kept() {
    let kitchen = Kitchen::new();
    let (ready, is_ready) = oneshot::channel::<()>();
    let asked = kitchen.ask(is_ready);
    tokio::pin!(asked);
    assert_eq!(asked.as_mut().now_or_never(), None);
    kitchen.kept.forget();
    ready.send(()).unwrap();
    assert_eq!(
        (asked.await, kitchen.ask_now().await, kitchen.ask_now().await),
        (Ok(1), Ok(2), Ok(2))
    );
    kitchen.kept.forget();
    assert_eq!(kitchen.ask_now().await, Ok(3));
}

#[tokio::test]
async fn b2_a_failure_is_not_kept() {
    let kitchen = Kitchen::new();
    kitchen.made.store(12, Ordering::Relaxed);
    assert_eq!(kitchen.ask_now().await, Err("the thirteenth"));
    assert_eq!(kitchen.ask_now().await, Ok(14));
}
