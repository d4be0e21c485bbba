//! What every connection is doing, and since when; who takes too long is ended.
//!
//! Time is counted in ticks here, and one task looks at all connections once a tick. So a request
//! pays a few relaxed stores for all its time limits together, and sets no timer.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::{task::AbortHandle, time::interval};

use super::settings::ConnectionSettings;
use crate::metrics::{ConnectionEnd, ConnectionMetrics};

/// How often all connections are looked at, and so how exactly their limits hold.
pub(super) const TICK: Duration = Duration::from_millis(250);

/// Longest time in which a client takes nothing of an answer that waits for it.
const WRITE_TIME_MAX: Duration = Duration::from_secs(8);

/// A connection is idle for that long before it may be ended to make room: its client may just be
/// writing its next request.
const EVICTABLE_AFTER: Duration = Duration::from_secs(1);

/// What a connection does while none of its requests is being answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Nothing has arrived since it was accepted, or part of a request has.
    Reading,
    /// Every request so far has its answer, and perhaps the client has not taken all of it yet.
    Idle,
}

/// One connection, as its own task and the sweeper see it.
#[derive(Debug)]
pub(super) struct Connection {
    ticks: Arc<AtomicU32>,
    /// Requests that are being answered; more than one on HTTP/2 only.
    in_flight: AtomicU32,
    /// The phase in the upper half, the tick of its beginning in the lower.
    phase: AtomicU64,
    /// When the client stopped taking what we write; 0 while it takes it.
    stuck_since: AtomicU32,
}

impl Connection {
    fn new(ticks: Arc<AtomicU32>) -> Self {
        let connection = Self {
            ticks,
            in_flight: AtomicU32::new(0),
            phase: AtomicU64::new(0),
            stuck_since: AtomicU32::new(0),
        };
        connection.set_phase(Phase::Reading);
        connection
    }

    /// Bytes have arrived. Between two requests they begin the head of the next.
    pub(super) fn has_read(&self) {
        if self.in_flight.load(Relaxed) == 0 && self.phase() == Phase::Idle {
            self.set_phase(Phase::Reading);
        }
    }

    /// From now on silence means that there is no request, not that one is late.
    pub(super) fn is_idle(&self) {
        self.set_phase(Phase::Idle);
    }

    pub(super) fn begins_answer(&self) {
        self.in_flight.fetch_add(1, Relaxed);
    }

    pub(super) fn ends_answer(&self) {
        self.set_phase(Phase::Idle);
        self.in_flight.fetch_sub(1, Relaxed);
    }

    pub(super) fn is_stuck(&self) {
        if self.stuck_since.load(Relaxed) == 0 {
            self.stuck_since.store(self.ticks.load(Relaxed), Relaxed);
        }
    }

    /// The client has taken something. An answer may be on its way long after it was made, so the
    /// connection is idle from its last byte on.
    pub(super) fn has_written(&self) {
        if self.stuck_since.load(Relaxed) != 0 {
            self.stuck_since.store(0, Relaxed);
        }
        if self.phase() == Phase::Idle {
            self.set_phase(Phase::Idle);
        }
    }

    fn set_phase(&self, phase: Phase) {
        let since = u64::from(self.ticks.load(Relaxed));
        self.phase.store((phase as u64) << 32 | since, Relaxed);
    }

    fn phase(&self) -> Phase {
        if self.phase.load(Relaxed) >> 32 == 0 { Phase::Reading } else { Phase::Idle }
    }

    /// For how long it has been idle, if it is.
    fn idle_for(&self) -> Option<Duration> {
        let is_idle = self.in_flight.load(Relaxed) == 0 && self.phase() == Phase::Idle;
        let is_stuck = self.stuck_since.load(Relaxed) != 0;
        (is_idle && !is_stuck).then(|| self.since_phase())
    }

    #[expect(clippy::cast_possible_truncation, reason = "the lower half is what is wanted")]
    fn since_phase(&self) -> Duration {
        self.since(self.phase.load(Relaxed) as u32)
    }

    fn since(&self, tick: u32) -> Duration {
        TICK * self.ticks.load(Relaxed).saturating_sub(tick)
    }

    /// Why it must end now, if it must.
    fn overdue(&self, limits: &Limits) -> Option<ConnectionEnd> {
        let stuck_since = self.stuck_since.load(Relaxed);
        if stuck_since != 0 {
            let is_left = WRITE_TIME_MAX <= self.since(stuck_since);
            return is_left.then_some(ConnectionEnd::NotReading);
        }
        // Requests have a limit of their own.
        if self.in_flight.load(Relaxed) != 0 {
            return None;
        }
        match self.phase() {
            Phase::Reading if limits.head <= self.since_phase() => Some(ConnectionEnd::SlowHead),
            Phase::Idle if limits.idle <= self.since_phase() => Some(ConnectionEnd::Idle),
            Phase::Reading | Phase::Idle => None,
        }
    }
}

#[derive(Debug)]
struct Limits {
    head: Duration,
    idle: Duration,
    per_client: usize,
}

