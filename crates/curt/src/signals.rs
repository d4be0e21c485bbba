//! Signals: the first asks the server to stop, a second one ends it at once.

use std::{future::Future, io, process::exit};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// As a shell reports a process that SIGTERM ended: 128 + 15.
const EXIT_AT_ONCE: i32 = 143;

/// SIGTERM from supervisors, SIGINT from terminals.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

/// From the call on signals no longer end the process by themselves. The task cancels `stop` on
/// the first one, and ends when everything else has: at `end`.
pub(crate) fn watch(
    stop: CancellationToken,
    end: CancellationToken,
) -> io::Result<impl Future<Output = ()> + Send> {
    let mut signals = Signals {
        terminate: signal(SignalKind::terminate())?,
        interrupt: signal(SignalKind::interrupt())?,
    };
    Ok(async move {
        if signals.next_before(&end).await {
            stop.cancel();
        }
        if signals.next_before(&end).await {
            tracing::warn!("a second signal: ending at once");
            exit(EXIT_AT_ONCE);
        }
    })
}

impl Signals {
    /// Whether a signal came before `end`.
    async fn next_before(&mut self, end: &CancellationToken) -> bool {
        tokio::select! {
            _ = self.terminate.recv() => true,
            _ = self.interrupt.recv() => true,
            () = end.cancelled() => false,
        }
    }
}
