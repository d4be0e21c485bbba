//! Redirects at a fixed rate, however long the server takes for them.
//!
//! A request is due at its time, not when an earlier one was answered, and its latency counts from
//! then. So a server that stops for a moment is charged with every request that was due in that
//! time, also with those that had to wait for a connection (no "coordinated omission").

use std::{
    collections::VecDeque,
    io::{self, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::{
    Outcome, SOURCE,
    http::{self, Answer},
    redirects::{Redirects, STATUS},
};

/// Longest answer to a redirect, in bytes: a head, and the few words of HTML that nginx adds.
const ANSWER_LEN_MAX: usize = 4096;

/// Shorter waits poll the clock: the kernel does not wake a thread that exactly.
const SPIN: Duration = Duration::from_micros(200);

/// Longest wait in the kernel, so that the end is seen in time.
const WAIT_MAX: Duration = Duration::from_millis(10);

/// How much longer than planned a run may take before it is aborted.
const GRACE: Duration = Duration::from_secs(20);

/// Most requests of a run: some hundred megabytes of latencies.
const REQUESTS_MAX: u64 = 20_000_000;

pub(crate) struct Plan {
    pub(crate) connections: usize,
    /// Requests a second.
    pub(crate) rate: u32,
    pub(crate) time: Duration,
}

/// Prints `good=… micros=… p50=… p99=… p999=… max=… late_p99=…`: answers, and microseconds from the
/// time at which requests were due. `late` is how much later than possible they were sent.
pub(crate) async fn run(address: SocketAddr, redirects: Redirects, plan: Plan) -> Outcome<()> {
    let count = u64::from(plan.rate) * plan.time.as_secs();
    if count == 0 || REQUESTS_MAX < count {
        return Err(format!("a run has between 1 and {REQUESTS_MAX} requests").into());
    }
    let mut connections = Vec::new();
    for _ in 0..plan.connections {
        let stream = http::connect(SOURCE, address).await?.into_std()?;
        connections.push(Connection::new(stream));
    }
    let schedule = Schedule { start: Instant::now(), rate: plan.rate, count, next: 0 };
    // From here on it has its own thread.
    let mut steady = Steady::new(connections, redirects, schedule);
    steady.run(plan.time + GRACE)?;
    let micros = steady.schedule.start.elapsed().as_micros();
    let (mut latencies, mut lags) = (steady.latencies, steady.lags);
    latencies.sort_unstable();
    lags.sort_unstable();
    println!(
        "good={count} micros={micros} p50={} p99={} p999={} max={} late_p99={}",
        quantile(&latencies, 0.5),
        quantile(&latencies, 0.99),
        quantile(&latencies, 0.999),
        quantile(&latencies, 1.0),
        quantile(&lags, 0.99),
    );
    Ok(())
}

/// When requests are due.
struct Schedule {
    start: Instant,
    rate: u32,
    count: u64,
    next: u64,
}

impl Schedule {
    /// When the next request is due, if there is one.
    fn due(&self) -> Option<Instant> {
        let nanos = self.next * 1_000_000_000 / u64::from(self.rate);
        (self.next < self.count).then(|| self.start + Duration::from_nanos(nanos))
    }
}

struct Steady {
    connections: Vec<Connection>,
    /// Indices of connections: without a request, and with one. The connection that has been free
    /// the longest is next, so that all are used.
    free: VecDeque<usize>,
    busy: Vec<usize>,
    redirects: Redirects,
    schedule: Schedule,
    /// For each request in microseconds: the time from due to answered, and how late we sent it
    /// although it was due and had a connection.
    latencies: Vec<u32>,
    lags: Vec<u32>,
}

impl Steady {
    fn new(connections: Vec<Connection>, redirects: Redirects, schedule: Schedule) -> Self {
        Self {
            free: (0..connections.len()).collect(),
            busy: Vec::new(),
            connections,
            redirects,
            schedule,
            latencies: Vec::new(),
            lags: Vec::new(),
        }
    }

    fn run(&mut self, time_max: Duration) -> Outcome<()> {
        while self.schedule.due().is_some() || !self.busy.is_empty() {
            if time_max < self.schedule.start.elapsed() {
                return Err("the server answers fewer requests than are due".into());
            }
            self.send_due()?;
            self.receive()?;
            self.wait()?;
        }
        Ok(())
    }

    fn send_due(&mut self) -> Outcome<()> {
        while let Some(due) = self.schedule.due().filter(|due| *due <= Instant::now()) {
            let Some(index) = self.free.pop_front() else { return Ok(()) };
            let connection = &mut self.connections[index];
            self.lags.push(micros(due.max(connection.free_since).elapsed()));
            connection.send(self.redirects.draw(), due)?;
            self.busy.push(index);
            self.schedule.next += 1;
        }
        Ok(())
    }

    fn receive(&mut self) -> Outcome<()> {
        let mut position = 0;
        while position < self.busy.len() {
            let index = self.busy[position];
            let Some(latency) = self.connections[index].receive()? else {
                position += 1;
                continue;
            };
            self.latencies.push(micros(latency));
            self.busy.swap_remove(position);
            self.free.push_back(index);
        }
        Ok(())
    }

    /// Waits until an answer comes, or until shortly before a request is due.
    fn wait(&self) -> Outcome<()> {
        let due = if self.free.is_empty() { None } else { self.schedule.due() };
        let pause = match due {
            Some(due) => due.saturating_duration_since(Instant::now()).saturating_sub(SPIN),
            None => WAIT_MAX,
        };
        if pause.is_zero() {
            return Ok(());
        }
        let busy = self.busy.iter().map(|index| &self.connections[*index].stream);
        let mut streams: Vec<_> = busy.map(|s| PollFd::new(s, PollFlags::IN)).collect();
        poll(&mut streams, Some(&Timespec::try_from(pause.min(WAIT_MAX))?))?;
        Ok(())
    }
}

struct Connection {
    /// Never blocks.
    stream: TcpStream,
    received: [u8; ANSWER_LEN_MAX],
    received_len: usize,
    due: Instant,
    free_since: Instant,
}

impl Connection {
    fn new(stream: TcpStream) -> Self {
        let (received, now) = ([0; ANSWER_LEN_MAX], Instant::now());
        Self { stream, received, received_len: 0, due: now, free_since: now }
    }

    fn send(&mut self, request: &[u8], due: Instant) -> Outcome<()> {
        (self.received_len, self.due) = (0, due);
        // The kernel has room for it: every earlier request was answered.
        self.stream.write_all(request)?;
        Ok(())
    }

    /// How long the answer took since its request was due, once it is complete.
    fn receive(&mut self) -> Outcome<Option<Duration>> {
        match self.stream.read(&mut self.received[self.received_len..]) {
            Ok(0) => return Err("the server closed a connection".into()),
            Ok(len) => self.received_len += len,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        match http::answer(&self.received[..self.received_len])? {
            Some(Answer { status: STATUS, head_len, body_len })
                if head_len + body_len == self.received_len =>
            {
                self.free_since = Instant::now();
                Ok(Some(self.free_since - self.due))
            }
            Some(answer) => Err(format!("unexpected: {answer:?}").into()),
            None if self.received_len == ANSWER_LEN_MAX => Err("an answer is too long".into()),
            None => Ok(None),
        }
    }
}

fn micros(time: Duration) -> u32 {
    u32::try_from(time.as_micros()).unwrap_or(u32::MAX)
}

/// The value below or at which this part of all values lies; 0 if there are none.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "at most 20 million, and not negative"
)]
fn quantile(sorted: &[u32], part: f64) -> u32 {
    let rank = (part * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}
