//! Where metrics can be read: on a separate listener, so that the public one never serves them.

use std::net::SocketAddr;

use super::{
    ServerConfig,
    reader::Reader,
    setting::{About, Disclosure, Fallback, Section, Setting},
    values,
};

const LISTEN_DEFAULT: &str = "127.0.0.1:9100";
const OFF: &str = "off";

static LISTEN: Setting<Option<SocketAddr>> = Setting {
    about: About {
        key: "metrics.listen",
        accepts: "an IP address and a port, such as `127.0.0.1:9100`, or `off`",
        fallback: Fallback::Value(LISTEN_DEFAULT),
        disclosure: Disclosure::Open,
        summary: "Where `/metrics` is served for Prometheus.",
        details: "It needs no key, so keep it where only your monitoring reaches it.",
    },
    parse: |text| if text == OFF { Ok(None) } else { values::parsed(text).map(Some) },
};

pub(super) static SECTION: Section = Section { title: "Metrics", settings: &[&LISTEN.about] };

#[derive(Debug, Clone, Copy)]
pub(crate) struct MetricsConfig {
    /// Absent if metrics are off.
    pub(crate) listen: Option<SocketAddr>,
}

pub(super) fn read(reader: &mut Reader, server: &ServerConfig) -> MetricsConfig {
    let listen = reader.value(&LISTEN);
    if let Some(listen) = listen {
        if listen == server.listen && listen.port() != 0 {
            reader.reject(&LISTEN.about, "is the address of the server itself (listen)");
        }
        if !listen.ip().is_loopback() {
            reader.warn(&LISTEN.about, "everybody who reaches this address can read the metrics");
        }
    }
    MetricsConfig { listen }
}
