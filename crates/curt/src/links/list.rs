//! `curt links list`: the API's list, page after page.

use std::num::NonZeroU64;

use clap::{Args, builder::PossibleValuesParser};
use comfy_table::{Cell, Color};
use curt_domain::LinkStatus;

use super::{object::LinkObject, pages::Pages};
use crate::{
    api::Api,
    output,
    table::{Column, Listing, cell},
};

/// Links shown where nobody says how many: a screen or two.
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
    pub(super) fn pages<'a>(&self, api: &'a Api, sort: &str, limit: u64) -> Pages<'a> {
        let Self { q, tag, status, created_from, created_to } = self;
        let parameters = [
            ("q", q.as_deref()),
            ("tag", tag.as_deref()),
            ("status", status.as_deref()),
            ("created_from", created_from.as_deref()),
            ("created_to", created_to.as_deref()),
            ("sort", Some(sort)),
        ];
        Pages::new(api, "/api/v1/urls", &parameters, limit)
    }
}

impl ListArgs {
    pub(super) async fn run(&self, api: &Api) -> anyhow::Result<()> {
        let limit = if self.all { u64::MAX } else { self.limit.get() };
        let mut pages = self.filters.pages(api, &self.sort, limit);
        let mut listing = Listing::new(COLUMNS);
        let mut count = 0;
        while let Some(page) = pages.next().await? {
            count += page.items.len();
            if self.json {
                let mut lines = String::new();
                for link in &page.items {
                    lines.push_str(link.get());
                    lines.push('\n');
                }
                output::result(&lines)?;
            } else if !page.items.is_empty() {
                let links: Result<Vec<LinkObject>, _> =
                    page.items.iter().map(|link| serde_json::from_str(link.get())).collect();
                output::result(listing.part(links?.iter().map(row)))?;
            }
        }
        if count == 0 {
            output::note("there are no such links");
        } else if pages.has_more() {
            output::note(&format!("these are the first {limit}; --all shows the others too"));
        }
        Ok(())
    }
}

/// Those that the API knows, so that shells complete them.
fn statuses() -> PossibleValuesParser {
    let statuses = LinkStatus::ALL.map(LinkStatus::as_str);
    PossibleValuesParser::new(statuses)
}

fn row(link: &LinkObject) -> Vec<Cell> {
    let colour = match link.status.as_str() {
        "active" => Color::Green,
        "scheduled" => Color::Yellow,
        _ => Color::Red,
    };
    // The day is enough to find one's way; `show` and `--json` have the time.
    let day = link.created_at.split('T').next().unwrap_or_default();
    vec![
        cell(&link.short_code),
        cell(&link.status).fg(colour),
        Cell::new(link.clicks.human),
        cell(day),
        cell(link.settings.title.as_deref().unwrap_or_default()),
        cell(&link.settings.original_url),
    ]
}
