//! Hashing passwords: Argon2id, one or two at a time, on threads that yield to redirects.
//!
//! A hash costs 19 MiB and about 40 ms on purpose. So there are few threads, which run only when a
//! core is idle, with a short queue; when the queue is full, callers are told at once to retry. A
//! flood of logins only slows logins.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::OnceLock,
    thread,
    time::Duration,
};

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc},
};
use crossbeam_channel::{Receiver, Sender};
use curt_domain::{NewPassword, Password, PasswordHash, PasswordUse, WeakPassword};
use thread_priority::{
    NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy,
    set_thread_priority_and_policy, thread_native_id,
};
use tokio::{sync::oneshot, time::timeout};

use crate::response::ApiError;

/// OWASP's recommendation for Argon2id: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Waiting jobs: at 40 ms per hash, a bit more than a second of one thread's work.
const QUEUE_LEN_MAX: usize = 32;

/// Longest wait for a hash, including the queue.
const WAIT_MAX: Duration = Duration::from_secs(2);

/// Machines with up to this many cores get one thread.
const SMALL_MACHINE_CORES: usize = 2;

/// Imported hashes can ask for more work than ours. Hashes above these limits are refused: bcrypt's
/// cost doubles with every step, and 14 takes about a second.
const BCRYPT_COST_MAX: u32 = 14;
const MEMORY_KIB_MAX: u32 = 64 * 1024;
const PASSES_MAX: u32 = 8;

/// Stands in for users who do not exist: takes a real hash's time, and matches no known password.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$Y3VydCBub2JvZHkgMDAwMQ$\
                      yZkSv1ahNtD+DJrpOBaXXzQpKHhCYTQjwvZ7G0Emfhs";

type Job = Box<dyn FnOnce() + Send>;

/// The threads, which start when the first password is hashed.
#[derive(Debug, Default)]
pub(crate) struct Hasher {
    queue: OnceLock<Sender<Job>>,
}

/// The result of checking a typed password.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verified {
    Wrong,
    Right,
    /// Right, and the stored hash is of an older kind: replace it with this one.
    Outdated {
        hash: PasswordHash,
    },
}

impl Hasher {
    /// The hash to store for a new password, unless the password is too easy to guess. Checking
    /// that takes time as well.
    pub(crate) async fn hash(
        &self,
        password: Password,
        usage: PasswordUse,
    ) -> Result<Result<PasswordHash, WeakPassword>, ApiError> {
        self.run(move || match NewPassword::check(password, &usage) {
            Ok(new) => hash(new.password()).map(Ok),
            Err(weak) => Ok(Err(weak)),
        })
        .await?
    }

    /// Checks that a new password is not too easy to guess, without hashing it.
    pub(crate) async fn check(
        &self,
        password: Password,
        usage: PasswordUse,
    ) -> Result<Result<(), WeakPassword>, ApiError> {
        self.run(move || NewPassword::check(password, &usage).map(drop)).await
    }

    /// Whether the hash is of this password. Without a hash, takes the same time and is wrong.
    pub(crate) async fn verify(
        &self,
        password: Password,
        stored: Option<PasswordHash>,
    ) -> Result<Verified, ApiError> {
        self.run(move || match stored {
            Some(stored) => verify(&password, stored.as_str()),
            None => verify(&password, NOBODY).map(|_| Verified::Wrong),
        })
        .await?
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let (done, answer) = oneshot::channel();
        let job = Box::new(move || {
            // The receiver is gone when the wait was too long or the client has left.
            if !done.is_closed() {
                drop(done.send(work()));
            }
        });
        self.queue().try_send(job).map_err(|_| ApiError::TooBusy)?;
        match timeout(WAIT_MAX, answer).await {
            Ok(Ok(result)) => Ok(result),
            Ok(Err(gone)) => Err(ApiError::from_failure(&gone)),
            Err(_elapsed) => Err(ApiError::TooBusy),
        }
    }

