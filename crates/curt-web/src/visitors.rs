//! Who follows a link, and what the request says about it.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderValue};
use curt_domain::{ClickClass, Privacy, VisitHeaders, classify, says_prefetch};

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
    /// The first that says prefetch of `Sec-Purpose` and its older forms, whatever the others say.
    purpose: &'a [u8],
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
                "sec-purpose" | "purpose" | "x-purpose" | "x-moz"
                    if says_prefetch(value.as_bytes()) =>
                {
                    keep_first(&mut said.purpose, value);
                }
                _ => {}
            }
        }
        said
    }

    pub(crate) fn prefetches(&self) -> bool {
        !self.purpose.is_empty()
    }

    pub(crate) fn class(&self) -> ClickClass {
        classify(VisitHeaders { user_agent: self.user_agent, purpose: self.purpose })
    }
}

fn keep_first<'a>(kept: &mut &'a [u8], value: &'a HeaderValue) {
    if kept.is_empty() {
        *kept = value.as_bytes();
    }
}

#[cfg(test)]
mod tests;
