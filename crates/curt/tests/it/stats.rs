//! `curt stats`: its pictures for people, and its output for programs.

use curt_domain::{Bucket, ClickTotals, LinkId, Timestamp};
use curt_store::{
    ClickBatch, ClickLosses, DatabaseUrl, LinkClicks, Store, StoreMetrics, StoreSettings,
};
use serde_json::{Value, json};

use crate::{program::Program, terminal::Terminal};

const JANUARY: [&str; 4] = ["stats", "blog", "--from=2026-01-01", "--to=2026-01-31"];

fn clicks(at: &str, totals: ClickTotals) -> LinkClicks {
    let last_at: Timestamp = at.parse().unwrap();
    LinkClicks { link: LinkId::new(1).unwrap(), bucket: Bucket::of(last_at), totals, last_at }
}

fn people(human: u64) -> ClickTotals {
    ClickTotals { human, ..ClickTotals::default() }
}

/// A program with one link, `blog`, and these clicks counted.
async fn with_clicks(batch: ClickBatch) -> Program {
    let program = Program::new();
    let added = program.run(&["links", "add", "https://example.com", "--alias=blog"]);
    assert_eq!(added.code, Some(0), "{added:?}");
    let settings = StoreSettings::new(DatabaseUrl::sqlite(program.path("data/curt.db")));
    let store = Store::connect(&settings, StoreMetrics::unregistered()).await.unwrap();
    store.add_clicks(batch).await.unwrap();
    store.close().await;
    program
}

/// At least ten people a day at noon, few on Sundays, one bot a day; 120 people in December.
async fn with_a_month() -> Program {
    let mut all = vec![clicks("2025-12-24T09:00:00Z", people(120))];
    for day in 1..=31 {
        let is_sunday = day % 7 == 4;
        let human = if is_sunday { 1 } else { 10 + day };
        let totals = ClickTotals { human, bot: 1, ..ClickTotals::default() };
        all.push(clicks(&format!("2026-01-{day:02}T12:30:00Z"), totals));
    }
    with_clicks(ClickBatch { clicks: all, ..ClickBatch::default() }).await
}

#[tokio::test]
async fn a_month_on_a_terminal() {
    let program = with_a_month().await;
    let shown = Terminal::new(80).show(&mut program.command(&JANUARY));
    insta::assert_snapshot!(shown);
    assert!(shown.lines().skip(1).all(|line| line.chars().count() <= 80), "{shown}");
}

#[tokio::test]
async fn a_month_for_a_pipe() {
    let program = with_a_month().await;
    let run = program.run(&[&JANUARY[..], &["--unit=week", "--tz=Europe/Berlin"]].concat());
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    insta::assert_snapshot!(run.stdout);
}

#[tokio::test]
async fn programs_get_both_answers_of_the_api() {
    let program = with_a_month().await;
    let run = program.run(&[&JANUARY[..], &["--unit=month", "--json"]].concat());
    assert_eq!((run.code, run.stderr.as_str(), run.stdout.lines().count()), (Some(0), "", 1));
    let both: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(both["summary"]["clicks"]["bot"], 31);
    assert_eq!(both["timeseries"]["points"][0]["clicks"], both["summary"]["clicks"]);
    assert_eq!(both["timeseries"]["unit"], json!("month"));
}

#[tokio::test]
async fn a_link_that_nobody_followed_has_an_empty_picture() {
    let program = with_clicks(ClickBatch::default()).await;
    let run = program.run(&["stats", "http://localhost:8000/blog", "--days=3"]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    assert!(run.stdout.starts_with("http://localhost:8000/blog\n0 clicks of people from "));
    assert!(run.stdout.contains("\nnone in as much time before\n0 in all: "), "{run:?}");
    let shown = Terminal::new(80).show(&mut program.command(&["stats", "blog"]));
    assert!(!shown.contains('█') && !shown.contains("weekday"), "{shown}");
}

#[tokio::test]
async fn what_is_missing_is_a_warning() {
    let bucket = Bucket::of("2026-01-15T00:00:00Z".parse().unwrap());
    let losses = vec![(bucket, ClickLosses { dropped: 5, lost: 7 })];
    let program = with_clicks(ClickBatch { losses, ..ClickBatch::default() }).await;
    let run = program.run(&JANUARY);
    let words = "warning: 12 clicks of that time are known to be missing, of whichever links: \
                 5 dropped, 7 lost";
    assert_eq!((run.code, run.warnings().as_str()), (Some(0), words));
    let later = program.run(&["stats", "blog", "--from=2026-01-16", "--to=2026-01-17"]);
    assert_eq!((later.code, later.stderr.as_str()), (Some(0), ""));
}

#[tokio::test]
async fn mistakes_end_as_those_of_other_commands() {
    let empty = Program::new();
    assert_eq!(empty.run(&["stats", "blog"]).code, Some(3));
    assert!(!empty.path("data").exists(), "asking makes nothing");
    let program = with_clicks(ClickBatch::default()).await;
    let unknown = program.run(&["stats", "nobody"]);
    assert_eq!(unknown.told(), (Some(3), "", "error: there is no link with the code nobody\n"));
    let wrong = program.run(&["stats", "blog", "--days=0", "--tz=Berlin"]);
    let words = "error: --tz is not a time zone of the IANA database, such as Europe/Berlin; did \
                 you mean Europe/Berlin?\nerror: --days must be from 1 to 3660\n";
    assert_eq!(wrong.told(), (Some(4), "", words));
    let fine = program.run(&["stats", "blog", "--days=3650", "--unit=hour"]);
    let words = "error: --unit makes more than 3700 points of that time; day does not\n";
    assert_eq!(fine.told(), (Some(4), "", words));
    for usage in [&["--days=1", "--from=2026-01-01"][..], &["--to=2026-01-01"], &["--unit=minute"]]
    {
        let run = program.run(&[&["stats", "blog"][..], usage].concat());
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{run:?}");
    }
}
