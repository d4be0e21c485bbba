//! The visitor of a link, and what the request says about the visit.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderValue};
use curt_domain::{ClickClass, Privacy, classify, says_prefetch};

/// A visitor, as far as the request tells.
#[derive(Clone, Copy)]
pub(crate) struct Visitor<'a> {
    pub client: IpAddr,
    pub query: Option<&'a str>,
    pub headers: &'a HeaderMap,
}

/// The relevant headers; empty if absent.
#[derive(Default)]
pub(crate) struct VisitHeaders<'a> {
    pub user_agent: &'a [u8],
    pub referrer: &'a [u8],
    pub language: &'a [u8],
    pub privacy: Privacy,
    /// `Sec-Purpose` or one of its older forms says so, whatever the others say.
    prefetches: bool,
}

impl<'a> VisitHeaders<'a> {
    /// In one pass: looking them up would hash nine names.
    pub(crate) fn read(headers: &'a HeaderMap) -> Self {
        let mut read = Self::default();
        for (name, value) in headers {
            match name.as_str() {
                "user-agent" => keep_first(&mut read.user_agent, value),
                "referer" => keep_first(&mut read.referrer, value),
                "accept-language" => keep_first(&mut read.language, value),
                "dnt" => read.privacy.do_not_track |= value == "1",
                "sec-gpc" => read.privacy.global_privacy_control |= value == "1",
                "sec-purpose" | "purpose" | "x-purpose" | "x-moz" => {
                    read.prefetches |= says_prefetch(value.as_bytes());
                }
                _ => {}
            }
        }
        read
    }

    /// The class, if it does not depend on the user agent: a prefetch by any client is no click.
    pub(crate) fn forced_class(&self) -> Option<ClickClass> {
        self.prefetches.then_some(ClickClass::Prefetch)
    }

    pub(crate) fn class(&self) -> ClickClass {
        self.forced_class().unwrap_or_else(|| classify(self.user_agent))
    }
}

fn keep_first<'a>(kept: &mut &'a [u8], value: &'a HeaderValue) {
    if kept.is_empty() {
        *kept = value.as_bytes();
    }
}

#[cfg(test)]
mod tests;
