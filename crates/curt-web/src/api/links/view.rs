//! The link object: what the API shows of a link. Fields are part of the API.

use curt_domain::{Link, LinkRecord, Tag, Timestamp};
use curt_store::RESTORE_WINDOW;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    api::{analytics::ClicksView, links::schema},
    request::schema as shared,
    site::Site,
};

/// A link as its owner sees it.
#[derive(Serialize, ToSchema)]
#[schema(as = Link)]
pub(super) struct LinkView {
    #[schema(schema_with = shared::link_id)]
    id: u64,
    #[schema(schema_with = shared::short_code)]
    short_code: String,
    #[schema(schema_with = schema::short_url)]
    short_url: String,
    #[serde(flatten)]
    settings: SettingsView,
    #[schema(schema_with = schema::status)]
    status: &'static str,
    /// Whether it leads to a blocked destination: then visitors get 451, however active it is.
    target_blocked: bool,
    clicks: ClicksView,
    #[schema(required = true, schema_with = schema::last_click_at)]
    last_click_at: Option<String>,
    #[schema(schema_with = schema::revision)]
    revision: u64,
    #[schema(schema_with = schema::created_at)]
    created_at: String,
    #[schema(schema_with = schema::updated_at)]
    updated_at: String,
    #[serde(flatten)]
    deletion: Option<DeletionView>,
}

/// What only a deleted link has.
#[derive(Serialize, ToSchema)]
struct DeletionView {
    #[schema(required = false, schema_with = schema::since_deletion)]
    deleted_at: String,
    #[schema(required = false, schema_with = schema::restorable_until)]
    restorable_until: String,
}

/// What an owner can set; the same in a link, and in its history.
#[derive(Serialize, ToSchema)]
#[schema(as = LinkSettings)]
pub(super) struct SettingsView {
    #[schema(schema_with = schema::original_url)]
    original_url: String,
    #[schema(required = true, schema_with = schema::title)]
    title: Option<String>,
    #[schema(required = true, schema_with = schema::note)]
    note: Option<String>,
    #[schema(schema_with = schema::tags)]
    tags: Vec<String>,
    #[schema(schema_with = schema::redirect_status)]
    redirect_status: u16,
    #[schema(schema_with = schema::forward_query)]
    forward_query: bool,
    #[schema(required = true, schema_with = schema::valid_from)]
    valid_from: Option<String>,
    #[schema(required = true, schema_with = schema::expires_at)]
    expires_at: Option<String>,
    #[schema(required = true, schema_with = schema::max_clicks)]
    max_clicks: Option<u64>,
    /// Whether visitors are asked for a password.
    has_password: bool,
    #[schema(required = true, schema_with = schema::fallback_url)]
    fallback_url: Option<String>,
}

impl LinkView {
    pub(super) fn new(record: &LinkRecord, site: &Site, now: Timestamp) -> Self {
        let link = &record.link;
        Self {
            id: link.id.get(),
            short_code: link.code.to_string(),
            short_url: site.short_url(&link.code),
            settings: SettingsView::new(link),
            status: record.status(now).as_str(),
            target_blocked: site.target_blocks.find(&link.target).is_some(),
            clicks: ClicksView::new(&record.clicks),
            last_click_at: text(record.last_click_at),
            revision: link.revision,
            created_at: link.created_at.to_string(),
            updated_at: link.updated_at.to_string(),
            deletion: link.deleted_at.map(DeletionView::new),
        }
    }
}

impl DeletionView {
    fn new(deleted_at: Timestamp) -> Self {
        Self {
            deleted_at: deleted_at.to_string(),
            restorable_until: deleted_at.plus(RESTORE_WINDOW).to_string(),
        }
    }
}

impl SettingsView {
    pub(super) fn new(link: &Link) -> Self {
        Self {
            original_url: link.target.to_string(),
            title: link.title.as_ref().map(|title| title.as_str().to_owned()),
            note: link.note.as_ref().map(|note| note.as_str().to_owned()),
            tags: link.tags.iter().map(Tag::as_str).map(str::to_owned).collect(),
            redirect_status: link.redirect_status.code(),
            forward_query: link.forward_query,
            valid_from: text(link.dates.valid_from()),
            expires_at: text(link.dates.expires_at()),
            max_clicks: link.max_clicks.map(curt_domain::MaxClicks::get),
            has_password: link.password.is_some(),
            fallback_url: link.fallback.as_ref().map(ToString::to_string),
        }
    }
}

pub(super) fn text(at: Option<Timestamp>) -> Option<String> {
    at.map(|at| at.to_string())
}
