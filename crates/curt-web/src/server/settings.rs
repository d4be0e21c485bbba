//! How long connections and the shutdown may take.

use std::time::Duration;

/// How long kept-alive connections may send one more request after the listener has closed; its
/// answer tells the client to go. Otherwise a request could meet a closing connection.
pub(super) const LINGER: Duration = Duration::from_secs(1);

/// Section `shutdown` of the configuration.
#[derive(Debug, Clone, Copy)]
pub struct ShutdownSettings {
    /// From "not ready" to the end of accepting: the time a load balancer needs to notice.
    pub delay: Duration,
    /// Longest time for everything after that.
    pub timeout: Duration,
}

impl ShutdownSettings {
    /// Longest time for requests in flight: four fifths, by default as long as a request may take
    /// at all. The rest is for what follows them.
    pub(super) fn requests_timeout(&self) -> Duration {
        self.timeout * 4 / 5
    }
}

/// Section `http` of the configuration, the part about connections.
#[derive(Debug, Clone, Copy)]
pub struct ConnectionSettings {
    /// Concurrent connections. When all are in use, more wait in the kernel's queue.
    pub max: usize,
    /// Concurrent connections of one IPv4 address, or of one IPv6 /64 network.
    pub per_client_max: usize,
    /// Longest time for the first byte of a connection, and for the head of a request.
    pub header_timeout: Duration,
    /// How long a connection may stay open without a request.
    pub idle_timeout: Duration,
}
