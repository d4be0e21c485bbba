//! Where the server listens, its public name, and where it keeps its files.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

use url::{Host, Url};

use super::{
    reader::Reader,
    setting::{About, Disclosure, Fallback, Rejected, Section, Setting},
    values,
};

const LISTEN_DEFAULT: &str = "127.0.0.1:8000";
const DATA_DIR_DEFAULT: &str = "./data";

static LISTEN: Setting<SocketAddr> = Setting {
    about: About {
        key: "listen",
        accepts: "an IP address and a port, such as `127.0.0.1:8000` or `[::]:8000`",
        fallback: Fallback::Value(LISTEN_DEFAULT),
        disclosure: Disclosure::Open,
        summary: "Where the server accepts HTTP connections.",
        details: "Keep it on loopback behind a proxy that speaks TLS. Port 0 takes a free one.",
    },
    parse: values::parsed,
};

static PUBLIC_URL: Setting<Url> = Setting {
    about: About {
        key: "public_url",
        accepts: "an http or https URL without a path, such as `https://go.example.com`",
        fallback: Fallback::Described(
            "`http://localhost:PORT` while `listen` is a loopback address; required otherwise",
        ),
        disclosure: Disclosure::Open,
        summary: "How visitors reach this server; short URLs begin with it.",
        details: "Never taken from a request, because a request can claim any host. Use https for \
                  everything but localhost.",
    },
    parse: public_url,
};

static DATA_DIR: Setting<PathBuf> = Setting {
    about: About {
        key: "data_dir",
        accepts: "a directory that belongs to the user who runs the server",
        fallback: Fallback::Value(DATA_DIR_DEFAULT),
        disclosure: Disclosure::Open,
        summary: "Where the server keeps its files: generated keys, and the SQLite database.",
        details: "Created with mode 0700 when it does not exist. One server at a time uses it; it \
                  needs a disk that outlives the process.",
    },
    parse: values::directory,
};

pub(super) static SECTION: Section =
    Section { title: "Server", settings: &[&LISTEN.about, &PUBLIC_URL.about, &DATA_DIR.about] };

/// What every part of the server uses.
#[derive(Debug, Clone)]
pub(crate) struct ServerConfig {
    pub(crate) listen: SocketAddr,
    pub(crate) data_dir: PathBuf,
    /// Absent only on loopback; see [`ServerConfig::public_url`].
    public_url: Option<Url>,
}

impl ServerConfig {
    /// The base of short URLs. It needs the bound address: with port 0 the default depends on it.
    pub(crate) fn public_url(&self, bound: SocketAddr) -> Url {
        self.public_url.clone().unwrap_or_else(|| {
            let text = format!("http://localhost:{}", bound.port());
            Url::parse(&text).expect("localhost with any port is a valid URL")
        })
    }
}

pub(super) fn read(reader: &mut Reader) -> ServerConfig {
    let listen = reader.value(&LISTEN);
    let public_url = reader.given(&PUBLIC_URL);
    let server = ServerConfig { listen, data_dir: reader.value(&DATA_DIR), public_url };
    if !listen.ip().is_loopback() && !reader.is_given(&PUBLIC_URL.about) {
        let listens = reader.source(&LISTEN.about);
        let why = format!("is required, because listen = \"{listen}\" ({listens}) is not loopback");
        reader.reject(&PUBLIC_URL.about, why);
    }
    let url = server.public_url(listen);
    if url.scheme() == "http" && !is_loopback(&url) {
        reader.warn(&PUBLIC_URL.about, "visitors can be misdirected without https");
    }
    reader.derive(&PUBLIC_URL.about, url.as_str().trim_end_matches('/'));
    server
}

/// Whether only this machine can reach the URL.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        // The parser treats schemes of databases as opaque: an IP address stays a name there.
        Some(Host::Domain(name)) => {
            name == "localhost"
                || name.ends_with(".localhost")
                || name.parse().is_ok_and(|address: IpAddr| address.is_loopback())
        }
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).to_canonical().is_loopback(),
        None => false,
    }
}

fn public_url(text: &str) -> Result<Url, Rejected> {
    let url: Url = values::parsed(text)?;
    let problem = if !matches!(url.scheme(), "http" | "https") {
        "must begin with http:// or https://"
    } else if !url.username().is_empty() || url.password().is_some() {
        "must not carry a user name or password"
    } else if url.path() != "/" {
        "must not have a path: codes follow right after the host"
    } else if url.query().is_some() || url.fragment().is_some() {
        "must not have a query or a fragment"
    } else {
        return Ok(url);
    };
    Err(Rejected::Because(problem.into()))
}
