//! The host names that requests may use for this server.
//!
//! A request for another name was not meant for us: its sender was misled, or probes. Nothing is
//! ever built from the name itself; links come only from the public URL.

use axum::http::{HeaderMap, Uri, Version, header, uri::Authority};
use url::{Host, Url};

use crate::response::ApiError;

/// Probes use any address they know; their paths are answered without a host check.
pub(crate) const PROBE_PATHS: [&str; 3] = ["/healthz", "/readyz", "/api/v1/health"];

/// The names of this server, without ports: a proxy may change the port.
#[derive(Debug, Clone)]
pub(crate) struct Hosts {
    /// The public URL's host and port as clients write them: compared first, byte by byte.
    written: Box<[u8]>,
    names: Vec<Box<str>>,
}

impl Hosts {
    /// The public URL's name, and the others; for a loopback address, all loopback names.
    pub(crate) fn new<'a>(public_url: &'a Url, others: impl IntoIterator<Item = &'a Url>) -> Self {
        let urls = std::iter::once(public_url).chain(others);
        let mut names: Vec<Box<str>> =
            urls.filter_map(|url| url.host_str()).map(|host| bare(host).into()).collect();
        if is_loopback(public_url) {
            names.extend(["localhost", "127.0.0.1", "[::1]"].map(Box::from));
        }
        let host = public_url.host_str().unwrap_or_default();
        let written = match public_url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        };
        Self { written: written.into_bytes().into(), names }
    }

    /// RFC 9112, section 3.2: exactly one valid `Host`; a name in the request line or in HTTP/2's
    /// pseudo-header takes precedence.
    pub(crate) fn check(
        &self,
        uri: &Uri,
        version: Version,
        headers: &HeaderMap,
    ) -> Result<(), ApiError> {
        let mut lines = headers.get_all(header::HOST).iter();
        let line = match (lines.next(), lines.next()) {
            (Some(line), None) => Some(line.as_bytes()),
            (None, _) if Version::HTTP_2 <= version => None,
            _ => return Err(ApiError::InvalidHost),
        };
        match (uri.authority(), line) {
            (None, Some(line)) if *line == *self.written => Ok(()),
            (None, Some(line)) => self.knows(&parse(line)?),
            (Some(authority), line) => {
                line.map(parse).transpose()?;
                self.knows(&parse(authority.as_str().as_bytes())?)
            }
            (None, None) => Err(ApiError::InvalidHost),
        }
    }

    /// Whether a URL is one of this server's, on any port.
    pub(crate) fn is_own(&self, url: &Url) -> bool {
        let host = url.host_str().map(bare);
        host.is_some_and(|host| self.names.iter().any(|name| name.eq_ignore_ascii_case(host)))
    }

    fn knows(&self, authority: &Authority) -> Result<(), ApiError> {
        let host = bare(authority.host());
        let known = self.names.iter().any(|name| name.eq_ignore_ascii_case(host));
        if known { Ok(()) } else { Err(ApiError::Misdirected) }
    }
}

pub(crate) fn is_probe(path: &str) -> bool {
    PROBE_PATHS.contains(&path)
}

fn parse(text: &[u8]) -> Result<Authority, ApiError> {
    let authority = Authority::try_from(text).map_err(|_| ApiError::InvalidHost)?;
    let has_user = text.contains(&b'@');
    let port = authority.as_str().strip_prefix(authority.host()).unwrap_or_default();
    let is_port = |digits: &str| digits.is_empty() || digits.parse::<u16>().is_ok();
    let is_valid_port = port.strip_prefix(':').map_or(port.is_empty(), is_port);
    let is_valid = !has_user && !bare(authority.host()).is_empty() && is_valid_port;
    if is_valid { Ok(authority) } else { Err(ApiError::InvalidHost) }
}

/// `example.com.` is the same as `example.com`.
fn bare(host: &str) -> &str {
    host.strip_suffix('.').unwrap_or(host)
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests;
