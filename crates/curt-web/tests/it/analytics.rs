//! Clicks as their owners ask for them: sums, points in time, and refusals.

use curt_domain::{Bucket, ClickTotals};
use curt_store::{ClickBatch, ClickLosses};
use serde_json::{Value, json};

use crate::app::{TestApp, people};

const TARGET: &str = "https://example.com/";

async fn with_link() -> (TestApp, u64) {
    let app = TestApp::start().await;
    let id = app.shorten("link", TARGET, json!({})).await;
    (app, id)
}

/// Where each point begins, and its number of clicks by people.
fn points(series: &Value) -> Vec<(&str, u64)> {
    let points = series["points"].as_array().unwrap();
    let point = |point: &'_ Value| point["clicks"]["human"].as_u64().unwrap();
    points.iter().map(|p| (p["at"].as_str().unwrap(), point(p))).collect()
}

fn span(answer: &Value) -> (&str, &str) {
    (answer["from"].as_str().unwrap(), answer["to"].as_str().unwrap())
}

#[tokio::test]
async fn a_link_that_nobody_followed_has_zeros() {
    let (app, _) = with_link().await;
    let answer = app.summary("link", "").await;
    assert_eq!(answer.header("cache-control"), "no-store");
    let summary = answer.ok(200);
    assert_eq!(span(&summary), ("2026-01-02T00:00:00.000Z", "2026-01-31T12:15:00.000Z"));
    assert_eq!(summary["clicks"]["total"], 0);
    assert_eq!(summary["hours_by_weekday"], json!(vec![vec![0; 24]; 7]));
    assert_eq!(summary["missing"], json!({ "dropped": 0, "lost": 0 }));
    for later in ["unique_visitors", "unique_per", "top"] {
        assert_eq!(summary.get(later), None, "{later} is not counted yet, and not zero");
    }
    let answer = app.series("link", "").await;
    assert_eq!(answer.header("cache-control"), "no-store");
    let series = answer.ok(200);
    assert_eq!(series["unit"], "day");
    assert_eq!(points(&series).len(), 30);
    assert!(points(&series).iter().all(|(_, people)| *people == 0));
}

#[tokio::test]
async fn every_class_is_summed_and_compared_with_the_time_before() {
    let (app, id) = with_link().await;
    let other = app.shorten("other", TARGET, json!({})).await;
    let all = ClickTotals { human: 1, bot: 2, preview: 3, prefetch: 4, suspicious: 5 };
    app.count(id, "2026-01-30T23:59:59Z", all).await;
    app.count(id, "2026-01-31T12:14:59Z", all).await;
    app.count(id, "2026-01-31T12:15:00Z", people(100)).await;
    app.count(id, "2026-01-29T23:59:59Z", people(7)).await;
    app.count(id, "2026-01-28T11:45:00Z", people(8)).await;
    app.count(id, "2026-01-28T11:44:59Z", people(100)).await;
    app.count(other, "2026-01-31T12:00:00Z", people(100)).await;

    let summary = app.summary("link", "days=2").await.ok(200);
    let clicks = json!({
        "total": 30, "human": 2, "bot": 4, "preview": 6, "prefetch": 8, "suspicious": 10,
    });
    assert_eq!(summary["clicks"], clicks);
    assert_eq!(summary["previous"]["clicks"]["human"], 15);
    let before = ("2026-01-28T11:45:00.000Z", "2026-01-30T00:00:00.000Z");
    assert_eq!(span(&summary["previous"]), before);
    // The thirtieth was a Friday.
    assert_eq!(
        (&summary["hours_by_weekday"][4][23], &summary["hours_by_weekday"][5][12]),
        (&json!(1), &json!(1))
    );
    let series = app.series("link", "days=2").await.ok(200);
    let expected = [("2026-01-30T00:00:00.000Z", 1), ("2026-01-31T00:00:00.000Z", 1)];
    assert_eq!(points(&series), expected);
    assert_eq!(series["points"][0]["clicks"]["suspicious"], 5);
}