/// All connections of a listener.
#[derive(Debug)]
pub(super) struct Watch {
    ticks: Arc<AtomicU32>,
    limits: Limits,
    metrics: ConnectionMetrics,
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    entries: HashMap<u64, Entry>,
    /// How many of them each client has. **Invariant:** no client is here with none.
    per_client: HashMap<IpAddr, usize>,
    next_id: u64,
}

#[derive(Debug)]
struct Entry {
    connection: Arc<Connection>,
    client: Option<IpAddr>,
    /// Absent until its task has begun, and once it was told to end.
    task: Option<AbortHandle>,
}

/// A connection's place in the watch, given back when it ends.
#[derive(Debug)]
pub(super) struct Watched {
    id: u64,
    pub(super) connection: Arc<Connection>,
    watch: Arc<Watch>,
}

impl Watch {
    pub(super) fn new(settings: &ConnectionSettings, metrics: ConnectionMetrics) -> Self {
        Self {
            // 0 stands for "never" where a tick is optional.
            ticks: Arc::new(AtomicU32::new(1)),
            limits: Limits {
                head: settings.header_timeout,
                idle: settings.idle_timeout,
                per_client: settings.per_client_max,
            },
            metrics,
            table: Mutex::default(),
        }
    }

    /// Looks at all connections, tick by tick, for as long as it is polled.
    pub(super) async fn sweep(self: Arc<Self>) {
        let mut ticks = interval(TICK);
        loop {
            ticks.tick().await;
            self.ticks.fetch_add(1, Relaxed);
            self.end_overdue();
        }
    }

    /// A place for a connection of this client, or of a proxy where there is none to count for.
    /// A client that has all it may loses the one it left idle the longest; `None` when it left
    /// none.
    pub(super) fn admit(self: &Arc<Self>, client: Option<IpAddr>) -> Option<Watched> {
        let client = client.map(network);
        let mut table = self.table();
        if let Some(client) = client {
            let count = table.per_client.get(&client).copied().unwrap_or(0);
            if self.limits.per_client <= count && !self.evict(&mut table, Some(client)) {
                self.metrics.ended(ConnectionEnd::TooMany);
                return None;
            }
            *table.per_client.entry(client).or_default() += 1;
        }
        let id = table.next_id;
        table.next_id += 1;
        let connection = Arc::new(Connection::new(Arc::clone(&self.ticks)));
        let entry = Entry { connection: Arc::clone(&connection), client, task: None };
        table.entries.insert(id, entry);
        drop(table);
        self.metrics.opened();
        Some(Watched { id, connection, watch: Arc::clone(self) })
    }

    /// Which task to end when it is time.
    pub(super) fn set_task(&self, id: u64, task: AbortHandle) {
        // It may have ended already.
        if let Some(entry) = self.table().entries.get_mut(&id) {
            entry.task = Some(task);
        }
    }

    /// Ends the connection that has been idle the longest, if there is one to spare.
    pub(super) fn make_room(&self) {
        self.evict(&mut self.table(), None);
    }

    fn evict(&self, table: &mut Table, of: Option<IpAddr>) -> bool {
        let entries = table.entries.values_mut();
        let candidates = entries.filter(|entry| of.is_none() || entry.client == of);
        let idle = candidates.filter_map(|entry| {
            let idle_for = entry.connection.idle_for().filter(|idle| EVICTABLE_AFTER <= *idle)?;
            entry.task.is_some().then_some((idle_for, entry))
        });
        let longest = idle.max_by_key(|(idle_for, _)| *idle_for);
        let Some(task) = longest.and_then(|(_, entry)| entry.task.take()) else { return false };
        task.abort();
        self.metrics.ended(ConnectionEnd::Evicted);
        true
    }

    fn end_overdue(&self) {
        for entry in self.table().entries.values_mut() {
            if let Some(end) = entry.connection.overdue(&self.limits)
                && let Some(task) = entry.task.take()
            {
                task.abort();
                self.metrics.ended(end);
            }
        }
    }

    /// Ends whatever is left.
    pub(super) fn end_all(&self) {
        for entry in self.table().entries.values_mut() {
            if let Some(task) = entry.task.take() {
                task.abort();
            }
        }
    }

    /// Whole even after a panic: every change is a single step.
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watched {
    pub(super) fn id(&self) -> u64 {
        self.id
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let mut table = self.watch.table();
        let entry = table.entries.remove(&self.id);
        if let Some(client) = entry.and_then(|entry| entry.client)
            && let Some(count) = table.per_client.get_mut(&client)
        {
            *count -= 1;
            if *count == 0 {
                table.per_client.remove(&client);
            }
        }
        drop(table);
        self.watch.metrics.closed();
    }
}

/// Whom a connection counts for: an IPv6 customer has at least a /64 to choose addresses from.
fn network(client: IpAddr) -> IpAddr {
    match client.to_canonical() {
        IpAddr::V6(address) => {
            let network = address.to_bits() >> 64 << 64;
            IpAddr::V6(network.into())
        }
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests;
