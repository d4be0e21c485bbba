//! The client of a request: the other end of its connection, or the one that a trusted proxy names.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use curt_domain::Proxies;

/// Which proxies to trust, and the header they use.
#[derive(Debug, Clone)]
pub(crate) struct ClientRules {
    proxies: Proxies,
    header: HeaderName,
}

impl ClientRules {
    pub(crate) fn new(proxies: Proxies, header: HeaderName) -> Self {
        Self { proxies, header }
    }

    pub(crate) fn trusts(&self, peer: IpAddr) -> bool {
        self.proxies.trusts(peer)
    }

    /// Only this one header is ever read, and only from a trusted proxy.
    pub(crate) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        if self.proxies.is_empty() {
            return peer.to_canonical();
        }
        let values = headers.get_all(&self.header).iter().map(HeaderValue::as_bytes);
        self.proxies.client(peer, values)
    }
}