#[tokio::test]
async fn dates_are_whole_days_of_the_zone_and_times_are_exact_to_the_quarter() {
    let (app, _) = with_link().await;
    for (query, from, to) in [
        ("from=2026-01-30", "2026-01-30T00:00:00.000Z", "2026-01-31T12:15:00.000Z"),
        ("from=2026-01-30&to=2026-01-30", "2026-01-30T00:00:00.000Z", "2026-01-31T00:00:00.000Z"),
        (
            "from=2025-03-30&to=2025-03-30&tz=europe/berlin",
            "2025-03-30T00:00:00.000+01:00",
            "2025-03-31T00:00:00.000+02:00",
        ),
        (
            "from=2026-01-30T10:07:00Z&to=2026-01-30T15:46:00%2B05:30&tz=Asia/Kathmandu",
            "2026-01-30T15:45:00.000+05:45",
            "2026-01-30T16:15:00.000+05:45",
        ),
        // An unescaped plus has become a space.
        (
            "from=2026-01-30T10:07:00Z&to=2026-01-30T15:46:00+05:30&tz=Etc/GMT+5",
            "2026-01-30T05:00:00.000-05:00",
            "2026-01-30T05:30:00.000-05:00",
        ),
        // A span never reaches past the current quarter of an hour.
        ("from=2026-01-31&to=2026-12-31", "2026-01-31T00:00:00.000Z", "2026-01-31T12:15:00.000Z"),
        (
            "days=1&tz=Pacific/Kiritimati",
            "2026-02-01T00:00:00.000+14:00",
            "2026-02-01T02:15:00.000+14:00",
        ),
        (
            "days=1&tz=America/New_York",
            "2026-01-31T00:00:00.000-05:00",
            "2026-01-31T07:15:00.000-05:00",
        ),
    ] {
        let summary = app.summary("link", query).await.ok(200);
        assert_eq!(span(&summary), (from, to), "{query}");
        let series = app.series("link", query).await.ok(200);
        assert_eq!(span(&series), (from, to), "{query}");
    }
    let berlin = app.summary("link", "tz=europe/berlin").await.ok(200);
    assert_eq!(berlin["tz"], "Europe/Berlin");
}

#[tokio::test]
async fn units_follow_the_clocks_of_the_zone() {
    let (app, id) = with_link().await;
    app.count(id, "2025-10-26T00:30:00Z", people(1)).await;
    app.count(id, "2025-10-26T01:30:00Z", people(2)).await;
    let night = "from=2025-10-26&to=2025-10-26&tz=Europe/Berlin&unit=hour";
    let series = app.series("link", night).await.ok(200);
    let points = points(&series);
    assert_eq!(points.len(), 25);
    assert_eq!(points[2], ("2025-10-26T02:00:00.000+02:00", 1));
    assert_eq!(points[3], ("2025-10-26T02:00:00.000+01:00", 2));
    // Both hours are two o'clock on a Sunday.
    let summary =
        app.summary("link", "from=2025-10-26&to=2025-10-26&tz=Europe/Berlin").await.ok(200);
    assert_eq!(summary["hours_by_weekday"][6][2], 3);

    for (unit, first, count) in [
        ("week", "2025-10-20T00:00:00.000+02:00", 6),
        ("month", "2025-10-01T00:00:00.000+02:00", 2),
    ] {
        let query = format!("from=2025-10-26&to=2025-11-30&tz=Europe/Berlin&unit={unit}");
        let series = app.series("link", &query).await.ok(200);
        let points = self::points(&series);
        assert_eq!((points[0], points.len()), ((first, 3), count), "{unit}");
    }
}

#[tokio::test]
async fn what_is_known_to_be_missing_is_told() {
    let (app, _) = with_link().await;
    let bucket = |at: &str| Bucket::of(at.parse().unwrap());
    let losses = vec![
        (bucket("2026-01-01T00:00:00Z"), ClickLosses { dropped: 100, lost: 100 }),
        (bucket("2026-01-30T12:00:00Z"), ClickLosses { dropped: 2, lost: 0 }),
        (bucket("2026-01-31T12:00:00Z"), ClickLosses { dropped: 3, lost: 7 }),
    ];
    app.store.add_clicks(ClickBatch { losses, ..ClickBatch::default() }).await.unwrap();
    let missing = json!({ "dropped": 5, "lost": 7 });
    assert_eq!(app.summary("link", "").await.ok(200)["missing"], missing);
    assert_eq!(app.series("link", "days=2").await.ok(200)["missing"], missing);
}

