//! File descriptors: as many as the connections need, as far as the system allows.

use curt_web::ConnectionSettings;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors for everything but visitors: the database and its pools, keys, logs, metrics.
const RESERVED: u64 = 256;

/// Raises this process's limit for the connections, and lowers their number to what then fits.
/// Running out would hit the database and the keys as well.
pub(crate) fn allow(connections: ConnectionSettings) -> ConnectionSettings {
    let wanted = RESERVED.saturating_add(connections.max as u64);
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    // `None` is no limit at all.
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
