//! The columns of files of links: one table for exports and imports.

use super::{cells::join_tags, object::LinkObject};

/// A field of a link in a file.
pub(super) struct Column {
    pub(super) name: &'static str,
    pub(super) import: Import,
    /// What an export writes there; absent if exports have no such column.
    cell: Option<fn(&LinkObject) -> String>,
}

/// No export has it; `has_password` says that there was one.
pub(super) const PASSWORD: &str = "password";
pub(super) const HAS_PASSWORD: &str = "has_password";

/// What an import makes of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Import {
    /// It sets something on the new link.
    Sets,
    /// It requires something of the new link.
    Demands,
    /// The database sets it anew.
    PassesOver,
}

/// In the order of an export. The columns from `short_url` on are for people to read.
pub(super) static COLUMNS: [Column; 25] = [
    kept("short_code", |link| link.short_code.clone()),
    kept("original_url", |link| link.settings.original_url.clone()),
    kept("title", |link| link.settings.title.clone().unwrap_or_default()),
    kept("note", |link| link.settings.note.clone().unwrap_or_default()),
    kept("tags", |link| join_tags(&link.settings.tags)),
    kept("status", |link| link.status.clone()),
    kept("redirect_status", |link| link.settings.redirect_status.to_string()),
    kept("forward_query", |link| link.settings.forward_query.to_string()),
    kept("valid_from", |link| link.settings.valid_from.clone().unwrap_or_default()),
    kept("expires_at", |link| link.settings.expires_at.clone().unwrap_or_default()),
    kept("max_clicks", |link| {
        link.settings.max_clicks.map(|count| count.to_string()).unwrap_or_default()
    }),
    Column {
        name: HAS_PASSWORD,
        import: Import::Demands,
        cell: Some(|link| link.settings.has_password.to_string()),
    },
    kept("fallback_url", |link| link.settings.fallback_url.clone().unwrap_or_default()),
    // A create's name for the code of a link.
    Column { name: "custom_alias", import: Import::Sets, cell: None },
    Column { name: PASSWORD, import: Import::Sets, cell: None },
    shown("short_url", |link| link.short_url.clone()),
    shown("clicks_total", |link| link.clicks.total.to_string()),
    shown("clicks_human", |link| link.clicks.human.to_string()),
    shown("last_click_at", |link| link.last_click_at.clone().unwrap_or_default()),
    shown("created_at", |link| link.created_at.clone()),
    shown("updated_at", |link| link.updated_at.clone()),
    // Only NDJSON has these.
    passed_over("id"),
    passed_over("target_blocked"),
    passed_over("clicks"),
    passed_over("revision"),
];

const fn kept(name: &'static str, cell: fn(&LinkObject) -> String) -> Column {
    Column { name, import: Import::Sets, cell: Some(cell) }
}

const fn shown(name: &'static str, cell: fn(&LinkObject) -> String) -> Column {
    Column { name, import: Import::PassesOver, cell: Some(cell) }
}

const fn passed_over(name: &'static str) -> Column {
    Column { name, import: Import::PassesOver, cell: None }
}

pub(super) fn column(name: &str) -> Option<&'static Column> {
    COLUMNS.iter().find(|column| column.name == name)
}

/// The names of the columns that an import sets.
pub(super) fn settable() -> impl Iterator<Item = &'static str> {
    COLUMNS.iter().filter(|column| column.import == Import::Sets).map(|column| column.name)
}

/// The header of an export.
pub(super) fn exported_names() -> impl Iterator<Item = &'static str> {
    COLUMNS.iter().filter(|column| column.cell.is_some()).map(|column| column.name)
}

/// A row of an export.
pub(super) fn exported_cells(link: &LinkObject) -> impl Iterator<Item = String> {
    COLUMNS.iter().filter_map(|column| column.cell).map(|cell| cell(link))
}

#[cfg(test)]
mod tests;
