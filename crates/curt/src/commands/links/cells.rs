//! How a link is written as a line of CSV, for import and export.
//!
//! **Invariant:** an import gives back exactly what was exported. Cells that a spreadsheet would
//! take for a formula are guarded by an apostrophe, which an import removes.

/// The separators of tags in a cell.
const TAG_SEPARATORS: [char; 2] = [',', ';'];

/// The cell with an apostrophe before it, if it needs one.
///
/// Spreadsheets execute cells that begin with these signs. A text that has an apostrophe there
/// already gets one more, so that removing one always gives the original text.
pub(super) fn guarded(cell: String) -> String {
    if is_formula(&cell) { format!("'{cell}") } else { cell }
}

/// The cell without the apostrophe that [`guarded`] added.
pub(super) fn unguarded(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if is_formula(rest) => rest,
        _ => cell,
    }
}

fn is_formula(cell: &str) -> bool {
    cell.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r', '\0'])
}

/// Tags with commas between them, or a JSON array if a tag contains a separator.
pub(super) fn join_tags(tags: &[String]) -> String {
    let is_plain = |tag: &String| !tag.contains(TAG_SEPARATORS);
    let joined = tags.join(",");
    if tags.iter().all(is_plain) && !joined.starts_with('[') {
        return joined;
    }
    serde_json::to_string(tags).expect("texts are JSON")
}

pub(super) fn split_tags(cell: &str) -> Vec<String> {
    if cell.starts_with('[')
        && let Ok(tags) = serde_json::from_str(cell)
    {
        return tags;
    }
    let tags = cell.split(TAG_SEPARATORS).map(str::trim).filter(|tag| !tag.is_empty());
    tags.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests;
