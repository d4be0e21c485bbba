//! Targets: where links lead, checked once and stored as the browser will read them.
//!
//! Parsing follows the WHATWG URL standard (crate `url`), as browsers do: it strips control
//! characters and reads `https:\\host` as `https://host`. A test on the raw text would judge a
//! different URL from the one that is followed.

use std::{borrow::Cow, fmt, net::IpAddr};

use sha2::{Digest as _, Sha256};
use url::{Host, ParseError, Url};

/// Longest target, in bytes after normalising: every browser and proxy still accepts it.
pub const TARGET_LEN_MAX: usize = 2_048;

/// Longest text that is parsed; normalising may shorten it (it drops tabs and newlines).
const RAW_LEN_MAX: usize = 4 * TARGET_LEN_MAX;

/// An absolute `http` or `https` URL without user info, in ASCII, at most [`TARGET_LEN_MAX`] bytes.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct TargetUrl(Box<str>);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTarget {
    #[error("is not an absolute URL: {reason}")]
    Malformed { reason: ParseError },
    #[error("has the scheme {scheme:?}; http and https are allowed")]
    UnsupportedScheme { scheme: String },
    #[error("carries a user name or password")]
    UserinfoNotAllowed,
    #[error("leads back to this server")]
    SelfRedirect,
    #[error("is longer than {TARGET_LEN_MAX} bytes")]
    TooLong,
}

/// Addresses that a target must not have: our own.
#[derive(Debug, Clone, Default)]
pub struct TargetRules {
    own: Vec<OwnHost>,
}

#[derive(Debug, Clone)]
struct OwnHost {
    name: String,
    /// Compared only for loopback names: another port there is another program.
    loopback_port: Option<u16>,
}

impl TargetRules {
    /// Refuses targets on the hosts of `public_urls`.
    pub fn new<'a>(public_urls: impl IntoIterator<Item = &'a Url>) -> Self {
        Self { own: public_urls.into_iter().filter_map(OwnHost::of).collect() }
    }

    fn is_own(&self, url: &Url) -> bool {
        let Some(host) = OwnHost::of(url) else { return false };
        self.own.iter().any(|own| own.name == host.name && own.loopback_port == host.loopback_port)
    }
}

impl OwnHost {
    fn of(url: &Url) -> Option<Self> {
        let (name, is_loopback) = match url.host()? {
            Host::Domain(name) => {
                let name = bare(name);
                (name.to_owned(), name == "localhost" || name.ends_with(".localhost"))
            }
            Host::Ipv4(address) => address_name(address.into()),
            Host::Ipv6(address) => address_name(IpAddr::V6(address).to_canonical()),
        };
        if is_loopback {
            // All loopback names and addresses are this machine.
            let loopback_port = url.port_or_known_default();
            return Some(Self { name: "localhost".to_owned(), loopback_port });
        }
        Some(Self { name, loopback_port: None })
    }
}

/// An address in canonical form, and whether it is this machine's: 0.0.0.0 leads here too.
fn address_name(address: IpAddr) -> (String, bool) {
    (address.to_string(), address.is_loopback() || address.is_unspecified())
}

/// `example.com.` and `example.com` are the same host; `.` is not a host.
pub(crate) fn bare(host: &str) -> &str {
    host.trim_end_matches('.')
}

/// An IPv4 address in its IPv6 form is the same host.
pub(crate) fn canonical_host(host: Host) -> Host {
    match host {
        Host::Ipv6(address) => match address.to_canonical() {
            IpAddr::V4(address) => Host::Ipv4(address),
            IpAddr::V6(address) => Host::Ipv6(address),
        },
        other => other,
    }
}

/// The parts of a target, taken from its serialised form.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Place<'a> {
    /// Without a trailing dot; an IPv6 address is in brackets.
    pub(crate) host: Cow<'a, str>,
    /// The port, unless it is the scheme's default.
    pub(crate) port: Option<&'a str>,
    /// Path and query.
    pub(crate) rest: &'a str,
}

