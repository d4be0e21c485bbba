//! `curt blocks`: which clients are refused, for people and scripts.

use std::time::Duration;

use clap::{Args, Subcommand};
use comfy_table::{Cell, Color};
use curt_domain::{Clock, Network};
use http::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    api::{Api, Start, bare, json as json_request, pages::Pages, with_api},
    commands::{
        lists::ListOutput,
        outcome::{succeeded, tell},
        span::span,
    },
    config::Config,
    failure::{Exit, Failure},
    terminal::{
        output,
        table::{Column, cell},
    },
};

const PATH: &str = "/api/v1/admin/ip-blocks";

const COLUMNS: &[Column] = &[
    Column::Number("ID"),
    Column::Word("NETWORK"),
    Column::Word("KIND"),
    Column::Word("UNTIL"),
    Column::Text("REASON"),
];

#[derive(Debug, Subcommand)]
pub(crate) enum IpBlocksCommand {
    /// List the blocks that hold, the newest first
    #[command(visible_alias = "ls")]
    List(ListArgs),
    /// Refuse everything to clients, links included
    #[command(after_help = ADD_EXAMPLES)]
    Add(AddArgs),
    /// Let clients in again
    #[command(visible_alias = "rm", after_help = LIFT_EXAMPLES)]
    Lift(LiftArgs),
}

const ADD_EXAMPLES: &str = "\
Examples:
  curt blocks add 203.0.113.7 --for 2h --reason 'scans for codes'
  curt blocks add 203.0.113.0/24 2001:db8::/32 --until 2026-12-31T00:00:00Z";

const LIFT_EXAMPLES: &str = "\
Examples:
  curt blocks lift 42
  curt blocks lift 203.0.113.7";

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Write the blocks as JSON, one a line
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct AddArgs {
    /// Addresses, or networks with their length
    #[arg(required = true, value_name = "NETWORK")]
    networks: Vec<String>,
    /// Say why
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Let them in again then, such as 2026-01-31T12:00:00Z [default: never]
    #[arg(long, value_name = "TIME", conflicts_with = "span")]
    until: Option<String>,
    /// Let them in again so long from now: 90s, 30m, 12h, 30d, 4w
    #[arg(long = "for", id = "span", value_name = "SPAN", value_parser = span)]
    span: Option<Duration>,
    /// Block even the machine itself
    #[arg(long)]
    force: bool,
    /// Write the blocks as JSON, one a line
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct LiftArgs {
    /// Ids of blocks, or the addresses and networks themselves
    #[arg(required = true, value_name = "BLOCK")]
    blocks: Vec<String>,
}

/// A block as the API shows it.
#[derive(Debug, Deserialize)]
struct BlockObject {
    id: u64,
    network: String,
    kind: String,
    reason: Option<String>,
    until: Option<String>,
}

impl IpBlocksCommand {
    pub(crate) fn run(self, config: Config) -> anyhow::Result<Exit> {
        with_api(config, Start::Existing, async |api| match &self {
            Self::List(args) => args.run(api).await.map(succeeded),
            Self::Add(args) => args.run(api).await,
            Self::Lift(args) => args.run(api).await,
        })
    }
}

impl ListArgs {
    async fn run(&self, api: &Api) -> anyhow::Result<()> {
        let mut pages = Pages::new(api, PATH, &[], u64::MAX);
        let list = if self.json { ListOutput::Json } else { ListOutput::table(COLUMNS, row) };
        if list.write_all(&mut pages).await? == 0 {
            output::note("nobody is blocked");
        }
        Ok(())
    }
}

fn row(block: &BlockObject) -> Vec<Cell> {
    let colour = if block.kind == "manual" { Color::Red } else { Color::Yellow };
    vec![
        Cell::new(block.id),
        cell(&block.network),
        cell(&block.kind).fg(colour),
        cell(block.until.as_deref().unwrap_or("lifted")),
        cell(block.reason.as_deref().unwrap_or_default()),
    ]
}

impl AddArgs {
    /// If one network is refused, the others are still blocked.
    async fn run(&self, api: &Api) -> anyhow::Result<Exit> {
        let span_end = self.span.map(|span| Clock::System.now().plus(span).to_string());
        let until = self.until.clone().or(span_end);
        let mut exit = Exit::Success;
        for network in &self.networks {
            let body = json!({
                "network": network, "reason": self.reason, "until": until, "force": self.force,
            });
            let added = self.add(api, &body).await;
            if self.networks.len() == 1 {
                return added.map(succeeded);
            }
            exit = exit.and(tell(network, added)?);
        }
        Ok(exit)
    }

    async fn add(&self, api: &Api, body: &Value) -> anyhow::Result<()> {
        let answer = api.ask(json_request(Method::POST, PATH, body)).await?;
        if self.json {
            return output::line(&answer.body);
        }
        let block: BlockObject = answer.json()?;
        let end = block.until.map_or_else(String::new, |until| format!(" until {until}"));
        output::line(format!(
            "blocked {}{end}; lift with: curt blocks lift {}",
            block.network, block.id
        ))
    }
}

impl LiftArgs {
    async fn run(&self, api: &Api) -> anyhow::Result<Exit> {
        if let [name] = self.blocks.as_slice() {
            return lift(api, name).await.map(succeeded);
        }
        let mut exit = Exit::Success;
        for name in &self.blocks {
            exit = exit.and(tell(name, lift(api, name).await)?);
        }
        Ok(exit)
    }
}

/// Lifts a block by its id, or all blocks of exactly that network.
async fn lift(api: &Api, name: &str) -> anyhow::Result<()> {
    let ids = match name.parse::<u64>() {
        Ok(id) => vec![id],
        Err(_) => ids_of(api, name).await?,
    };
    for id in &ids {
        api.ask(bare(Method::DELETE, &format!("{PATH}/{id}"))).await?;
    }
    output::line(format!("lifted {name}"))
}

async fn ids_of(api: &Api, name: &str) -> anyhow::Result<Vec<u64>> {
    let network: Result<Network, _> = name.parse();
    let network = network.map_err(|error| Failure::new(Exit::Rejected, error))?.to_string();
    let mut ids = Vec::new();
    let mut pages = Pages::new(api, PATH, &[], u64::MAX);
    while let Some(page) = pages.next().await? {
        for item in &page.items {
            let block: BlockObject = serde_json::from_str(item.get())?;
            if block.network == network {
                ids.push(block.id);
            }
        }
    }
    if ids.is_empty() {
        return Err(Failure::new(
            Exit::NotFound,
            "there is no block of exactly that address or network",
        )
        .into());
    }
    Ok(ids)
}
