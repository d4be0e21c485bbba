//! How people name a link: by its code, or by its short URL as it is printed.

use curt_domain::LinkStatus;
use serde_json::value::RawValue;
use url::Url;

use super::object::LinkObject;
use crate::{
    api::{Api, pages::Pages},
    failure::{Exit, Failure},
    visible::visible,
};

/// Where to look for a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Among {
    Kept,
    Deleted,
}

/// A link with the text that the API gave for it.
pub(crate) struct FoundLink {
    pub(crate) link: LinkObject,
    pub(crate) json: Box<RawValue>,
}

/// Finds the link by its code only: people do not see ids.
pub(crate) async fn find(api: &Api, name: &str, among: Among) -> anyhow::Result<FoundLink> {
    let code = code(name, &api.public_url)?;
    let found = by_code(api, code, among).await?;
    found.ok_or_else(|| {
        let words = format!("there is no {} with the code {}", among.kind(), visible(code));
        Failure::new(Exit::NotFound, words).into()
    })
}

/// The link with that code, if there is one.
pub(super) async fn by_code(
    api: &Api,
    code: &str,
    among: Among,
) -> anyhow::Result<Option<FoundLink>> {
    let status = match among {
        Among::Kept => None,
        Among::Deleted => Some(LinkStatus::Deleted.as_str()),
    };
    let parameters = [("short_code", Some(code)), ("status", status)];
    let page = Pages::new(api, "/api/v1/urls", &parameters, 1).next().await?;
    let json = page.and_then(|mut page| page.items.pop());
    json.map(|json| Ok(FoundLink { link: serde_json::from_str(json.get())?, json })).transpose()
}

impl Among {
    fn kind(self) -> &'static str {
        match self {
            Self::Kept => "link",
            Self::Deleted => "deleted link",
        }
    }
}

/// The code in what the user typed: `blog`, `blog+`, `go.example.com/blog`,
/// `https://go.example.com/blog?qr`.
fn code<'a>(name: &'a str, public_url: &Url) -> Result<&'a str, Failure> {
    let Some((site, path)) = split_site(name) else { return Ok(without_plus(name)) };
    // Scheme and host ignore case; the usual port may be omitted.
    let with_scheme = if site.contains("://") {
        site.to_owned()
    } else {
        format!("{}://{site}", public_url.scheme())
    };
    let is_ours = Url::parse(&with_scheme).is_ok_and(|url| {
        url.host() == public_url.host()
            && url.port_or_known_default() == public_url.port_or_known_default()
    });
    if !is_ours {
        let line = format!("{} is no short URL of {public_url}", visible(name));
        return Err(Failure::new(Exit::Rejected, line));
    }
    let end = path.find(['?', '#']).unwrap_or(path.len());
    Ok(without_plus(path[..end].trim_end_matches('/')))
}

/// Site and path of a URL, with or without its scheme; codes have no slash.
fn split_site(name: &str) -> Option<(&str, &str)> {
    let host_start = name.find("://").map_or(0, |scheme_end| scheme_end + "://".len());
    let slash = host_start + name[host_start..].find('/')?;
    Some((&name[..slash], &name[slash + 1..]))
}

/// The sign that asks for a preview is not part of the code.
fn without_plus(code: &str) -> &str {
    code.strip_suffix('+').unwrap_or(code)
}

#[cfg(test)]
mod tests;