    fn queue(&self) -> &Sender<Job> {
        self.queue.get_or_init(|| {
            let (queue, jobs) = crossbeam_channel::bounded(QUEUE_LEN_MAX);
            for _ in 0..threads() {
                start_thread(jobs.clone());
            }
            queue
        })
    }
}

fn threads() -> usize {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    if cores <= SMALL_MACHINE_CORES { 1 } else { 2 }
}

/// The thread ends with the queue. Without any thread, hashing is refused and the log says why.
fn start_thread(jobs: Receiver<Job>) {
    let work = move || {
        if let Err(error) = step_back() {
            tracing::debug!(?error, "the hasher keeps the priority of all");
        }
        for job in jobs {
            // The panic hook has logged the panic; later passwords are hashed as usual.
            drop(catch_unwind(AssertUnwindSafe(job)));
        }
    };
    if let Err(error) = thread::Builder::new().name("hasher".to_owned()).spawn(work) {
        tracing::error!(%error, "cannot start a thread for hashing passwords");
    }
}

/// Redirects come first: this thread runs only when its core is idle (`SCHED_IDLE`). With a
/// niceness of 19 alone, a flood of logins raised the p99 of redirects on the same core to 2.3
/// times the quiet value: the thread seems to have kept its time slice when other threads woke.
fn step_back() -> Result<(), thread_priority::Error> {
    let idle = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
    set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, idle)
}

fn current() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("they are within all limits");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hash(password: &Password) -> Result<PasswordHash, ApiError> {
    let hash: Result<phc::PasswordHash, _> = current().hash_password(password.as_str().as_bytes());
    hash.map(|hash| PasswordHash::new(&hash.to_string()))
        .map_err(|error| ApiError::from_failure(&error))
}

fn verify(password: &Password, stored: &str) -> Result<Verified, ApiError> {
    if let Some(cost) = bcrypt_cost(stored) {
        let is_right = cost <= BCRYPT_COST_MAX && is_of_bcrypt(password, stored)?;
        return if is_right { outdated(password) } else { Ok(Verified::Wrong) };
    }
    let parsed = phc::PasswordHash::new(stored).map_err(|error| ApiError::from_failure(&error))?;
    let params = Params::try_from(&parsed).map_err(|error| ApiError::from_failure(&error))?;
    let is_affordable = params.m_cost() <= MEMORY_KIB_MAX && params.t_cost() <= PASSES_MAX;
    if !is_affordable || current().verify_password(password.as_str().as_bytes(), &parsed).is_err() {
        return Ok(Verified::Wrong);
    }
    if is_current(&parsed, &params) { Ok(Verified::Right) } else { outdated(password) }
}

/// Such hashes are imported, and not every program normalises a password's letters to one form. The
/// amount of work follows from the typed text alone, so timing tells nothing about the hash.
fn is_of_bcrypt(password: &Password, stored: &str) -> Result<bool, ApiError> {
    let mut is_right = false;
    for form in [Some(password.as_str()), password.other_form()].into_iter().flatten() {
        let verified = bcrypt::verify(form.as_bytes(), stored);
        is_right |= verified.map_err(|error| ApiError::from_failure(&error))?;
    }
    Ok(is_right)
}

/// Rehashed now, the only time the password is known.
fn outdated(password: &Password) -> Result<Verified, ApiError> {
    Ok(Verified::Outdated { hash: hash(password)? })
}

fn is_current(hash: &phc::PasswordHash, params: &Params) -> bool {
    hash.algorithm == Algorithm::Argon2id.ident()
        && hash.version == Some(Version::V0x13.into())
        && (params.m_cost(), params.t_cost(), params.p_cost()) == (MEMORY_KIB, PASSES, LANES)
}

/// The cost in `$2b$12$…`, in any of bcrypt's versions.
fn bcrypt_cost(stored: &str) -> Option<u32> {
    let (version, rest) = stored.strip_prefix("$2")?.split_once('$')?;
    if !matches!(version, "" | "a" | "b" | "x" | "y") {
        return None;
    }
    rest.split('$').next()?.parse().ok()
}

#[cfg(test)]
mod tests;
