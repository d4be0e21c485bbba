//! The output of an import: a line for each row that failed, and the totals.

use std::{fs::File, path::Path};

use anyhow::Context as _;
use serde_json::{json, value::RawValue};

use super::super::cells::guarded;
use crate::{
    failure::{Exit, Mistake},
    terminal::{output, progress::Progress},
    visible::visible,
};

/// Failed rows that are printed to standard error: a screenful shows what is wrong.
const FAILURES_SHOWN: u64 = 20;

/// What happened to a row.
pub(super) enum Outcome {
    /// The link that the API made.
    Made(Box<RawValue>),
    /// It would be made, if this were not a dry run.
    Valid,
    /// The link exists already.
    Skipped,
    Failed(Vec<Mistake>),
}

pub(super) struct Report {
    /// Whether each row is printed as JSON.
    json: bool,
    file: Option<csv::Writer<File>>,
    progress: Progress,
    made: u64,
    skipped: u64,
    failed: u64,
    last_line: u64,
}

impl Report {
    /// Creates the file, which must not exist yet: it could be the import file.
    pub(super) fn new(path: Option<&Path>, json: bool, progress: Progress) -> anyhow::Result<Self> {
        let open = |path: &Path| {
            let file = File::create_new(path)
                .with_context(|| format!("making the report {}", path.display()))?;
            let mut file = csv::Writer::from_writer(file);
            file.write_record(["line", "field", "code", "message"])?;
            anyhow::Ok(file)
        };
        let file = path.map(open).transpose()?;
        Ok(Self { json, file, progress, made: 0, skipped: 0, failed: 0, last_line: 0 })
    }

    pub(super) fn row(&mut self, line: u64, outcome: Outcome) -> anyhow::Result<()> {
        self.last_line = line;
        let told = match outcome {
            Outcome::Made(made) => {
                self.made += 1;
                json!({ "line": line, "result": "made", "link": made })
            }
            Outcome::Valid => {
                self.made += 1;
                json!({ "line": line, "result": "valid" })
            }
            Outcome::Skipped => {
                self.skipped += 1;
                json!({ "line": line, "result": "skipped" })
            }
            Outcome::Failed(mistakes) => {
                self.failed += 1;
                self.failure(line, &mistakes)?;
                json!({ "line": line, "result": "failed", "errors": mistakes })
            }
        };
        if self.json { output::line(told.to_string()) } else { Ok(()) }
    }

    fn failure(&mut self, line: u64, mistakes: &[Mistake]) -> anyhow::Result<()> {
        for Mistake { field, code, message } in mistakes {
            if let Some(file) = &mut self.file {
                let cells = [line.to_string(), field.clone(), code.clone(), message.clone()];
                file.write_record(cells.map(guarded)).context("writing the report")?;
            }
            if self.failed <= FAILURES_SHOWN {
                let gap = if field.is_empty() { "" } else { " " };
                let (field, message) = (visible(field), visible(message));
                self.progress.note(&format!("error: line {line}: {field}{gap}{message}"));
            }
        }
        Ok(())
    }

    /// Updates the progress line.
    pub(super) fn advance(&self, position: u64) {
        let rows = self.made + self.skipped + self.failed;
        let rate = self.progress.rate(rows);
        self.progress.set(position, format!("{rows} rows, {rate}, {} failed", self.failed));
    }

    /// Prints the totals and returns how the command ends.
    pub(super) fn finish(mut self, dry_run: bool, is_whole: bool) -> anyhow::Result<Exit> {
        let written = self.file.as_mut().map_or(Ok(()), csv::Writer::flush);
        let Self { made, skipped, failed, last_line, .. } = self;
        drop(self.progress);
        let written = written.context("writing the report");
        let reported = written.map_or_else(|error| output::error(&error), |()| Exit::Success);
        if FAILURES_SHOWN < failed {
            let more = failed - FAILURES_SHOWN;
            output::note(&format!("error: {more} more rows failed; --report FILE keeps them all"));
        }
        if !is_whole {
            let advice = "the same command goes on from there; rows with codes of their own need \
                          --on-conflict skip";
            output::note(&format!("error: stopped after line {last_line}; {advice}"));
        }
        let verb = if dry_run { "would make" } else { "made" };
        let sums = format!("{verb} {made} links, skipped {skipped} rows, failed {failed} rows");
        if self.json {
            output::note(&sums);
        } else {
            output::line(&sums)?;
        }
        Ok(if is_whole && failed == 0 { reported } else { Exit::Failed })
    }
}
