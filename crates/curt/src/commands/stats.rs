//! `curt stats`: how often a link was followed, as a picture for people and as JSON for programs.

use std::{
    io::{self, IsTerminal as _},
    time::Duration,
};

use anyhow::Context as _;
use clap::{Args, builder::PossibleValuesParser};
use curt_domain::TimeUnit;
use serde::Serialize;
use serde_json::value::RawValue;
use url::form_urlencoded;

use self::answers::{Series, Summary};
use crate::{
    api::{Answer, Api, Start, get, with_api},
    commands::links::name::{Among, FoundLink, find},
    config::Config,
    terminal::output,
};

mod answers;
mod picture;

/// The width of a terminal that does not report one.
const WIDTH_DEFAULT: u16 = 80;

/// In less width a picture shows nothing useful.
const WIDTH_MIN: u16 = 40;

const DAY: Duration = Duration::from_hours(24);

#[derive(Debug, Args)]
pub(crate) struct StatsArgs {
    /// Code or short URL
    #[arg(value_name = "CODE")]
    name: String,
    /// So many days, of which today is the last [default: 30]
    #[arg(long, value_name = "N", conflicts_with = "from")]
    days: Option<String>,
    /// From that date or time on
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Up to the end of that date, or to that time [default: now]
    #[arg(long, value_name = "TIME", requires = "from")]
    to: Option<String>,
    /// How much time a point is [default: what suits the time]
    #[arg(long, value_parser = PossibleValuesParser::new(TimeUnit::ALL.map(TimeUnit::as_str)))]
    unit: Option<String>,
    /// Time zone of days and hours, such as Europe/Berlin [default: UTC]
    #[arg(long, value_name = "ZONE")]
    tz: Option<String>,
    /// Write what the API answers, summary and timeseries, as a line of JSON
    #[arg(long)]
    json: bool,
}

/// Both answers as the API wrote them.
#[derive(Serialize)]
struct Json<'a> {
    summary: &'a RawValue,
    timeseries: &'a RawValue,
}

impl StatsArgs {
    pub(crate) fn run(&self, config: Config) -> anyhow::Result<()> {
        with_api(config, Start::Existing, async |api| {
            let FoundLink { link, .. } = find(api, &self.name, Among::Kept).await?;
            let code = &link.short_code;
            let summed = self.ask(api, code, "summary", None).await?;
            let summary: Summary = summed.json()?;
            let length = summary.length()?;
            let unit = self.unit.as_deref().unwrap_or_else(|| unit_suiting(length).as_str());
            let series = self.ask(api, code, "timeseries", Some(unit)).await?;
            if self.json {
                let json = Json {
                    summary: &summed.json::<Box<_>>()?,
                    timeseries: &series.json::<Box<_>>()?,
                };
                return output::line(serde_json::to_string(&json)?);
            }
            output::result(draw(&link.short_url, &summary, length, &series.json()?))?;
            output::warnings(&picture::missing(&summary.missing));
            Ok(())
        })
    }

    async fn ask(
        &self,
        api: &Api,
        code: &str,
        what: &str,
        unit: Option<&str>,
    ) -> anyhow::Result<Answer> {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let given =
            [("days", &self.days), ("from", &self.from), ("to", &self.to), ("tz", &self.tz)];
        query.extend_pairs(
            given.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?))),
        );
        query.extend_pairs(unit.map(|unit| ("unit", unit)));
        let path = format!("/api/v1/analytics/{code}/{what}?{}", query.finish());
        api.ask(get(&path)).await.with_context(|| format!("asking for the {what}"))
    }
}

/// The shortest unit with few enough points for a picture: at most 160, in up to 13 years.
fn unit_suiting(length: Duration) -> TimeUnit {
    if length <= 3 * DAY {
        TimeUnit::Hour
    } else if length <= 100 * DAY {
        TimeUnit::Day
    } else if length <= 3 * 365 * DAY {
        TimeUnit::Week
    } else {
        TimeUnit::Month
    }
}

/// A picture for a terminal; elsewhere a line for every point.
fn draw(short_url: &str, summary: &Summary, length: Duration, series: &Series) -> String {
    let headline = picture::headline(short_url, summary);
    let stdout = io::stdout();
    if !stdout.is_terminal() {
        return format!("{headline}\n{}", picture::lines(series));
    }
    let width = rustix::termios::tcgetwinsize(&stdout).map_or(0, |size| size.ws_col);
    let width = if width == 0 { WIDTH_DEFAULT } else { width.max(WIDTH_MIN) };
    let chart = picture::chart(series, width.into());
    let week = if DAY * 7 <= length { picture::week(summary) } else { String::new() };
    format!("{headline}\n{chart}{week}")
}
