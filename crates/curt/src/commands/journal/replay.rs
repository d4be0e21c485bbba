//! `curt journal replay`: counts what is not counted yet of any journal.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use curt_analytics::{Replayed, rehearse, replay};
use curt_domain::Clock;
use serde_json::json;

use super::survey::{self, name_foreign};
use crate::{
    api::opening::with_store,
    config::Config,
    failure::Exit,
    terminal::{output, progress::Progress, text::count},
};

#[derive(Debug, Args)]
pub(crate) struct ReplayArgs {
    /// The directory of a journal
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    /// Only say what would be counted
    #[arg(long)]
    dry_run: bool,
    /// Write JSON
    #[arg(long)]
    json: bool,
}

impl ReplayArgs {
    pub(super) fn run(self, config: &Config) -> anyhow::Result<Exit> {
        let ReplayArgs { directory, dry_run, json } = self;
        let (listing, _) = survey::list(&directory)?;
        name_foreign(&listing.foreign);
        let progress = Progress::open_ended();
        let show = |counted: u64| {
            progress
                .set(counted, format!("{}, {}", count(counted, "click"), progress.rate(counted)));
        };
        let replayed = with_store(config, async |store| {
            let (store, clock) = (store.clone(), Clock::System);
            let replayed = if dry_run {
                rehearse(store, directory, clock, show).await
            } else {
                replay(store, directory, clock, show).await
            };
            replayed.context("what was counted so far is safe; run it again to go on")
        })?;
        drop(progress);
        let (deed, key) =
            if dry_run { ("would count", "would_count") } else { ("counted", "counted") };
        output::result(if json { object(&replayed, key) } else { text(&replayed, deed) })?;
        if 0 < replayed.of_unknown_links && !json {
            let clicks = count(replayed.of_unknown_links, "click");
            let why = "those were erased, or the journal belongs to another database";
            let warning = format!("{clicks} of links that are not in this database: {why}");
            output::warnings(&[warning]);
        }
        let mut exit = Exit::Success;
        for (segment, because) in &replayed.skipped {
            let about = format!("segment {segment}");
            exit = output::error_about(&about, &anyhow::anyhow!("is left uncounted: {because}"));
        }
        Ok(exit)
    }
}

fn text(replayed: &Replayed, deed: &str) -> String {
    let Replayed { counted, counted_before, lost, dropped, .. } = replayed;
    let clicks = count(*counted, "click");
    format!("{deed} {clicks}; {counted_before} counted before, {lost} lost, {dropped} dropped\n")
}

fn object(replayed: &Replayed, key: &str) -> String {
    let left = replayed
        .skipped
        .iter()
        .map(|(segment, because)| json!({ "segment": segment.to_string(), "because": because }));
    let object = json!({
        key: replayed.counted,
        "counted_before": replayed.counted_before,
        "lost": replayed.lost,
        "dropped": replayed.dropped,
        "of_unknown_links": replayed.of_unknown_links,
        "left": left.collect::<Vec<_>>(),
    });
    format!("{object}\n")
}
