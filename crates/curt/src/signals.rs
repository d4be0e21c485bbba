//! Signals: the first asks the server to stop, a second one ends it at once.

use std::{future::Future, io, process::exit};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// The code with which a shell reports a process that SIGTERM ended: 128 + 15.
const EXIT_AT_ONCE: i32 = 143;

/// SIGTERM from supervisors, SIGINT from terminals.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

/// From this call on, signals do not end the process by themselves. The task cancels `stop` on the
/// first signal and ends with the process.
pub(crate) fn watch(stop: CancellationToken) -> io::Result<impl Future<Output = ()> + Send> {
    let mut signals = Signals {
        terminate: signal(SignalKind::terminate())?,
        interrupt: signal(SignalKind::interrupt())?,
    };
    Ok(async move {
        signals.next().await;
        stop.cancel();
        signals.next().await;
        tracing::warn!("a second signal: ending at once");
        exit(EXIT_AT_ONCE);
    })
}

impl Signals {
    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
