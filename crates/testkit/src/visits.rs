//! Visitors who follow links, and the tally of their answers, to compare with the counted clicks.
//!
//! Each visitor has one connection and at most one request under way. So when a server dies, at
//! most one click of each visitor is in doubt: it may have been recorded without an answer.

use std::{
    sync::{
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::server::{Client, RequestError, Server};

/// Visitors at a time.
pub const VISITORS: usize = 8;

/// Links that they follow in turn.
const LINKS: usize = 5;

/// Longest time until everything is counted; the drain may have just started its longest pause.
const COUNTED_MAX: Duration = Duration::from_secs(40);

/// Between two checks whether everything is counted. The drain must have the processor in between.
const COUNTED_POLL: Duration = Duration::from_millis(20);

/// The server reports times in milliseconds.
const ROUNDING: Duration = Duration::from_millis(5);

/// All visits to some links, over any number of servers.
pub struct Visits {
    links: Vec<VisitedLink>,
}

#[derive(Debug, Clone)]
struct VisitedLink {
    id: u64,
    path: String,
    tally: Tally,
}

/// Requests for one link, or for all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// At least in part.
    pub sent: u64,
    /// Completely, with the redirect.
    pub answered: u64,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.sent += other.sent;
        self.answered += other.answered;
    }
}

/// When visitors make their requests.
#[derive(Debug, Clone, Copy)]
pub enum Pace {
    /// Each as soon as the one before is answered.
    Busy,
    /// This many a second, all together.
    PerSecond(u32),
}

/// The work of all visitors together.
#[derive(Debug, Clone, Copy)]
struct Plan {
    pace: Pace,
    requests: usize,
}

/// Why a visitor has stopped.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Asked,
    /// The server stopped listening, or a request was cut off.
    ServerGone,
    Failed(String),
}

impl Visits {
    /// Makes some links to visit.
    pub fn new(server: &Server) -> Self {
        Self::with_query(server, "")
    }

    /// Visitors add this query to the links.
    pub fn with_query(server: &Server, query: &str) -> Self {
        let mut owner = server.client();
        let links = (0..LINKS).map(|number| {
            let alias = format!("visited-{number}");
            let link = json!({ "original_url": "https://example.com/", "custom_alias": alias });
            let made = owner.post("/api/v1/urls", &link).expect("a healthy server answers");
            assert_eq!(made.status, 201, "{}", made.json());
            let id = made.json()["id"].as_u64().expect("a link has an id");
            VisitedLink { id, path: format!("/{alias}{query}"), tally: Tally::default() }
        });
        Self { links: links.collect() }
    }

    /// Follows links for `time`, then calls `end`, which must end the server.
    ///
    /// # Panics
    /// Panics if a visitor got an answer that is no redirect.
    pub fn until_end(&mut self, server: Server, time: Duration, end: impl FnOnce(Server)) {
        let client = server.visitor();
        let plan = Plan { pace: Pace::Busy, requests: usize::MAX };
        let ends = self.visit(&client, plan, |ended| {
            // A visitor that ends early has found an error.
            ended.recv_timeout(time).ok();
            end(server);
            Stop::Never
        });
        assert!(ends.iter().all(|end| *end == End::ServerGone), "{ends:?}");
    }

    /// Follows links while `work` runs. Every request has to be answered.
    ///
    /// # Panics
    /// Panics if a visitor got no redirect.
    pub fn during<T>(&mut self, server: &Server, pace: Pace, work: impl FnOnce() -> T) -> T {
        let mut result = None;
        let plan = Plan { pace, requests: usize::MAX };
        let ends = self.visit(&server.visitor(), plan, |_| {
            result = Some(work());
            Stop::Now
        });
        assert!(ends.iter().all(|end| *end == End::Asked), "{ends:?}\n{}", server.output());
        let Tally { sent, answered } = self.tally();
        assert_eq!(sent, answered, "a healthy server answers every request");
        result.expect("it was called")
    }

    /// Follows links this many times. Every request has to be answered.
    ///
    /// # Panics
    /// Panics if a visitor got no redirect.
    pub fn follow(&mut self, server: &Server, times: usize) {
        let plan = Plan { pace: Pace::Busy, requests: times };
        let ends = self.visit(&server.visitor(), plan, |ended| {
            // They end by themselves.
            ended.iter().for_each(drop);
            Stop::Never
        });
        assert!(ends.iter().all(|end| *end == End::Asked), "{ends:?}\n{}", server.output());
    }

    /// The sum over all links.
    pub fn tally(&self) -> Tally {
        let mut sum = Tally::default();
        self.links.iter().for_each(|link| sum.add(link.tally));
        sum
    }

    /// Compares each link once the server has counted everything. The count then decides which
    /// clicks in doubt happened; it must not change any more. Returns how many there were.
    ///
    /// # Panics
    /// Panics if a click was lost, or counted twice.
    pub fn settle(&mut self, server: &Server) -> u64 {
        await_counted(server);
        let mut doubts_counted = 0;
        for link in &mut self.links {
            let counted = counted(server, link.id);
            let Tally { sent, answered } = link.tally;
            let output = server.output();
            assert!(answered <= counted, "{} lost: {link:?}\n{output}", answered - counted);
            assert!(counted <= sent, "{} too many: {link:?}\n{output}", counted - sent);
            doubts_counted += counted - answered;
            link.tally = Tally { sent: counted, answered: counted };
        }
        doubts_counted
    }

    /// The same links for other visitors.
    #[must_use]
    pub fn of_others(&self) -> Self {
        let unvisited =
            |link: &VisitedLink| VisitedLink { tally: Tally::default(), ..link.clone() };
        Self { links: self.links.iter().map(unvisited).collect() }
    }

