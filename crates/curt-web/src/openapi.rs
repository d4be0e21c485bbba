//! The OpenAPI document: what the API can do, for programs; generated from the code.
//!
//! The table of routes makes it and the router alike, so no endpoint is missing. An operation says
//! beside its handler what it takes and gives; what follows from that for every operation, such as
//! the refusals, is added in `answers`.

use std::sync::{Arc, OnceLock};

use axum::{
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use utoipa::openapi::{
    Info, InfoBuilder, License, OpenApi, OpenApiBuilder, Server,
    tag::{Tag, TagBuilder},
};

use crate::{
    analytics,
    app::Site,
    destinations, docs,
    extract::{IfNoneMatch, entity_tag},
    routes,
};

mod answers;
mod components;
mod examples;
pub(crate) mod fields;
mod parameters;
mod visits;

/// Under which the documentation groups itself.
pub(crate) const TAG: &str = "documentation";

/// What people read first.
const INTRODUCTION: &str = include_str!("openapi/introduction.md");

/// The groups of operations, in the order of their importance.
const GROUPS: [(&str, &str); 10] = [
    (
        "links",
        "Make links, find them, change them. Users have to do with their own, administrators with all.",
    ),
    (analytics::TAG, "How often links are followed, by whom and when."),
    ("accounts", "Make an account, log in and out, and look after the account."),
    ("keys", "API keys, with which programs act for their owner."),
    ("administration", "Users, invitations and the audit log, for administrators."),
    ("visits", "What people and machines get who follow a short link."),
    (destinations::TAG, "What is wrong with links, who is told, and what is done about it."),
    ("health", "What probes and people ask about a node."),
    ("pages", "What browsers and crawlers ask every server for."),
    (TAG, "This document, for programs and for people."),
];

/// How long a client may keep the document without asking again whether it is still the same.
const KEEP: HeaderValue = HeaderValue::from_static("public, max-age=300");

/// The document of one deployment, made when it is first asked for: most nodes never are, and
/// commands start a whole [`App`](crate::App) for one request.
#[derive(Debug)]
pub(crate) struct ApiDocument {
    site: Arc<Site>,
    made: OnceLock<Made>,
}

/// What is answered with, for programs and for people.
#[derive(Debug)]
struct Made {
    json: Bytes,
    etag: HeaderValue,
    page: Box<str>,
}

impl ApiDocument {
    pub(crate) fn new(site: Arc<Site>) -> Self {
        Self { site, made: OnceLock::new() }
    }

    /// The same for people.
    pub(crate) fn page(&self) -> String {
        self.made().page.to_string()
    }

    fn made(&self) -> &Made {
        self.made.get_or_init(|| Made::new(&self.site))
    }
}

impl Made {
    fn new(site: &Site) -> Self {
        let document = serde_json::to_value(document(site)).expect("the document is made of texts");
        let json = document.to_string();
        let etag = entity_tag(&json);
        Self { json: json.into(), etag, page: docs::render(&document).into() }
    }
}

/// Get this document
///
/// The whole API as OpenAPI 3.1, from which clients and tests can be generated. It changes only with
/// the program's version and settings.
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "show_openapi",
    tag = TAG,
    params(IfNoneMatch),
    responses(
        (
            status = 200,
            description = "The document.",
            body = Object,
            headers(("ETag" = String, description = "For `If-None-Match`.")),
        ),
        (
            status = 304,
            description = "It is still the one that `If-None-Match` names.",
            headers(("ETag" = String, description = "For `If-None-Match`.")),
        ),
    ),
)]
pub(crate) async fn show(State(document): State<Arc<ApiDocument>>, known: IfNoneMatch) -> Response {
    let Made { json, etag, .. } = document.made();
    let headers = [(header::ETAG, etag.clone()), (header::CACHE_CONTROL, KEEP)];
    if known.names(etag) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    let kind = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    (headers, kind, json.clone()).into_response()
}

/// What the router answers, then what the front does.
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
