//! The link object: what the API shows of a link. Fields are part of the API.

use curt_domain::{ClickTotals, Link, LinkRecord, Tag, Timestamp};
use curt_store::RESTORE_WINDOW;
use serde::Serialize;

use crate::app::Site;

#[derive(Serialize)]
pub(super) struct LinkView {
    id: u64,
    short_code: String,
    short_url: String,
    #[serde(flatten)]
    settings: SettingsView,
    status: &'static str,
    has_password: bool,
    clicks: ClicksView,
    last_click_at: Option<String>,
    revision: u64,
    created_at: String,
    updated_at: String,
    #[serde(flatten)]
    deletion: Option<DeletionView>,
}

/// What only a deleted link has.
#[derive(Serialize)]
struct DeletionView {
    deleted_at: String,
    restorable_until: String,
}

/// What an owner can set; the same in a link, and in its history.
#[derive(Serialize)]
pub(super) struct SettingsView {
    original_url: String,
    title: Option<String>,
    note: Option<String>,
    tags: Vec<String>,
    redirect_status: u16,
    forward_query: bool,
    valid_from: Option<String>,
    expires_at: Option<String>,
    max_clicks: Option<u64>,
    fallback_url: Option<String>,
}

#[derive(Serialize)]
struct ClicksView {
    total: u64,
    human: u64,
    bot: u64,
    preview: u64,
    prefetch: u64,
    suspicious: u64,
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
            // Links with passwords come with accounts; the field is part of the object from the start.
            has_password: false,
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
            fallback_url: link.fallback.as_ref().map(ToString::to_string),
        }
    }
}

impl ClicksView {
    fn new(clicks: &ClickTotals) -> Self {
        Self {
            total: clicks.total(),
            human: clicks.human,
            bot: clicks.bot,
            preview: clicks.preview,
            prefetch: clicks.prefetch,
            suspicious: clicks.suspicious,
        }
    }
}

pub(super) fn text(at: Option<Timestamp>) -> Option<String> {
    at.map(|at| at.to_string())
}
