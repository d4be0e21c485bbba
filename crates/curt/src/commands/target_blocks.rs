//! `curt target-blocks`: targets that links must not have, for people and scripts.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use comfy_table::Cell;
use http::Method;
use serde::Deserialize;
use serde_json::json;
use url::form_urlencoded;

use crate::{
    api::{Api, Start, bare, get, json as json_request, pages::Pages, with_api},
    commands::{
        lists::ListOutput,
        outcome::{succeeded, tell},
    },
    config::Config,
    failure::{Exit, Failure},
    terminal::{
        output,
        table::{Column, cell},
    },
    visible::visible,
};

mod import;

const PATH: &str = "/api/v1/admin/target-blocks";

const COLUMNS: &[Column] = &[
    Column::Number("ID"),
    Column::Word("PATTERN"),
    Column::Word("SOURCE"),
    Column::Word("SINCE"),
    Column::Text("REASON"),
];

#[derive(Debug, Subcommand)]
pub(crate) enum TargetBlocksCommand {
    /// List what is blocked, the latest first
    #[command(visible_alias = "ls")]
    List(ListArgs),
    /// Block hosts, hosts with all under them, or URLs that begin alike
    #[command(visible_alias = "block", after_help = ADD_EXAMPLES)]
    Add(AddArgs),
    /// Take entries off the list: links that lead there are followed again
    #[command(visible_alias = "rm")]
    Remove(RemoveArgs),
    /// Block what a file lists
    ///
    /// Reads a hosts file, or one host, `*.host` or beginning of a URL a line. Lines of ad blockers
    /// and lines that are no pattern are passed over and counted.
    #[command(after_help = IMPORT_EXAMPLES)]
    Import(ImportArgs),
    /// Say whether a URL is blocked, and by which entry
    Check(CheckArgs),
}

const ADD_EXAMPLES: &str = "\
Examples:
  curt target-blocks add evil.example 192.0.2.1 --reason 'imitates a bank'
  curt target-blocks add '*.evil.example' https://shop.example/login";

const IMPORT_EXAMPLES: &str = "\
Examples:
  curt target-blocks import hosts.txt --reason 'list of May'
  zcat phishing.txt.gz | curt target-blocks import -";

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Write the entries as JSON, one a line
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct AddArgs {
    /// Hosts, `*.host` or beginnings of URLs
    #[arg(required = true, value_name = "PATTERN")]
    patterns: Vec<String>,
    /// Say why; visitors never see it
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct RemoveArgs {
    /// Ids of entries
    #[arg(required = true, value_name = "ID")]
    ids: Vec<u64>,
}

#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// The file; - is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Say why; visitors never see it
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    /// The URL that a link would lead to
    url: String,
}

/// An entry as the API shows it.
#[derive(Debug, Deserialize)]
struct BlockObject {
    id: u64,
    pattern: String,
    source: String,
    reason: Option<String>,
    created_at: String,
}

/// An entry, and what it means for existing links.
#[derive(Debug, Deserialize)]
struct Blocked {
    block: BlockObject,
    links: Hits,
}

/// How many links have such a target.
#[derive(Debug, Deserialize)]
pub(crate) struct Hits {
    count: u64,
    complete: bool,
}

#[derive(Debug, Deserialize)]
struct BlockPage {
    items: Vec<BlockObject>,
}

impl Hits {
    pub(crate) fn words(&self) -> String {
        let at_least = if self.complete { "" } else { "at least " };
        match self.count {
            0 => "no link leads there".to_owned(),
            1 => "1 link leads there".to_owned(),
            count => format!("{at_least}{count} links lead there"),
        }
    }
}

impl TargetBlocksCommand {
    pub(crate) fn run(self, config: Config) -> anyhow::Result<Exit> {
        // An operator can block targets before there are links.
        let start = match &self {
            Self::Add(_) | Self::Import(_) => Start::Fresh,
            Self::List(_) | Self::Remove(_) | Self::Check(_) => Start::Existing,
        };
        with_api(config, start, async |api| match &self {
            Self::List(args) => args.run(api).await.map(succeeded),
            Self::Add(args) => args.run(api).await,
            Self::Remove(args) => args.run(api).await,
            Self::Import(args) => import::run(&args.file, args.reason.as_deref(), api).await,
            Self::Check(args) => args.run(api).await,
        })
    }
}

impl ListArgs {
    async fn run(&self, api: &Api) -> anyhow::Result<()> {
        let mut pages = Pages::new(api, PATH, &[], u64::MAX);
        let list = if self.json { ListOutput::Json } else { ListOutput::table(COLUMNS, row) };
        if list.write_all(&mut pages).await? == 0 {
            output::note("no target is blocked");
        }
        Ok(())
    }
}

fn row(block: &BlockObject) -> Vec<Cell> {
    let day = block.created_at.split('T').next().unwrap_or_default();
    vec![
        Cell::new(block.id),
        cell(&block.pattern),
        cell(&block.source),
        cell(day),
        cell(block.reason.as_deref().unwrap_or_default()),
    ]
}

impl AddArgs {
    /// If one pattern is refused, the others are still blocked.
    async fn run(&self, api: &Api) -> anyhow::Result<Exit> {
        let mut exit = Exit::Success;
        for pattern in &self.patterns {
            let done = self.add(api, pattern).await;
            exit = exit.and(tell(pattern, done)?);
        }
        Ok(exit)
    }

    async fn add(&self, api: &Api, pattern: &str) -> anyhow::Result<()> {
        let body = json!({ "pattern": pattern, "reason": self.reason });
        let answer = api.ask(json_request(Method::POST, PATH, &body)).await?;
        let Blocked { block, links } = answer.json()?;
        output::line(format!("blocked {} as {}; {}", block.pattern, block.id, links.words()))
    }
}

impl RemoveArgs {
    async fn run(&self, api: &Api) -> anyhow::Result<Exit> {
        let mut exit = Exit::Success;
        for id in &self.ids {
            let removed = api.ask(bare(Method::DELETE, &format!("{PATH}/{id}"))).await;
            let done = removed.and_then(|_| output::line(format!("unblocked {id}")));
            exit = exit.and(tell(&id.to_string(), done)?);
        }
        Ok(exit)
    }
}

impl CheckArgs {
    /// Exits like a refusal if the target is blocked, so that scripts can tell.
    async fn run(&self, api: &Api) -> anyhow::Result<Exit> {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("target", &self.url)
            .finish();
        let found: BlockPage = api.ask(get(&format!("{PATH}?{query}"))).await?.json()?;
        let Some(block) = found.items.first() else {
            output::line("not blocked")?;
            return Ok(Exit::Success);
        };
        let BlockObject { id, pattern, reason, .. } = block;
        let reason = reason.as_deref().map(|why| format!(": {}", visible(why))).unwrap_or_default();
        Err(Failure::new(Exit::Rejected, format_args!("blocked by {id}, {pattern}{reason}")).into())
    }
}
