//! Connections and requests: how many, how long, for which host names, and from which clients.

use std::{ops::RangeInclusive, time::Duration};

use curt_domain::Proxies;
use curt_web::{CLIENT_IP_HEADER_DEFAULT, ConnectionSettings, HttpSettings};
use http::HeaderName;
use url::Url;

use super::{
    reader::Reader,
    setting::{About, Disclosure, Fallback, Rejected, Section, Setting},
    values,
};

/// At about 20 KB each, connections stay below 200 MB.
const CONNECTIONS_MAX_DEFAULT: &str = "10000";
/// A tenth of all: enough for an office behind one address, too few to shut others out.
const CONNECTIONS_PER_CLIENT_DEFAULT: &str = "1000";
const HEADER_TIMEOUT_DEFAULT: &str = "5s";
const BODY_TIMEOUT_DEFAULT: &str = "8s";
/// Longer than the 60 s after which common load balancers close a connection. The side that waits
/// longer never sends a request on a connection that the other side is closing.
const IDLE_TIMEOUT_DEFAULT: &str = "75s";

const CONNECTIONS_RANGE: RangeInclusive<usize> = 1..=1_000_000;
/// Below a second, honest clients on slow lines would be cut off.
const TIMEOUT_RANGE: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_mins(10);

/// Names beside the public one: the names of one company, not a way to allow any name.
const HOSTS_MAX: usize = 100;

static ALLOWED_HOSTS: Setting<Vec<Url>> = Setting {
    about: About {
        key: "http.allowed_hosts",
        accepts: "host names without ports, separated by commas, such as `curt, www.example.com`",
        fallback: Fallback::EmptyList,
        disclosure: Disclosure::Open,
        summary: "Other names that requests may call this server by.",
        details: "The host of `public_url` always is one, and on loopback so are `localhost`, \
                  `127.0.0.1` and `[::1]`. Requests for another host get 421; probes of health are \
                  answered under any.",
    },
    parse: hosts,
};

static TRUSTED_PROXIES: Setting<Proxies> = Setting {
    about: About {
        key: "http.trusted_proxies",
        accepts: "IP addresses and networks, separated by commas, such as `127.0.0.1, 10.0.0.0/8`",
        fallback: Fallback::EmptyList,
        disclosure: Disclosure::Open,
        summary: "The proxies in front of the server, whose word about the client is taken.",
        details: "List only what clients cannot connect from. Without it, the client is who \
                  connected, and a proxy looks like one very busy client.",
    },
    parse: |text| text.parse().map_err(|error| Rejected::by(&error)),
};

static CLIENT_IP_HEADER: Setting<HeaderName> = Setting {
    about: About {
        key: "http.client_ip_header",
        accepts: "the name of a header, such as `x-forwarded-for` or `cf-connecting-ip`",
        fallback: Fallback::Described("`x-forwarded-for`"),
        disclosure: Disclosure::Open,
        summary: "Where trusted proxies say who the client is.",
        details: "Read from its end: the last address that is no trusted proxy. No other header is \
                  looked at, and this one only on connections from a trusted proxy.",
    },
    parse: header_of_addresses,
};

static CONNECTIONS_MAX: Setting<usize> = Setting {
    about: About {
        key: "http.connections_max",
        accepts: "a number from 1 to 1000000",
        fallback: Fallback::Value(CONNECTIONS_MAX_DEFAULT),
        disclosure: Disclosure::Open,
        summary: "Connections at a time.",
        details: "When all are in use, the one that was idle the longest is closed; while none is \
                  idle, new ones wait. Some 20 KB of memory each, and one file descriptor: the \
                  server raises its own limit as far as it may.",
    },
    parse: |text| values::whole(text, CONNECTIONS_RANGE),
};

static CONNECTIONS_PER_CLIENT: Setting<usize> = Setting {
    about: About {
        key: "http.connections_per_client_max",
        accepts: "a number from 1 to 1000000",
        fallback: Fallback::Value(CONNECTIONS_PER_CLIENT_DEFAULT),
        disclosure: Disclosure::Open,
        summary: "Connections at a time from one IPv4 address or one IPv6 network of 64 bits.",
        details: "Trusted proxies may have as many as there are.",
    },
    parse: |text| values::whole(text, CONNECTIONS_RANGE),
};