    /// Adds the visits of others to the same links.
    pub fn join(&mut self, others: &Self) {
        for (link, other) in self.links.iter_mut().zip(&others.links) {
            link.tally.add(other.tally);
        }
    }

    /// Compares each link once the server has counted everything: every redirect that arrived is
    /// counted, and nothing else.
    ///
    /// # Panics
    /// Panics otherwise.
    pub fn assert_exact(&self, server: &Server) {
        await_counted(server);
        for link in &self.links {
            assert_eq!(counted(server, link.id), link.tally.answered, "{}", server.output());
        }
    }

    /// The number of clicks counted so far.
    pub fn counted(&self, server: &Server) -> u64 {
        self.links.iter().map(|link| counted(server, link.id)).sum()
    }

    /// Calls `work` when the first visitor ends; its result says how the others end.
    fn visit(
        &mut self,
        client: &Client,
        plan: Plan,
        work: impl FnOnce(mpsc::Receiver<()>) -> Stop,
    ) -> Vec<End> {
        let stop = AtomicBool::new(false);
        let (start, links) = (Instant::now(), &self.links);
        let visitors = thread::scope(|scope| {
            let (ended, any_ended) = mpsc::channel();
            let visitors: Vec<_> = (0..VISITORS)
                .map(|number| {
                    let (ended, stop) = (ended.clone(), &stop);
                    let tallies = vec![Tally::default(); links.len()];
                    let mut visitor = Visitor { number, start, plan, tallies };
                    let client = Client::new(client.address());
                    scope.spawn(move || {
                        let end = visitor.visit(client, links, stop);
                        // The receiver may be gone.
                        ended.send(()).ok();
                        (visitor.tallies, end)
                    })
                })
                .collect();
            drop(ended);
            let _stops = StopOnPanic(&stop);
            let finish = work(any_ended);
            stop.store(matches!(finish, Stop::Now), Ordering::Relaxed);
            let join = |visitor: thread::ScopedJoinHandle<'_, _>| visitor.join();
            visitors
                .into_iter()
                .map(|visitor| join(visitor).expect("visitors do not panic"))
                .collect::<Vec<_>>()
        });
        let mut ends = Vec::new();
        for (tallies, end) in visitors {
            for (link, tally) in self.links.iter_mut().zip(tallies) {
                link.tally.add(tally);
            }
            ends.push(end);
        }
        ends
    }
}

/// How the remaining visitors end.
enum Stop {
    Now,
    /// Not told to: they end with the server, or when they are done.
    Never,
}

/// Stops the visitors of a failed test, which would go on without end.
struct StopOnPanic<'a>(&'a AtomicBool);

impl Drop for StopOnPanic<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.store(true, Ordering::Relaxed);
        }
    }
}

struct Visitor {
    number: usize,
    start: Instant,
    plan: Plan,
    tallies: Vec<Tally>,
}

impl Visitor {
    fn visit(&mut self, mut client: Client, links: &[VisitedLink], stop: &AtomicBool) -> End {
        for request in (self.number..self.plan.requests).step_by(VISITORS) {
            self.await_turn(request);
            if stop.load(Ordering::Relaxed) {
                return End::Asked;
            }
            let index = request % links.len();
            let answer = client.get(&links[index].path);
            let tally = &mut self.tallies[index];
            match answer {
                Err(RequestError::NotSent(_)) => return End::ServerGone,
                // Another request might still reach the dying server's listener, and be cut off
                // too.
                Err(RequestError::Unanswered(_)) => {
                    tally.sent += 1;
                    return End::ServerGone;
                }
                Ok(answer) if answer.status == 302 => {
                    tally.add(Tally { sent: 1, answered: 1 });
                }
                Ok(answer) => return End::Failed(format!("{answer:?}")),
            }
        }
        End::Asked
    }

    #[expect(clippy::disallowed_methods, reason = "visitors keep their pace")]
    fn await_turn(&self, request: usize) {
        let Pace::PerSecond(rate) = self.plan.pace else { return };
        let due = self.start + Duration::from_micros(request as u64 * 1_000_000 / u64::from(rate));
        thread::sleep(due.saturating_duration_since(Instant::now()));
    }
}

/// Waits until everything that was followed before this call is counted.
///
/// # Panics
/// Panics if it takes too long.
pub fn await_counted(server: &Server) {
    let since = Instant::now();
    await_health(server, |counting| {
        let lag = counting["lag_s"].as_f64().expect("clicks are counted");
        Duration::from_secs_f64(lag) + ROUNDING < since.elapsed()
    });
}

/// Waits until the server's counting is in the expected state.
///
/// # Panics
/// Panics if it takes too long.
#[expect(clippy::disallowed_methods, reason = "a server tells how it is when it is asked")]
pub fn await_health(server: &Server, is_right: impl Fn(&Value) -> bool) {
    let since = Instant::now();
    loop {
        let health = health(server);
        if is_right(&health) {
            return;
        }
        assert!(since.elapsed() < COUNTED_MAX, "{health}\n{}", server.output());
        thread::sleep(COUNTED_POLL);
    }
}

/// The server's health report on counting.
pub fn health(server: &Server) -> Value {
    let answer = server.client().get("/api/v1/health").expect("a healthy server answers");
    answer.json()["counting"].take()
}

fn counted(server: &Server, id: u64) -> u64 {
    let path = format!("/api/v1/urls/{id}");
    let answer = server.client().get(&path).expect("a healthy server answers");
    answer.json()["clicks"]["total"].as_u64().expect("a link has clicks")
}
