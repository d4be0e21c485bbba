//! `curt links list`: the API's list, page after page.

use std::num::NonZeroU64;

use clap::{Args, builder::PossibleValuesParser};
use comfy_table::{Cell, Color};
use curt_domain::LinkStatus;

use super::object::LinkObject;
use crate::{
    api::{Api, pages::Pages},
    commands::{accounts::user_id, lists::ListOutput},
    terminal::{
        output,
        table::{Column, cell},
    },
};

/// Links shown by default: a screen or two.
const LIMIT_DEFAULT: NonZeroU64 = NonZeroU64::new(50).expect("50 is not zero");

/// The orders that the API has.
const ORDER_DEFAULT: &str = "-created_at";
const ORDERS: [&str; 5] = ["created_at", "-created_at", "clicks", "-clicks", "short_code"];

const COLUMNS: &[Column] = &[
    Column::Word("CODE"),
    Column::Word("STATUS"),
    Column::Number("CLICKS"),
    Column::Word("CREATED"),
    Column::Text("TITLE"),
    Column::Text("LEADS TO"),
];

/// Which links, in which order: what the API's list takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Filters")]
pub(crate) struct Filters {
    /// With this in code, title, host or path, in any case
    #[arg(long, value_name = "TEXT")]
    q: Option<String>,
    /// With this tag
    #[arg(long, value_name = "TAG")]
    tag: Option<String>,
    /// In this state
    #[arg(long, value_name = "STATUS", value_parser = statuses())]
    status: Option<String>,
    /// Of this user: address or id
    #[arg(long, value_name = "USER")]
    owner: Option<String>,
    /// Created then or later, such as 2026-01-31T12:00:00Z
    #[arg(long, value_name = "TIME")]
    created_from: Option<String>,
    /// Created before that
    #[arg(long, value_name = "TIME")]
    created_to: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// In this order; a minus puts the latest or the most first
    #[arg(
        long, value_name = "ORDER", allow_hyphen_values = true,
        default_value = ORDER_DEFAULT, value_parser = ORDERS
    )]
    sort: String,
    /// Show at most so many
    #[arg(long, value_name = "COUNT", default_value_t = LIMIT_DEFAULT)]
    limit: NonZeroU64,
    /// Show all there are
    #[arg(long, conflicts_with = "limit")]
    all: bool,
    /// Write the links as JSON, one a line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    filters: Filters,
}

impl Filters {
    /// The links that pass, at most `limit` of them, in an order that the API has.
    pub(super) async fn pages<'a>(
        &self,
        api: &'a Api,
        sort: &str,
        limit: u64,
    ) -> anyhow::Result<Pages<'a>> {
        let Self { q, tag, status, owner, created_from, created_to } = self;
        let owner = match owner {
            Some(name) => Some(user_id(api, name).await?.to_string()),
            None => None,
        };
        let parameters = [
            ("owner", owner.as_deref()),
            ("q", q.as_deref()),
            ("tag", tag.as_deref()),
            ("status", status.as_deref()),
            ("created_from", created_from.as_deref()),
            ("created_to", created_to.as_deref()),
            ("sort", Some(sort)),
        ];
        Ok(Pages::new(api, "/api/v1/urls", &parameters, limit))
    }
}

impl ListArgs {
    pub(super) async fn run(&self, api: &Api) -> anyhow::Result<()> {
        let limit = if self.all { u64::MAX } else { self.limit.get() };
        let mut pages = self.filters.pages(api, &self.sort, limit).await?;
        let list = if self.json { ListOutput::Json } else { ListOutput::table(COLUMNS, row) };
        if list.write_all(&mut pages).await? == 0 {
            output::note("there are no such links");
        } else if pages.has_more() {
            output::note(&format!("these are the first {limit}; --all shows the others too"));
        }
        Ok(())
    }
}

/// The statuses that the API knows, so that shells complete them.
fn statuses() -> PossibleValuesParser {
    let statuses = LinkStatus::ALL.map(LinkStatus::as_str);
    PossibleValuesParser::new(statuses)
}

fn row(link: &LinkObject) -> Vec<Cell> {
    let colour = match link.status.as_str() {
        _ if link.target_blocked => Color::Red,
        "active" => Color::Green,
        "scheduled" => Color::Yellow,
        _ => Color::Red,
    };
    // The day is enough for a list; `show` and `--json` have the time.
    let day = link.created_at.split('T').next().unwrap_or_default();
    vec![
        cell(&link.short_code),
        cell(&link.whole_status()).fg(colour),
        Cell::new(link.clicks.human),
        cell(day),
        cell(link.settings.title.as_deref().unwrap_or_default()),
        cell(&link.settings.original_url),
    ]
}
