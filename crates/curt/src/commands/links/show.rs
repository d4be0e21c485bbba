//! `curt links show`: everything about one link, and its earlier versions.

use std::fmt::Write as _;

use clap::Args;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    name::{Among, FoundLink, find},
    object::{LinkObject, LinkSettings, yes_or_no},
};
use crate::{
    api::{Api, pages::Pages},
    terminal::output,
    visible::visible,
};

/// The longest name plus a gap.
const NAME_WIDTH: usize = 16;

#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// Code or short URL
    #[arg(value_name = "CODE")]
    name: String,
    /// Show what was changed, newest first
    #[arg(long)]
    history: bool,
    /// Write JSON; with --history the earlier versions, one a line
    #[arg(long)]
    json: bool,
}

/// The link as it was before an edit.
#[derive(Deserialize)]
struct Version {
    #[serde(flatten)]
    settings: LinkSettings,
    disabled_at: Option<String>,
    deleted_at: Option<String>,
    replaced_at: String,
}

impl ShowArgs {
    pub(super) async fn run(&self, api: &Api) -> anyhow::Result<()> {
        let FoundLink { link, json } = find(api, &self.name, Among::Kept).await?;
        match (self.json, self.history) {
            (true, false) => output::line(json.get()),
            (true, true) => for_each_version(api, link.id, |json| output::line(json.get())).await,
            (false, false) => output::result(card(&link)),
            (false, true) => {
                output::result(card(&link))?;
                show_history(api, link).await
            }
        }
    }
}

/// Everything about a link, a line for each thing.
fn card(link: &LinkObject) -> String {
    let mut lines = vec![("short URL", link.short_url.clone())];
    lines.extend(link.settings.lines());
    let clicks = &link.clicks;
    lines.extend([
        ("status", link.whole_status()),
        ("clicks", format!("{} of people, {} in all", clicks.human, clicks.total)),
    ]);
    lines.extend(link.last_click_at.clone().map(|at| ("last click", at)));
    lines.extend([
        ("created", link.created_at.clone()),
        ("updated", link.updated_at.clone()),
        ("revision", link.revision.to_string()),
    ]);
    let mut card = String::new();
    for (name, value) in &lines {
        // Notes can have several lines; other values never do.
        for (index, part) in value.lines().enumerate() {
            let name = if index == 0 { name } else { "" };
            writeln!(card, "{name:NAME_WIDTH$}{}", visible(part))
                .expect("writing to a string cannot fail");
        }
    }
    card
}

async fn show_history(api: &Api, link: LinkObject) -> anyhow::Result<()> {
    let mut newer = states(&link.settings, link.status == "disabled", false);
    for_each_version(api, link.id, |json| {
        let Version { settings, disabled_at, deleted_at, replaced_at } =
            serde_json::from_str(json.get())?;
        let older = states(&settings, disabled_at.is_some(), deleted_at.is_some());
        output::result(changes(&replaced_at, &older, &newer))?;
        newer = older;
        Ok(())
    })
    .await
}

/// Calls `work` with every earlier version, newest first; a page of them is in memory at a time.
async fn for_each_version(
    api: &Api,
    id: u64,
    mut work: impl FnMut(&RawValue) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut pages = Pages::new(api, format!("/api/v1/urls/{id}/history"), &[], u64::MAX);
    while let Some(page) = pages.next().await? {
        page.items.iter().try_for_each(|version| work(version))?;
    }
    Ok(())
}

/// Everything that an edit can change, under the names of the card.
fn states(settings: &LinkSettings, disabled: bool, deleted: bool) -> Vec<(&'static str, String)> {
    let mut states = settings.lines();
    states.push(("disabled", yes_or_no(disabled)));
    states.push(("deleted", yes_or_no(deleted)));
    states
}

/// The time of an edit, and a line for each thing that it changed.
fn changes(at: &str, older: &[(&str, String)], newer: &[(&str, String)]) -> String {
    let value = |states: &[(&str, String)], name: &str| {
        let found = states.iter().find(|(own, _)| *own == name);
        found.map_or_else(|| "(none)".to_owned(), |(_, value)| visible(value).into_owned())
    };
    let gone = older.iter().filter(|(name, _)| newer.iter().all(|(own, _)| own != name));
    let mut text = format!("\n{at}\n");
    for (name, _) in newer.iter().chain(gone) {
        let (before, after) = (value(older, name), value(newer, name));
        if before != after {
            writeln!(text, "  {name}: {before} -> {after}")
                .expect("writing to a string cannot fail");
        }
    }
    text
}

#[cfg(test)]
mod tests;
