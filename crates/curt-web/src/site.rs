//! This server's site: its address, its names, its rules and its pages.

use std::{sync::Arc, time::Duration};

use axum::http::HeaderName;
use curt_cache::TargetBlocks;
use curt_domain::{Code, Proxies, ReservedWords, TargetRules, TargetUrl};
use url::Url;

pub(crate) mod clients;
pub(crate) mod hosts;
#[cfg(test)]
mod tests;

use clients::ClientRules;
use hosts::Hosts;

/// Section `links` of the configuration.
#[derive(Debug, Clone, Copy, Default)]
pub struct LinkSettings {
    /// Whether links can be created without a key.
    pub anonymous_create: bool,
}

/// The header that most proxies append to.
pub const CLIENT_IP_HEADER_DEFAULT: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Section `http` of the configuration, the part about requests.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    /// Names of this server besides that of its public URL.
    pub allowed_hosts: Vec<Url>,
    /// The proxies that are trusted to name the client.
    pub trusted_proxies: Proxies,
    /// The header in which they name it.
    pub client_ip_header: HeaderName,
    /// Time for the body of a request, extended as bytes arrive.
    pub body_timeout: Duration,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            allowed_hosts: Vec::new(),
            trusted_proxies: Proxies::default(),
            client_ip_header: CLIENT_IP_HEADER_DEFAULT,
            body_timeout: Duration::from_secs(8),
        }
    }
}

/// Section `pages` of the configuration.
#[derive(Debug, Clone, Default)]
pub struct PageSettings {
    /// Where `/` leads, instead of our own page.
    pub root_url: Option<TargetUrl>,
    /// Where a visitor of a link that does not exist is sent, instead of our own page.
    pub not_found_url: Option<TargetUrl>,
}

/// A site's configuration.
#[derive(Debug)]
pub(crate) struct SiteSettings {
    pub public_url: Url,
    pub http: HttpSettings,
    pub links: LinkSettings,
    pub pages: PageSettings,
}

/// A deployment as its visitors see it: its address, its rules and its pages.
#[derive(Debug)]
pub(crate) struct Site {
    /// Without a trailing slash.
    public_url: Box<str>,
    pub hosts: Hosts,
    pub clients: ClientRules,
    pub body_timeout: Duration,
    pub target_rules: TargetRules,
    /// Where links must not lead at the moment.
    pub target_blocks: Arc<TargetBlocks>,
    pub reserved: ReservedWords,
    pub links: LinkSettings,
    pub pages: PageSettings,
}

impl Site {
    pub(crate) fn new(
        settings: SiteSettings,
        target_blocks: Arc<TargetBlocks>,
        reserved: ReservedWords,
    ) -> Self {
        let SiteSettings { public_url, http, links, pages } = settings;
        let own = std::iter::once(&public_url).chain(&http.allowed_hosts);
        Self {
            target_rules: TargetRules::new(own),
            target_blocks,
            hosts: Hosts::new(&public_url, &http.allowed_hosts),
            clients: ClientRules::new(http.trusted_proxies, http.client_ip_header),
            body_timeout: http.body_timeout,
            public_url: public_url.as_str().trim_end_matches('/').into(),
            reserved,
            links,
            pages,
        }
    }

    pub(crate) fn public_url(&self) -> &str {
        &self.public_url
    }

    pub(crate) fn short_url(&self, code: &Code) -> String {
        format!("{}/{code}", self.public_url)
    }
}
