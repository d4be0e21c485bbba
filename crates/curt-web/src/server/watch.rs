//! What every connection is doing, and since when; connections that take too long are ended.
//!
//! Time is counted in ticks, and one task checks all connections once a tick. So a request pays a
//! few relaxed stores for all its time limits together, and sets no timer.

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

/// How often all connections are checked, and so how precise their limits are.
pub(super) const TICK: Duration = Duration::from_millis(250);

/// Longest time that a client may read nothing of an answer that waits for it.
const WRITE_TIME_MAX: Duration = Duration::from_secs(8);

/// A connection must be idle this long before it may be ended to make room: its client may be
/// writing the next request.
const EVICTABLE_AFTER: Duration = Duration::from_secs(1);

/// The state of a connection while none of its requests is being answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Nothing has arrived since it was accepted, or part of a request has.
    Reading,
    /// Every request so far has its answer, though the client may still be reading it.
    Idle,
}

/// One connection, as shared by its own task and the sweeper.
#[derive(Debug)]
pub(super) struct Connection {
    ticks: Arc<AtomicU32>,
    /// Requests being answered; more than one only on HTTP/2.
    in_flight: AtomicU32,
    /// The phase in the upper half, the tick it began in the lower.
    phase: AtomicU64,
    /// When the client stopped reading what we write; 0 while it reads.
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

    /// The client has read something. Sending may take long after the answer was made, so idle time
    /// starts at the last byte sent.
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
        // Requests have their own time limit.
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
    /// How many connections each client has. **Invariant:** no client in here has none.
    per_client: HashMap<IpAddr, usize>,
    next_id: u64,
}

#[derive(Debug)]
struct Entry {
    connection: Arc<Connection>,
    client: Option<IpAddr>,
    /// Absent until its task has begun, and after the task was told to end.
    task: Option<AbortHandle>,
}

/// A connection's slot in the watch, returned when it ends.
#[derive(Debug)]
pub(super) struct Watched {
    id: u64,
    pub(super) connection: Arc<Connection>,
    watch: Arc<Watch>,
}

impl Watch {
    pub(super) fn new(settings: &ConnectionSettings, metrics: ConnectionMetrics) -> Self {
        Self {
            // 0 means "never" where a tick is optional.
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

    /// Checks all connections, tick by tick, for as long as it is polled.
    pub(super) async fn sweep(self: Arc<Self>) {
        let mut ticks = interval(TICK);
        loop {
            ticks.tick().await;
            self.ticks.fetch_add(1, Relaxed);
            self.end_overdue();
        }
    }

    /// A slot for a connection of this client, or of a proxy if there is no client to count it for.
    /// A client at its limit loses the connection that has been idle longest; `None` if none is
    /// idle.
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

    /// Sets the task to end when it is time.
    pub(super) fn set_task(&self, id: u64, task: AbortHandle) {
        // The connection may have ended already.
        if let Some(entry) = self.table().entries.get_mut(&id) {
            entry.task = Some(task);
        }
    }

    /// Ends the connection that has been idle longest, if one may be ended.
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

    /// Ends all remaining connections.
    pub(super) fn end_all(&self) {
        for entry in self.table().entries.values_mut() {
            if let Some(task) = entry.task.take() {
                task.abort();
            }
        }
    }

    /// Consistent even after a panic: every change is a single step.
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

/// The network that a connection counts for: an IPv6 customer has at least a /64 of addresses.
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
