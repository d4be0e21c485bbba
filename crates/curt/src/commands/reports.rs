//! `curt reports`: what visitors reported, and the decisions about it.

use clap::{Args, Subcommand, builder::PossibleValuesParser};
use comfy_table::{Cell, Color};
use curt_domain::ReportState;
use http::Method;
use serde::Deserialize;

use crate::{
    api::{Api, Start, bare, pages::Pages, with_api},
    commands::{
        lists::ListOutput,
        outcome::{succeeded, tell},
        target_blocks::Hits,
    },
    config::Config,
    failure::Exit,
    terminal::{
        output,
        table::{Column, cell},
    },
};

const PATH: &str = "/api/v1/admin/reports";

const COLUMNS: &[Column] = &[
    Column::Number("ID"),
    Column::Word("CODE"),
    Column::Word("STATE"),
    Column::Word("REASON"),
    Column::Word("REPORTED"),
    Column::Text("LEADS TO"),
    Column::Text("NOTE"),
];

#[derive(Debug, Subcommand)]
pub(crate) enum ReportsCommand {
    /// List reports that nobody has decided yet, the latest first
    #[command(visible_alias = "ls")]
    List(ListArgs),
    /// Nothing is wrong with these links
    Dismiss(Ids),
    /// Take these links away from visitors, who get an answer 451
    Disable(Ids),
    /// Give links back to visitors that were disabled for abuse
    Enable(Ids),
    /// Block the hosts that these links lead to, for all links
    BlockHost(Ids),
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// In this state
    #[arg(long, value_name = "STATE", default_value = "open", value_parser = states())]
    state: String,
    /// In any state
    #[arg(long, conflicts_with = "state")]
    all: bool,
    /// Write the reports as JSON, one a line
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Ids {
    /// Ids of reports
    #[arg(required = true, value_name = "ID")]
    ids: Vec<u64>,
}

/// A report as the API shows it.
#[derive(Debug, Deserialize)]
struct ReportObject {
    id: u64,
    state: String,
    reason: String,
    note: Option<String>,
    created_at: String,
    short_code: String,
    short_url: String,
    original_url: String,
}

#[derive(Debug, Deserialize)]
struct Resolved {
    report: ReportObject,
    links: Option<Hits>,
}

fn states() -> PossibleValuesParser {
    PossibleValuesParser::new(ReportState::ALL.map(ReportState::as_str))
}

impl ReportsCommand {
    pub(crate) fn run(self, config: Config) -> anyhow::Result<Exit> {
        with_api(config, Start::Existing, async |api| match &self {
            Self::List(args) => args.run(api).await.map(succeeded),
            Self::Dismiss(ids) => ids.run(api, "dismiss").await,
            Self::Disable(ids) => ids.run(api, "disable").await,
            Self::Enable(ids) => ids.run(api, "enable").await,
            Self::BlockHost(ids) => ids.run(api, "block-host").await,
        })
    }
}

impl ListArgs {
    async fn run(&self, api: &Api) -> anyhow::Result<()> {
        let state = (!self.all).then_some(self.state.as_str());
        let mut pages = Pages::new(api, PATH, &[("state", state)], u64::MAX);
        let list = if self.json { ListOutput::Json } else { ListOutput::table(COLUMNS, row) };
        if list.write_all(&mut pages).await? == 0 {
            output::note("there are no such reports");
        }
        Ok(())
    }
}

fn row(report: &ReportObject) -> Vec<Cell> {
    let colour = if report.state == "open" { Color::Yellow } else { Color::Reset };
    let day = report.created_at.split('T').next().unwrap_or_default();
    vec![
        Cell::new(report.id),
        cell(&report.short_code),
        cell(&report.state).fg(colour),
        cell(&report.reason),
        cell(day),
        cell(&report.original_url),
        cell(report.note.as_deref().unwrap_or_default()),
    ]
}

impl Ids {
    /// If one report fails, the others are still processed.
    async fn run(&self, api: &Api, action: &str) -> anyhow::Result<Exit> {
        let mut exit = Exit::Success;
        for id in &self.ids {
            exit = exit.and(tell(&id.to_string(), resolve(api, *id, action).await)?);
        }
        Ok(exit)
    }
}

async fn resolve(api: &Api, id: u64, action: &str) -> anyhow::Result<()> {
    let request = bare(Method::POST, &format!("{PATH}/{id}/{action}"));
    let Resolved { report, links } = api.ask(request).await?.json()?;
    let links = links.map(|hits| format!("; {}", hits.words())).unwrap_or_default();
    output::line(format!("{id}: {} is {}{links}", report.short_url, report.state))
}
