//! One pattern: a host, a host with all hosts under it, or the beginning of a URL.

use std::{fmt, net::Ipv6Addr, str::FromStr};

use url::{Host, Url};

use crate::targets::{TargetUrl, bare, canonical_host};

/// Longest pattern, in bytes: it fits whole into MySQL's longest index key.
pub const PATTERN_LEN_MAX: usize = 700;

/// Longest host name in the DNS.
const HOST_LEN_MAX: usize = 253;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PatternKind {
    /// `evil.example`, `192.0.2.1` or `[2001:db8::1]`: that host, on every port.
    Host,
    /// `*.evil.example`: that host and every host under it.
    Suffix,
    /// `evil.example/login`: every URL that begins with it, with any scheme, and on every port
    /// unless one is given.
    Prefix,
}

impl PatternKind {
    pub const ALL: [Self; 3] = [Self::Host, Self::Suffix, Self::Prefix];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Suffix => "suffix",
            Self::Prefix => "prefix",
        }
    }
}

/// A pattern in canonical form, at most [`PATTERN_LEN_MAX`] bytes of ASCII.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TargetPattern {
    kind: PatternKind,
    text: Box<str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPattern {
    #[error("is no host, no *.host and no beginning of a URL")]
    Malformed,
    #[error("is longer than {PATTERN_LEN_MAX} characters")]
    TooLong,
}

impl TargetPattern {
    /// Rebuilds a pattern from a matcher's data.
    pub(super) fn stored(kind: PatternKind, text: Box<str>) -> Self {
        Self { kind, text }
    }

    /// Blocks the target's host and nothing else.
    pub fn of_host(target: &TargetUrl) -> Self {
        Self::stored(PatternKind::Host, target.place().host.into())
    }

    pub const fn kind(&self) -> PatternKind {
        self.kind
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host as [`TargetUrl::reversed_host`] returns it; for a suffix the common beginning of
    /// all hosts under it.
    pub fn reversed_host(&self) -> String {
        let host = match self.kind {
            PatternKind::Host => &self.text,
            PatternKind::Suffix => &self.text["*.".len()..],
            PatternKind::Prefix => {
                let end = self.text.find('/').unwrap_or(self.text.len());
                let host = &self.text[..end];
                // A colon within brackets belongs to the address.
                match host.rfind(':') {
                    Some(colon) if !host[colon..].contains(']') => &host[..colon],
                    _ => host,
                }
            }
        };
        let target = TargetUrl::from_stored(&format!("http://{host}/"));
        target.map(|target| target.reversed_host()).unwrap_or_default()
    }

    fn suffix(text: &str) -> Result<Self, InvalidPattern> {
        match parse_host(text)? {
            Host::Domain(name) => Ok(Self::stored(PatternKind::Suffix, format!("*.{name}").into())),
            // An address has no subdomains.
            Host::Ipv4(_) | Host::Ipv6(_) => Err(InvalidPattern::Malformed),
        }
    }

    fn url(text: &str) -> Result<Self, InvalidPattern> {
        // The parser would take the first word of a path for the host.
        if text.starts_with(['/', '\\']) {
            return Err(InvalidPattern::Malformed);
        }
        let with_scheme =
            if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
        let url = Url::parse(&with_scheme).map_err(|_| InvalidPattern::Malformed)?;
        let has_user = !url.username().is_empty() || url.password().is_some();
        if !matches!(url.scheme(), "http" | "https") || has_user {
            return Err(InvalidPattern::Malformed);
        }
        let host = parse_host(url.host_str().unwrap_or_default())?.to_string();
        // Drops the default port of either scheme.
        let port = url.port().filter(|port| !matches!(port, 80 | 443));
        let rest = &url[url::Position::BeforePath..url::Position::AfterQuery];
        match port {
            None if rest == "/" => Ok(Self::stored(PatternKind::Host, host.into())),
            None => Ok(Self::stored(PatternKind::Prefix, format!("{host}{rest}").into())),
            Some(port) => {
                Ok(Self::stored(PatternKind::Prefix, format!("{host}:{port}{rest}").into()))
            }
        }
    }
}

/// Parsed like a target's host, so that no spelling counts as another host.
fn parse_host(text: &str) -> Result<Host, InvalidPattern> {
    if let Ok(address) = text.parse::<Ipv6Addr>() {
        return Ok(canonical_host(Host::Ipv6(address)));
    }
    match Host::parse(text).map_err(|_| InvalidPattern::Malformed)? {
        Host::Domain(name) => {
            let name = bare(&name);
            // A star is only allowed before a whole host.
            let is_sound = !name.split('.').any(|label| label.is_empty() || label.contains('*'));
            let fits = name.len() <= HOST_LEN_MAX;
            if is_sound && fits {
                Ok(Host::Domain(name.to_owned()))
            } else {
                Err(InvalidPattern::Malformed)
            }
        }
        address => Ok(canonical_host(address)),
    }
}

impl FromStr for TargetPattern {
    type Err = InvalidPattern;

    fn from_str(text: &str) -> Result<Self, InvalidPattern> {
        let text = text.trim();
        // The limit applies to the text as typed as well as to the canonical form; longer texts are
        // not parsed.
        if text.chars().nth(PATTERN_LEN_MAX).is_some() {
            return Err(InvalidPattern::TooLong);
        }
        let is_host = !text.contains(['/', ':']) || text.parse::<Ipv6Addr>().is_ok();
        let pattern = match text.strip_prefix("*.") {
            Some(suffix) => Self::suffix(suffix)?,
            None if is_host || text.starts_with('[') && text.ends_with(']') => {
                Self::stored(PatternKind::Host, parse_host(text)?.to_string().into())
            }
            None => Self::url(text)?,
        };
        if pattern.text.len() <= PATTERN_LEN_MAX {
            Ok(pattern)
        } else {
            Err(InvalidPattern::TooLong)
        }
    }
}

impl fmt::Display for TargetPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for TargetPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TargetPattern({})", self.text)
    }
}
