//! The drain: one thread that counts this server's journal as long as the server runs.
//!
//! It looks at the journal ten times a second, and again at once if there is more than one batch.
//! If the database is unavailable or full, only time is lost: the clicks stay in the journal, and
//! only when the journal is full are they dropped and counted as dropped. The thread has low
//! priority, because redirects come first; its work at a time is at most `CLICK_ROWS_MAX` rows and
//! some megabytes.

use std::{
    error::Error,
    fmt::Write as _,
    io, iter,
    panic::{self, AssertUnwindSafe},
    path::PathBuf,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use curt_domain::{Clock, Timestamp};
use curt_journal::{Journal, segments};
use curt_store::Store;
use parking_lot::{Condvar, Mutex};
use tokio::{runtime::Handle, sync::oneshot, time::timeout};

use crate::{
    counting::{Batch, Counting, CountingMode, Pass, PassError},
    metrics::DrainMetrics,
    watch::DrainWatch,
};

/// The pause between two looks at an empty journal: how long a click waits before it shows.
const INTERVAL: Duration = Duration::from_millis(100);

/// The pause after a failure or after another drain was faster, doubled for each further one.
const PAUSE_MIN: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// As for `nice`: redirects come first.
const NICENESS: i32 = 10;

pub struct DrainSettings {
    pub store: Store,
    pub journal: Arc<Journal>,
    /// Where the journal is.
    pub directory: PathBuf,
    pub clock: Clock,
    pub metrics: DrainMetrics,
}

/// The running drain. If dropped without [`Drain::finish`], it ends after the current batch.
#[derive(Debug)]
pub struct Drain {
    shared: Arc<Shared>,
    ended: oneshot::Receiver<Finished>,
    watch: DrainWatch,
}

/// How the drain ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finished {
    /// Everything that could be read is counted.
    Whole,
    /// The rest is counted at the next start.
    Early,
}

#[derive(Debug, Default)]
struct Shared {
    /// When to stop, even with records left to count.
    end: Mutex<Option<Instant>>,
    bell: Condvar,
}

impl Drain {
    /// Starts the thread, which calls the store on the current async runtime.
    pub fn start(settings: DrainSettings) -> io::Result<Self> {
        let DrainSettings { store, journal, directory, clock, metrics } = settings;
        let watch = metrics.watch().clone();
        watch.begin(oldest_click(&directory, &clock), clock.instant());
        let shared = Arc::new(Shared::default());
        let mode = CountingMode::Drain(journal);
        let thread = DrainThread {
            shared: Arc::clone(&shared),
            counting: Counting::new(store, directory, clock.clone(), mode),
            clock,
            metrics,
            watch: watch.clone(),
            pause: PAUSE_MIN,
        };
        let (finished, ended) = oneshot::channel();
        let runtime = Handle::current();
        thread::Builder::new().name("drain".to_owned()).spawn(move || {
            lower_priority();
            // The receiver may be gone.
            finished.send(thread.run(&runtime)).unwrap_or(());
        })?;
        Ok(Self { shared, ended, watch })
    }

    pub fn watch(&self) -> &DrainWatch {
        &self.watch
    }

    /// Counts everything in the journal, which must already be closed, and ends. After `patience`
    /// it gives up and leaves the rest to the next start.
    pub async fn finish(mut self, patience: Duration) -> Finished {
        self.shared.end_by(Instant::now() + patience);
        match timeout(patience, &mut self.ended).await {
            Ok(Ok(finished)) => finished,
            // It panicked, or is waiting for the database.
            Ok(Err(_)) | Err(_) => Finished::Early,
        }
    }
}

impl Drop for Drain {
    fn drop(&mut self) {
        self.shared.end_by(Instant::now());
    }
}

impl Shared {
    fn end_by(&self, deadline: Instant) {
        *self.end.lock() = Some(deadline);
        self.bell.notify_all();
    }

    fn end(&self) -> Option<Instant> {
        *self.end.lock()
    }

    /// Waits for `pause`, or until the end is requested if it was not yet known.
    fn wait(&self, pause: Duration, known: Option<Instant>) {
        let mut end = self.end.lock();
        if end.is_some() == known.is_some() {
            self.bell.wait_for(&mut end, pause);
        }
    }
}