static HEADER_TIMEOUT: Setting<Duration> = Setting {
    about: About {
        key: "http.header_timeout",
        accepts: "a duration from `1s` to `10m`",
        fallback: Fallback::Value(HEADER_TIMEOUT_DEFAULT),
        disclosure: Disclosure::Open,
        summary: "Longest time for the first byte of a connection, and for the head of a request.",
        details: "",
    },
    parse: |text| values::duration(text, TIMEOUT_RANGE),
};

static BODY_TIMEOUT: Setting<Duration> = Setting {
    about: About {
        key: "http.body_timeout",
        accepts: "a duration from `1s` to `10m`",
        fallback: Fallback::Value(BODY_TIMEOUT_DEFAULT),
        disclosure: Disclosure::Open,
        summary: "Longest time for the body of a request.",
        details: "Every 16 KiB that arrive give it another second, so that a large import on a \
                  slow line is not cut off.",
    },
    parse: |text| values::duration(text, TIMEOUT_RANGE),
};

static IDLE_TIMEOUT: Setting<Duration> = Setting {
    about: About {
        key: "http.idle_timeout",
        accepts: "a duration from `1s` to `10m`",
        fallback: Fallback::Value(IDLE_TIMEOUT_DEFAULT),
        disclosure: Disclosure::Open,
        summary: "How long a connection may stay without a request.",
        details: "Keep it above the time after which a proxy in front closes idle connections.",
    },
    parse: |text| values::duration(text, TIMEOUT_RANGE),
};

pub(super) static SECTION: Section = Section {
    title: "HTTP",
    settings: &[
        &ALLOWED_HOSTS.about,
        &TRUSTED_PROXIES.about,
        &CLIENT_IP_HEADER.about,
        &CONNECTIONS_MAX.about,
        &CONNECTIONS_PER_CLIENT.about,
        &HEADER_TIMEOUT.about,
        &BODY_TIMEOUT.about,
        &IDLE_TIMEOUT.about,
    ],
};

#[derive(Debug, Clone)]
pub(crate) struct HttpConfig {
    pub(crate) requests: HttpSettings,
    pub(crate) connections: ConnectionSettings,
}

pub(super) fn read(reader: &mut Reader) -> HttpConfig {
    let trusted_proxies = reader.value(&TRUSTED_PROXIES);
    if trusted_proxies.trusts_everybody() {
        reader.warn(&TRUSTED_PROXIES.about, "everybody can claim any address with this");
    }
    let client_ip_header = reader.given(&CLIENT_IP_HEADER);
    if client_ip_header.is_some() && !reader.is_given(&TRUSTED_PROXIES.about) {
        let why = "is believed from nobody: say in http.trusted_proxies who may set it";
        reader.reject(&CLIENT_IP_HEADER.about, why);
    }
    let requests = HttpSettings {
        allowed_hosts: reader.value(&ALLOWED_HOSTS),
        trusted_proxies,
        client_ip_header: client_ip_header.unwrap_or(CLIENT_IP_HEADER_DEFAULT),
        body_timeout: reader.value(&BODY_TIMEOUT),
    };
    let connections = ConnectionSettings {
        max: reader.value(&CONNECTIONS_MAX),
        per_client_max: reader.value(&CONNECTIONS_PER_CLIENT),
        header_timeout: reader.value(&HEADER_TIMEOUT),
        idle_timeout: reader.value(&IDLE_TIMEOUT),
    };
    HttpConfig { requests, connections }
}

fn hosts(text: &str) -> Result<Vec<Url>, Rejected> {
    let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
    let hosts: Vec<Url> = names.map(host).collect::<Result<_, _>>()?;
    if HOSTS_MAX < hosts.len() {
        return Err(Rejected::Because(format!("has more than {HOSTS_MAX} names").into()));
    }
    Ok(hosts)
}

/// A name with anything around it would never match a request's host.
fn host(name: &str) -> Result<Url, Rejected> {
    let has_more = name.contains(['/', '?', '#', '@', '*', '\\']);
    let url = Url::parse(&format!("http://{name}/")).ok().filter(|url| url.port().is_none());
    url.filter(|_| !has_more).ok_or(Rejected::Malformed)
}

fn header_of_addresses(text: &str) -> Result<HeaderName, Rejected> {
    let name: HeaderName = values::parsed(text)?;
    if name == http::header::FORWARDED {
        let why = "has a syntax of its own that is not read; use `x-forwarded-for`";
        return Err(Rejected::Because(why.into()));
    }
    Ok(name)
}
