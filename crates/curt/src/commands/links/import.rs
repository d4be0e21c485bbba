//! `curt links import`: any number of links, in chunks through the API's bulk create.
//!
//! A thread reads, so that Ctrl-C works while the input is silent. Few chunks are read ahead:
//! memory does not grow with the input.

use std::{collections::HashSet, path::PathBuf, thread};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use curt_domain::{TargetRules, TargetUrl};
use http::Method;
use serde::Deserialize;
use serde_json::{Map, Value, value::RawValue};
use tokio::{sync::mpsc, task::JoinSet};
use tokio_util::sync::CancellationToken;

use self::{
    chunks::{Chunk, read_chunks},
    report::{Outcome, Report},
    row::Row,
    rows::Rows,
    source::Source,
};
use super::{
    format::Format,
    name::{Among, by_code},
};
use crate::{
    api::{Api, IDEMPOTENCY_KEY, header_value, json_bytes},
    failure::{Exit, Mistake, Problem},
    signals,
    terminal::progress::Progress,
};

mod chunks;
mod csv_rows;
mod report;
mod row;
mod rows;
mod source;

/// Chunks that wait while one is written.
const CHUNKS_AHEAD: usize = 2;

/// Codes that a dry run remembers, to find codes that occur twice in the file: about 80 MB of
/// memory. Later codes are checked against the database only.
const DRY_RUN_CODES_MAX: usize = 1_000_000;

#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// CSV or NDJSON, as `export` writes them; `-` is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// What the file is [default: told by its name, or by its first sign]
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Check everything, write nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    /// What to do with a row whose code is taken
    #[arg(long, value_enum, default_value_t = OnConflict::Error)]
    on_conflict: OnConflict,
    /// Write what is wrong with which line to this new file, as CSV
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Write what became of each row as JSON, one a line
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OnConflict {
    /// The row has failed
    Error,
    /// Pass over the row if the link with that code leads to the same target
    Skip,
}

/// What the API did with a chunk, row by row.
#[derive(Deserialize)]
struct Results {
    results: Vec<RowResult>,
}

#[derive(Deserialize)]
struct RowResult {
    link: Option<Box<RawValue>>,
    problem: Option<Problem>,
}

struct Import<'a> {
    api: &'a Api,
    args: &'a ImportArgs,
    rules: TargetRules,
    report: Report,
    /// Codes of a dry run, which makes no links that later rows could conflict with.
    codes: HashSet<String>,
    /// The database failed, and would fail again.
    is_broken: bool,
}

impl ImportArgs {
    pub(super) async fn run(&self, api: &Api) -> anyhow::Result<Exit> {
        let source = Source::open(&self.file, self.format)?;
        let progress = source.len.map_or_else(Progress::open_ended, Progress::of_bytes);
        let rows = Rows::new(source)?;
        let mut import = Import {
            api,
            args: self,
            rules: TargetRules::new([&api.public_url]),
            report: Report::new(self.report.as_deref(), self.json, progress)?,
            codes: HashSet::new(),
            is_broken: false,
        };
        let (sender, chunks) = mpsc::channel(CHUNKS_AHEAD);
        // The thread ends with its input, or with the process if the input never ends.
        thread::Builder::new()
            .name("import".to_owned())
            .spawn(move || read_chunks(rows, &sender))
            .context("starting a thread")?;
        let stop = CancellationToken::new();
        let _watch = JoinSet::from_iter([signals::watch(stop.clone())?]);
        let ended = import.run(chunks, &stop).await;
        // Reports what was made however the import ended, and then why it ended.
        let told = import.report.finish(self.dry_run, matches!(ended, Ok(true)));
        ended.and(told)
    }
}

impl Import<'_> {
    /// Whether everything was read; false if the user stopped it, or if the database failed.
    async fn run(
        &mut self,
        mut chunks: mpsc::Receiver<anyhow::Result<Chunk>>,
        stop: &CancellationToken,
    ) -> anyhow::Result<bool> {
        while !self.is_broken {
            let chunk = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                chunk = chunks.recv() => chunk.context("reading ended early")??,
            };
            if chunk.rows.is_empty() {
                return Ok(true);
            }
            self.chunk(chunk).await?;
        }
        Ok(false)
    }

    async fn chunk(&mut self, mut chunk: Chunk) -> anyhow::Result<()> {
        if self.args.dry_run {
            chunk.rows.iter_mut().for_each(|row| self.find_repeated(row));
        }
        let mut results = self.ask(&chunk).await?.into_iter();
        for row in chunk.rows {
            let Row { line, link, code_field } = row;
            let outcome = match link {
                Err(mistakes) => Outcome::Failed(mistakes),
                Ok(link) => {
                    let result = results.next().context("the API left a row unanswered")?;
                    self.outcome(result, &link, code_field).await?
                }
            };
            self.report.row(line, outcome)?;
        }
        self.report.advance(chunk.position);
        Ok(())
    }

    /// Returns a result for each row that could be sent.
    async fn ask(&mut self, chunk: &Chunk) -> anyhow::Result<Vec<RowResult>> {
        if chunk.links().next().is_none() {
            return Ok(Vec::new());
        }
        let query = if self.args.dry_run { "?dry_run=true" } else { "" };
        let path = format!("/api/v1/urls/bulk{query}");
        let body = chunk.body();
        let key = chunk.idempotency_key(&body, &self.api.import_secret);
        let mut request = json_bytes(Method::POST, &path, body);
        if let Some(key) = key {
            request.headers_mut().insert(IDEMPOTENCY_KEY, header_value(&key)?);
        }
        Ok(self.api.ask(request).await?.json::<Results>()?.results)
    }

    async fn outcome(
        &mut self,
        result: RowResult,
        link: &Map<String, Value>,
        code_field: &'static str,
    ) -> anyhow::Result<Outcome> {
        let Some(problem) = result.problem else {
            return Ok(result.link.map_or(Outcome::Valid, Outcome::Made));
        };
        if problem.code == "code_taken"
            && self.args.on_conflict == OnConflict::Skip
            && self.is_there(link).await?
        {
            return Ok(Outcome::Skipped);
        }
        self.is_broken |= problem.exit() == Exit::Failed;
        let mut mistakes = problem.into_mistakes();
        for mistake in &mut mistakes {
            if mistake.field == "custom_alias" {
                code_field.clone_into(&mut mistake.field);
            }
        }
        Ok(Outcome::Failed(mistakes))
    }

    /// Whether the link with the row's code has the row's target.
    async fn is_there(&self, link: &Map<String, Value>) -> anyhow::Result<bool> {
        let text = |field| link.get(field).and_then(Value::as_str).unwrap_or_default();
        let found = by_code(self.api, text("custom_alias"), Among::Kept).await?;
        // Otherwise the code belongs to a deleted link.
        let Some(found) = found else { return Ok(false) };
        let target = TargetUrl::parse(text("original_url"), &self.rules);
        Ok(target.is_ok_and(|target| target.as_str() == found.link.settings.original_url))
    }

    /// Of two rows with one code, the second would fail in a real run.
    fn find_repeated(&mut self, row: &mut Row) {
        let Ok(link) = &row.link else { return };
        let Some(Value::String(code)) = link.get("custom_alias") else { return };
        if self.codes.contains(code) {
            let words = format!("{code:?} is the code of an earlier row too");
            row.link = Err(vec![Mistake::new(row.code_field, words)]);
        } else if self.codes.len() < DRY_RUN_CODES_MAX {
            self.codes.insert(code.clone());
        }
    }
}
