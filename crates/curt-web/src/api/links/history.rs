//! What a link was before each edit, newest first.

use curt_store::LinkVersion;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    api::links::{
        schema,
        view::{SettingsView, text},
    },
    request::{fields::FieldErrors, schema as shared},
    response::ApiError,
};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct HistoryQuery {
    #[param(schema_with = shared::limit)]
    limit: Option<String>,
    #[param(schema_with = shared::number_cursor)]
    cursor: Option<String>,
}

/// A page of what a link was before each edit, newest first.
#[derive(Serialize, ToSchema)]
#[schema(as = LinkHistory)]
pub(crate) struct HistoryView {
    items: Vec<VersionView>,
    #[schema(required = true, schema_with = shared::next_cursor)]
    next_cursor: Option<String>,
}

/// A link as it was until an edit replaced it.
#[derive(Serialize, ToSchema)]
#[schema(as = LinkVersion)]
struct VersionView {
    #[schema(schema_with = schema::revision)]
    revision: u64,
    #[serde(flatten)]
    settings: SettingsView,
    #[schema(required = true, schema_with = schema::disabled_at)]
    disabled_at: Option<String>,
    #[schema(required = true, schema_with = schema::deleted_at)]
    deleted_at: Option<String>,
    #[schema(schema_with = schema::updated_at)]
    updated_at: String,
    #[schema(schema_with = schema::replaced_at)]
    replaced_at: String,
}

impl HistoryQuery {
    /// The revision to start before, and how many versions to show.
    pub(super) fn parse(&self) -> Result<(Option<u64>, u32), ApiError> {
        let mut errors = FieldErrors::default();
        let limit = errors.limit(self.limit.as_deref());
        let before = errors.before(self.cursor.as_deref(), Some);
        errors.finish()?;
        Ok((before, limit))
    }
}

impl HistoryView {
    pub(super) fn new(versions: &[LinkVersion], limit: u32) -> Self {
        let full = u32::try_from(versions.len()).is_ok_and(|len| limit <= len);
        let last = versions.last().filter(|version| full && 1 < version.link.revision);
        Self {
            items: versions.iter().map(VersionView::new).collect(),
            next_cursor: last.map(|version| version.link.revision.to_string()),
        }
    }
}

impl VersionView {
    fn new(version: &LinkVersion) -> Self {
        let link = &version.link;
        Self {
            revision: link.revision,
            settings: SettingsView::new(link),
            disabled_at: text(link.disabled_at),
            deleted_at: text(link.deleted_at),
            updated_at: link.updated_at.to_string(),
            replaced_at: version.replaced_at.to_string(),
        }
    }
}