impl TargetUrl {
    /// Checks what a user typed. The result is normalised; parsing it again changes nothing.
    pub fn parse(text: &str, rules: &TargetRules) -> Result<Self, InvalidTarget> {
        if RAW_LEN_MAX < text.len() {
            return Err(InvalidTarget::TooLong);
        }
        let url = Url::parse(text).map_err(|reason| InvalidTarget::Malformed { reason })?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(InvalidTarget::UnsupportedScheme { scheme: url.scheme().to_owned() });
        }
        if url.host_str().is_none_or(|host| bare(host).is_empty()) {
            return Err(InvalidTarget::Malformed { reason: ParseError::EmptyHost });
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(InvalidTarget::UserinfoNotAllowed);
        }
        if TARGET_LEN_MAX < url.as_str().len() {
            return Err(InvalidTarget::TooLong);
        }
        if rules.is_own(&url) {
            return Err(InvalidTarget::SelfRedirect);
        }
        Ok(Self(String::from(url).into()))
    }

    /// Reads a target from the database; accepts every result of [`TargetUrl::parse`].
    pub fn from_stored(text: &str) -> Result<Self, InvalidTarget> {
        Self::parse(text, &TargetRules::default())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host as the parser reads it, without a trailing dot; never cut from the text.
    pub fn host(&self) -> String {
        bare(self.url().host_str().unwrap_or_default()).to_owned()
    }

    /// The parts, without parsing again: in a serialised URL without user info the host is between
    /// the second slash and the third, and only a port adds a colon after it.
    pub(crate) fn place(&self) -> Place<'_> {
        let after_scheme = self.0.split_once("://").map_or(&*self.0, |(_, rest)| rest);
        let path = after_scheme.find('/').unwrap_or(after_scheme.len());
        let (authority, rest) = after_scheme.split_at(path);
        let rest = rest.split('#').next().unwrap_or_default();
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
            _ => (authority, None),
        };
        let host = match host.strip_prefix('[').and_then(|text| text.strip_suffix(']')) {
            Some(address) => {
                let address = address.parse().expect("the parser wrote the address");
                Cow::Owned(canonical_host(Host::Ipv6(address)).to_string())
            }
            None => Cow::Borrowed(bare(host)),
        };
        Place { host, port, rest }
    }

    /// Host and path in Unicode, as people read and type them; for searching, not for following.
    pub fn in_own_letters(&self) -> String {
        let url = self.url();
        let (host, _) = idna::domain_to_unicode(url.host_str().unwrap_or_default());
        let path = percent_encoding::percent_decode_str(url.path()).decode_utf8_lossy();
        // Databases treat control characters differently.
        format!("{host}{path}").replace(char::is_control, "\u{fffd}")
    }

    /// The host with its labels reversed, `com.example.www.`, so that a prefix is a whole domain.
    /// An IP address stays as it is.
    pub fn reversed_host(&self) -> String {
        match self.url().host() {
            Some(Host::Domain(name)) => {
                bare(name).rsplit('.').flat_map(|label| [label, "."]).collect()
            }
            Some(Host::Ipv4(address)) => address.to_string(),
            Some(Host::Ipv6(address)) => address.to_string(),
            None => String::new(),
        }
    }

    /// 64 bits of SHA-256, to find links with the same target through an index.
    pub fn hash(&self) -> i64 {
        let digest = Sha256::digest(self.0.as_bytes());
        let (head, _) = digest.split_first_chunk().expect("SHA-256 gives 32 bytes");
        i64::from_be_bytes(*head)
    }

    /// The target with the visitor's query pairs after its own, before the fragment.
    ///
    /// Names that the target has are never overridden. `qr` is our own mark and is removed. Pairs
    /// that would make the whole longer than [`TARGET_LEN_MAX`] are left out.
    pub fn with_query(&self, visitor_query: &str) -> String {
        let mut url = self.url();
        let own_names: Vec<String> = url.query_pairs().map(|(name, _)| name.into_owned()).collect();
        for raw_pair in visitor_query.split('&') {
            let mut pairs = url::form_urlencoded::parse(raw_pair.as_bytes());
            let Some((name, value)) = pairs.next() else { continue };
            if name == "qr" || own_names.iter().any(|own| *own == name) {
                continue;
            }
            let without = url.clone();
            if raw_pair.contains('=') {
                url.query_pairs_mut().append_pair(&name, &value);
            } else {
                url.query_pairs_mut().append_key_only(&name);
            }
            if TARGET_LEN_MAX < url.as_str().len() {
                url = without;
            }
        }
        url.into()
    }

    fn url(&self) -> Url {
        Url::parse(&self.0).expect("a TargetUrl was parsed before, and normalising is idempotent")
    }
}

impl fmt::Display for TargetUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for TargetUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TargetUrl({})", self.0)
    }
}

#[cfg(test)]
mod tests;
