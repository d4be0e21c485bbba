//! File descriptors: as many as the connections need, within the system's limits.

use curt_web::ConnectionSettings;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors for everything except visitors: the database and its pools, keys, logs, metrics.
const RESERVED: u64 = 256;

/// Raises this process's limit for the connections, or lowers their number to what fits. Without
/// descriptors the database and the keys would fail too.
pub(crate) fn allow(connections: ConnectionSettings) -> ConnectionSettings {
    let wanted = RESERVED.saturating_add(connections.max as u64);
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    // `None` means no limit.
    let Some(current) = current.filter(|current| *current < wanted) else { return connections };
    let raised = maximum.map_or(wanted, |maximum| wanted.min(maximum));
    let limit = Rlimit { current: Some(raised), maximum };
    let allowed = setrlimit(Resource::Nofile, limit).map_or(current, |()| raised);
    if wanted <= allowed {
        return connections;
    }
    let fitting = usize::try_from(allowed.saturating_sub(RESERVED)).unwrap_or(usize::MAX).max(1);
    tracing::warn!(
        limit = allowed,
        connections_max = fitting,
        "fewer connections than http.connections_max: the system allows no more open files"
    );
    ConnectionSettings { max: fitting, ..connections }
}
