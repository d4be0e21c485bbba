//! The OpenAPI document: what the API can do, for programs; generated from the code.
//!
//! The table of routes makes both the document and the router, so no endpoint is missing. An
//! operation documents its input and output beside its handler; `answers` adds what follows from
//! that for every operation, such as the refusals.

use utoipa::openapi::{
    Info, InfoBuilder, License, OpenApi, OpenApiBuilder, Server,
    tag::{Tag, TagBuilder},
};

use crate::{
    document::Made,
    request::{extract::entity_tag, tags},
    routes,
    site::Site,
};

mod answers;
mod components;
mod docs;
mod examples;
mod visits;

/// What readers see first.
const INTRODUCTION: &str = include_str!("openapi/introduction.md");

/// The groups of operations, most important first.
const GROUPS: [(&str, &str); 10] = [
    (
        tags::LINKS,
        "Make links, find them, change them. Users have to do with their own, administrators with all.",
    ),
    (tags::ANALYTICS, "How often links are followed, by whom and when."),
    (tags::ACCOUNTS, "Make an account, log in and out, and look after the account."),
    (tags::KEYS, "API keys, with which programs act for their owner."),
    (tags::ADMINISTRATION, "Users, invitations and the audit log, for administrators."),
    (tags::VISITS, "What people and machines get who follow a short link."),
    (tags::ABUSE, "What is wrong with links, who is told, and what is done about it."),
    (tags::HEALTH, "What probes and people ask about a node."),
    (tags::PAGES, "What browsers and crawlers ask every server for."),
    (tags::DOCUMENTATION, "This document, for programs and for people."),
];

/// The document of a site, in all its forms.
pub(crate) fn make(site: &Site) -> Made {
    let document = serde_json::to_value(document(site)).expect("the document is made of texts");
    let json = document.to_string();
    let etag = entity_tag(&json);
    let page = docs::render(&document).into();
    Made { json: json.into(), etag, page, page_policy: docs::policy() }
}

/// The operations of the router, then those of the front.
fn document(site: &Site) -> OpenApi {
    let mut document = OpenApiBuilder::new()
        .info(info())
        .servers(Some([Server::new(site.public_url())]))
        .components(Some(components::shared()))
        .tags(Some(GROUPS.map(|(name, about)| group(name, about))))
        .build();
    for (schemas, paths, _) in routes::routes() {
        components::add(&mut document, schemas);
        document.paths.paths.extend(paths.paths);
    }
    document.paths.paths.extend(visits::paths().paths);
    answers::complete(&mut document, site.links);
    examples::add_to(&mut document);
    document
}

fn info() -> Info {
    let mut license = License::new("MIT OR Apache-2.0");
    license.identifier = Some("MIT OR Apache-2.0".to_owned());
    InfoBuilder::new()
        .title("Curt")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(INTRODUCTION))
        .license(Some(license))
        .build()
}

fn group(name: &str, about: &str) -> Tag {
    TagBuilder::new().name(name).description(Some(about)).build()
}
