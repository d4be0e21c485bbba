//! `curt backup list`: a table for people, JSON for programs.

use curt_domain::Timestamp;
use serde_json::json;

use crate::{
    backup::directory::Backup,
    terminal::{
        table::{Column, Listing, cell},
        text,
    },
};

const COLUMNS: &[Column] = &[
    Column::Word("MADE"),
    Column::Number("AGE"),
    Column::Number("SIZE"),
    Column::Number("LINKS"),
    Column::Word("BY"),
    Column::Word("STATE"),
    Column::Text("FILE"),
];

pub(crate) fn table(backups: &[Backup], now: Timestamp) -> String {
    Listing::new(COLUMNS).part(backups.iter().map(|backup| {
        let unknown = || "-".to_owned();
        let manifest = backup.manifest.as_ref();
        let texts = [
            backup.made_at.map_or_else(unknown, |at| at.to_string()),
            backup.made_at.map_or_else(unknown, |at| text::age(now.since(at))),
            text::size(backup.bytes),
            manifest.map_or_else(unknown, |manifest| manifest.links.to_string()),
            manifest.map_or_else(unknown, |manifest| manifest.made_by.as_str().to_owned()),
            state(backup).to_owned(),
            backup.path.display().to_string(),
        ];
        texts.iter().map(|text| cell(text)).collect()
    }))
}

/// One object a line.
pub(crate) fn json(backups: &[Backup], now: Timestamp) -> String {
    let line = |backup: &Backup| {
        let manifest = backup.manifest.as_ref();
        let object = json!({
            "file": backup.path.display().to_string(),
            "made_at": backup.made_at.map(|at| at.to_string()),
            "age_s": backup.made_at.map(|at| now.since(at).as_secs()),
            "bytes": backup.bytes,
            "state": state(backup),
            "made_by": manifest.map(|manifest| manifest.made_by.as_str()),
            "engine": manifest.map(|manifest| &manifest.engine),
            "release": manifest.map(|manifest| &manifest.release),
            "schema": manifest.map(|manifest| &manifest.schema),
            "links": manifest.map(|manifest| manifest.links),
            "deleted": manifest.map(|manifest| manifest.deleted),
        });
        format!("{object}\n")
    };
    backups.iter().map(line).collect()
}

/// Judged without reading the file; `curt backup verify` reads it.
fn state(backup: &Backup) -> &'static str {
    match &backup.manifest {
        Some(_) if backup.is_complete() => "verified",
        Some(_) => "cut off",
        None if backup.manifest_problem.is_some() => "manifest damaged",
        None => "no manifest",
    }
}