#[tokio::test]
async fn who_is_not_there_has_no_clicks() {
    let (app, id) = with_link().await;
    app.count(id, "2026-01-31T12:00:00Z", people(1)).await;
    for code in ["nobody", "LINK", "a.b", "%20"] {
        app.summary(code, "").await.problem(404, "not_found");
        app.series(code, "").await.problem(404, "not_found");
    }
    assert_eq!(app.delete(id).await.status, 204);
    app.summary("link", "").await.problem(404, "not_found");
    app.series("link", "").await.problem(404, "not_found");
    app.restore(id).await.ok(200);
    assert_eq!(app.summary("link", "").await.ok(200)["clicks"]["human"], 1);
}

#[tokio::test]
async fn times_that_cannot_be_are_refused() {
    let (app, _) = with_link().await;
    for (field, query) in [
        ("days", "days=0"),
        ("days", "days=3661"),
        ("days", "days=-1"),
        ("days", "days=1.5"),
        ("days", "days="),
        ("days", "days=99999999999999999999"),
        ("days", "days=1&from=2026-01-01"),
        ("to", "to=2026-01-01"),
        ("to", "from=2026-01-02&to=2026-01-01"),
        ("to", "from=2026-01-01T12:00:00Z&to=2026-01-01T12:00:00Z"),
        ("to", "from=2026-01-01&to=tomorrow"),
        ("from", "from=2026-02-01"),
        ("from", "from=2026-01-31T12:15:00Z"),
        ("from", "from=1969-12-31"),
        ("from", "from=2015-01-01"),
        ("from", "from=2026-02-29"),
        ("from", "from=2026-01-01T00:00:00"),
        ("from", "from="),
        ("from", "from=0000-01-01T00:00:00Z&to=0000-01-02T00:00:00Z"),
        ("tz", "tz="),
        ("tz", "tz=Mars/Olympus_Mons"),
        ("tz", "tz=%2B02:00"),
    ] {
        app.summary("link", query).await.refuses(field, "invalid_field");
        app.series("link", query).await.refuses(field, "invalid_field");
    }
    for unknown in ["unit=day", "limit=1", "top=1"] {
        let (field, _) = unknown.split_once('=').unwrap();
        app.summary("link", unknown).await.refuses(field, "unknown_field");
    }
    for fine in ["days=3660", "days=1", "from=2016-01-31", "from=1970-01-01&to=1970-01-01"] {
        app.summary("link", fine).await.ok(200);
        app.series("link", fine).await.ok(200);
    }
    let all = app.summary("link", "days=0&tz=x").await.problem(422, "invalid_field");
    assert_eq!(all["errors"].as_array().unwrap().len(), 2, "{all}");
}

/// The message of a refusal about its one field.
async fn words(app: &TestApp, query: &str) -> String {
    let problem = app.series("link", query).await.problem(422, "invalid_field");
    problem["errors"][0]["message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn refusals_say_what_would_do() {
    let (app, _) = with_link().await;
    let minute = "is shorter than what clicks are counted by, quarters of an hour; the shortest \
                  unit is hour";
    assert_eq!(words(&app, "unit=minute").await, minute);
    assert_eq!(words(&app, "unit=year").await, "is none of hour, day, week, month");
    let too_many = "makes more than 3700 points of that time; day does not";
    assert_eq!(words(&app, "unit=hour&days=200").await, too_many);
    let zone = "is not a time zone of the IANA database, such as Europe/Berlin; did you mean \
                America/New_York?";
    assert_eq!(words(&app, "tz=New_York").await, zone);
    assert_eq!(words(&app, "from=2027-01-01").await, "lies ahead");
    // The most hours that a series may have.
    let series = app.series("link", "unit=hour&days=154").await.ok(200);
    assert_eq!(points(&series).len(), 153 * 24 + 13);
}
