//! The cookies of browsers: a session, a known device, an unlocked link.
//!
//! Over HTTPS their names begin with `__Host-`, which browsers accept only with `Secure` and for
//! the whole of exactly this host, or with `__Secure-` for a single path. On plain HTTP, which is
//! for this machine alone, browsers refuse these prefixes.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};

/// What a cookie is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cookie {
    Session,
    /// A user has logged in from this browser before.
    Device,
    /// A visitor gave the password of a link; sent only to the link's path.
    Unlocked,
}

/// How cookies are written here; follows from the public URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cookies {
    Secure,
    Plain,
}

impl Cookie {
    const fn name(self, cookies: Cookies) -> &'static str {
        match (self, cookies) {
            (Self::Session, Cookies::Secure) => "__Host-session",
            (Self::Session, Cookies::Plain) => "session",
            (Self::Device, Cookies::Secure) => "__Host-device",
            (Self::Device, Cookies::Plain) => "device",
            (Self::Unlocked, Cookies::Secure) => "__Secure-unlocked",
            (Self::Unlocked, Cookies::Plain) => "unlocked",
        }
    }
}

impl Cookies {
    pub(crate) fn of_scheme(scheme: &str) -> Self {
        if scheme == "https" { Self::Secure } else { Self::Plain }
    }

    /// The cookie's value, if the request carries it.
    pub(crate) fn find(self, headers: &HeaderMap, cookie: Cookie) -> Option<&str> {
        self.all(headers, cookie).next()
    }

    /// The values of all cookies of that name: each path and domain may have set one.
    pub(crate) fn all(self, headers: &HeaderMap, cookie: Cookie) -> impl Iterator<Item = &str> {
        let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
        let pairs = lines.flat_map(|line| line.split(';')).map(str::trim);
        pairs.filter_map(move |pair| pair.strip_prefix(cookie.name(self))?.strip_prefix('='))
    }

    /// Sets the cookie. The value is one of ours: base 64, possibly with dots.
    pub(crate) fn set(self, cookie: Cookie, value: &str, age_max: Duration) -> HeaderValue {
        self.set_on(cookie, value, age_max, "/")
    }

    /// The same for one path and those below it: the slash is followed by a code or nothing.
    pub(crate) fn set_on(
        self,
        cookie: Cookie,
        value: &str,
        age_max: Duration,
        path: &str,
    ) -> HeaderValue {
        let name = cookie.name(self);
        let secure = if self == Self::Secure { "; Secure" } else { "" };
        let age = age_max.as_secs();
        let line =
            format!("{name}={value}; Path={path}; Max-Age={age}; HttpOnly; SameSite=Lax{secure}");
        HeaderValue::try_from(line).expect("tokens are visible ASCII")
    }

    pub(crate) fn clear(self, cookie: Cookie) -> HeaderValue {
        self.set(cookie, "", Duration::ZERO)
    }
}

#[cfg(test)]
mod tests;
