//! How long connections and the end of the server may take.

use std::time::Duration;

/// How long clients that keep their connection may send one more request after the listener has
/// closed; its answer tells them to go. Without it a request could meet a closing connection.
pub(super) const LINGER: Duration = Duration::from_secs(1);

/// Section `shutdown` of the configuration.
#[derive(Debug, Clone, Copy)]
pub struct ShutdownSettings {
    /// From "not ready" to the end of accepting: what a load balancer needs to notice.
    pub delay: Duration,
    /// Longest time that everything else may take after that.
    pub timeout: Duration,
}

impl ShutdownSettings {
    /// Longest time for requests in flight: four fifths, by default as long as a request may take
    /// at all. The rest is for what comes after them.
    pub(super) fn requests_timeout(&self) -> Duration {
        self.timeout * 4 / 5
    }
}

/// Section `http` of the configuration, as far as connections are concerned.
#[derive(Debug, Clone, Copy)]
pub struct ConnectionSettings {
    /// Connections at a time. When they are all in use, more wait in the kernel's queue.
    pub max: usize,
    /// Connections at a time of one IPv4 address, or of one IPv6 network of 64 bits.
    pub per_client_max: usize,
    /// Longest time for the first byte of a connection, and for the head of a request.
    pub header_timeout: Duration,
    /// How long a connection may stay without a request.
    pub idle_timeout: Duration,
}