/// What follows a pass.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    End(Finished),
    AtOnce,
    After(Duration),
}

struct DrainThread {
    shared: Arc<Shared>,
    counting: Counting,
    clock: Clock,
    metrics: DrainMetrics,
    watch: DrainWatch,
    pause: Duration,
}

impl DrainThread {
    fn run(mut self, runtime: &Handle) -> Finished {
        loop {
            // Read first: a pass that began after the journal was closed has seen all of it.
            let end = self.shared.end();
            let passed = self.pass(runtime);
            self.report(&passed);
            match self.next(&passed, end) {
                Next::End(finished) => return finished,
                Next::AtOnce => {}
                Next::After(pause) => self.shared.wait(pause, end),
            }
        }
    }

    fn next(&mut self, passed: &Result<Pass, PassError>, end: Option<Instant>) -> Next {
        match (passed, end) {
            (Ok(Pass::Counted(batch)), Some(_)) if batch.is_dry => Next::End(Finished::Whole),
            (_, Some(deadline)) if deadline <= Instant::now() => Next::End(Finished::Early),
            (Ok(Pass::Counted(batch)), _) if batch.is_dry => Next::After(INTERVAL),
            (Ok(Pass::Counted(_) | Pass::Skipped), _) => Next::AtOnce,
            (Ok(Pass::Overtaken) | Err(_), Some(_)) => Next::After(PAUSE_MIN),
            (Ok(Pass::Overtaken) | Err(_), None) => Next::After(self.longer_pause()),
        }
    }

    /// A panic counts as a batch that was not counted: unfinished work is discarded, and the marks
    /// tell where to continue. Otherwise one bad batch would end the counting unnoticed.
    fn pass(&mut self, runtime: &Handle) -> Result<Pass, PassError> {
        let pass = AssertUnwindSafe(|| runtime.block_on(self.counting.pass()));
        panic::catch_unwind(pass).unwrap_or_else(|_| {
            self.counting = self.counting.anew();
            Err(PassError::Panicked)
        })
    }

    fn longer_pause(&mut self) -> Duration {
        let pause = self.pause;
        self.pause = (pause * 2).min(PAUSE_MAX);
        pause
    }

    fn report(&mut self, passed: &Result<Pass, PassError>) {
        let failure = match passed {
            Ok(Pass::Counted(batch)) => {
                self.metrics.count(batch);
                self.watch.add(self.clock.instant(), batch.clicks);
                self.pause = PAUSE_MIN;
                None
            }
            // Nothing was counted, so it is unknown whether counting works.
            Ok(Pass::Skipped | Pass::Overtaken) => self.watch.state().failure,
            Err(error) => {
                self.metrics.count_failure();
                Some(chain(error))
            }
        };
        let mut state = self.watch.lock();
        match (&failure, &state.failure) {
            (Some(error), before) if before.as_ref() != Some(error) => {
                tracing::error!(error, "clicks stay in the journal: they cannot be counted now");
            }
            (None, Some(_)) => tracing::info!("clicks are counted again"),
            _ => {}
        }
        state.failure = failure;
        if let Ok(Pass::Counted(Batch { counted_to, .. })) = passed {
            state.counted_to = Some(*counted_to);
        }
        state.skipped_segments = self.counting.skipped().count();
        state.records_done = self.counting.records_done();
    }
}

/// The error and its causes, in one line.
fn chain(error: &PassError) -> String {
    let mut text = error.to_string();
    for cause in iter::successors(error.source(), |&cause| cause.source()) {
        write!(text, ": {cause}").expect("a string takes what is written");
    }
    text
}

/// Clicks of an earlier run begin with its oldest segment.
fn oldest_click(directory: &std::path::Path, clock: &Clock) -> Timestamp {
    let now = clock.now();
    let listing = segments(directory).unwrap_or_default();
    listing.segments.first().map_or(now, |segment| segment.created_at.min(now))
}

/// For this thread alone: Linux has a priority for each thread.
fn lower_priority() {
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        tracing::debug!(%error, "the drain keeps the priority of all");
    }
}

#[cfg(test)]
mod tests;
