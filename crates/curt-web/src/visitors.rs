//! Who follows a link, and what the request says about it.

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

/// What the headers say; empty where there is none.
#[derive(Default)]
pub(crate) struct Said<'a> {
    pub user_agent: &'a [u8],
    pub referrer: &'a [u8],
    pub language: &'a [u8],
    pub privacy: Privacy,
    /// `Sec-Purpose` or one of its older forms says so, whatever the others say.
    prefetches: bool,
}

impl<'a> Said<'a> {
    /// In one pass: looking them up would hash nine names.
    pub(crate) fn by(headers: &'a HeaderMap) -> Self {
        let mut said = Self::default();
        for (name, value) in headers {
            match name.as_str() {
                "user-agent" => keep_first(&mut said.user_agent, value),
                "referer" => keep_first(&mut said.referrer, value),
                "accept-language" => keep_first(&mut said.language, value),
                "dnt" => said.privacy.do_not_track |= value == "1",
                "sec-gpc" => said.privacy.global_privacy_control |= value == "1",
                "sec-purpose" | "purpose" | "x-purpose" | "x-moz" => {
                    said.prefetches |= says_prefetch(value.as_bytes());
                }
                _ => {}
            }
        }
        said
    }

    /// The class that something else than the user agent decides: whoever loads ahead, it is no click.
    pub(crate) fn decides(&self) -> Option<ClickClass> {
        self.prefetches.then_some(ClickClass::Prefetch)
    }

    pub(crate) fn class(&self) -> ClickClass {
        self.decides().unwrap_or_else(|| classify(self.user_agent))
    }
}

fn keep_first<'a>(kept: &mut &'a [u8], value: &'a HeaderValue) {
    if kept.is_empty() {
        *kept = value.as_bytes();
    }
}

#[cfg(test)]
mod tests;
