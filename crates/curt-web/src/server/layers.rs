//! What each part of a redirect costs, without sockets. As a test it only checks that everything
//! still fits together; `cargo xtask layers` runs it a million times and shows the figures.

use std::{
    hint::black_box,
    net::IpAddr,
    num::NonZeroUsize,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header},
};
use curt_analytics::DrainWatch;
use curt_domain::{Clock, LinkId};
use curt_journal::{Journal, JournalSettings};
use futures_util::FutureExt as _;
use prometheus_client::registry::Registry;
use tempfile::TempDir;

use super::{ConnectionSettings, watch::Watch};
use crate::{
    app::tests::open_app,
    clicks::{ClickPipeline, Clicks},
    edge::{
        front::{self, Front},
        redirect::Redirector,
        request_ids::RequestIds,
    },
    metrics::{ConnectionMetrics, HttpMetrics},
    response::headers::NO_STORE,
    visitors::Visitor,
};

const ROUNDS: &str = "CURT_LAYERS_ROUNDS";

/// The best of this many tries counts: the others were disturbed.
const TRIES: u32 = 5;

/// Roughly what a browser sends.
fn visit() -> Request<Body> {
    let visit = Request::get("/link").header("host", "sho.rt").header("user-agent", "Mozilla/5.0");
    visit.header("accept", "text/html").header("accept-language", "en").body(Body::empty()).unwrap()
}

fn pipeline_in(directory: &Path) -> ClickPipeline {
    let settings = JournalSettings::new(directory.join("journal"), NonZeroUsize::MIN);
    let journal = Arc::new(Journal::open(settings, Clock::System).unwrap());
    ClickPipeline { journal, drain: DrainWatch::default() }
}

struct Figures {
    rounds: u32,
    lines: Vec<(&'static str, Duration)>,
}

impl Figures {
    fn time(&mut self, name: &'static str, mut work: impl FnMut()) -> Duration {
        let tries = (0..TRIES).map(|_| {
            let start = Instant::now();
            (0..self.rounds).for_each(|_| work());
            start.elapsed() / self.rounds
        });
        let best = tries.min().expect("there is a try");
        self.lines.push((name, best));
        best
    }
}

#[tokio::test]
async fn layers_of_a_redirect_each_take_their_share() {
    let rounds = std::env::var(ROUNDS).map_or(100, |rounds| rounds.parse().unwrap());
    let mut figures = Figures { rounds, lines: Vec::new() };
    let directory = TempDir::new().unwrap();
    let app = open_app(directory.path()).await;
    let (site, redirector, gate) = (Arc::clone(&app.site), Redirector::new(&app), app.gate.clone());
    let pipeline = pipeline_in(directory.path());
    let clicks = Clicks::with_pipeline(pipeline.clone());
    let front = Front::new(app.counting(pipeline), HttpMetrics::new(&mut Registry::default()));
    let link = r#"{"original_url": "https://example.com/", "custom_alias": "link"}"#;
    let create = Request::post("/api/v1/urls").header("host", "sho.rt");
    let create = create.header("content-type", "application/json").body(Body::from(link)).unwrap();
    let Ok(created) = front.answer(create).await;
    assert_eq!(created.status(), StatusCode::CREATED);
    let Ok(first) = front.answer(visit()).await;
    assert_eq!(first.status(), StatusCode::FOUND, "from now on it is in memory");

    let request = visit();
    figures.time("the clock, twice", || {
        black_box((Instant::now(), Instant::now()));
    });
    figures.time("checks of path, headers and host", || {
        front::check(&site, black_box(&request)).unwrap();
    });
    let client = IpAddr::from([192, 0, 2, 1]);
    figures.time("whether the client is blocked", || assert!(!gate.is_blocked(black_box(client))));
    let visitor = Visitor { client, query: None, headers: request.headers() };
    figures.time("code, cache, verdict", || {
        drop(redirector.respond_from_cache(black_box("link"), &Method::GET, visitor).unwrap());
    });
    let (link, now) = (LinkId::new(1).unwrap(), Clock::System.now());
    figures.time("writing the click down", || {
        // None if the rounds come faster than the journal is drained; then the click is dropped.
        black_box(clicks.write(link, now, None, black_box(visitor)));
    });
    let location = HeaderValue::from_static("https://example.com/");
    figures.time("the response and its headers", || {
        let mut headers = HeaderMap::with_capacity(6);
        headers.insert(header::LOCATION, location.clone());
        headers.insert(header::CACHE_CONTROL, NO_STORE);
        let mut response = Response::new(Body::empty());
        *response.headers_mut() = headers;
        black_box(response);
    });
    let ids = RequestIds::new();
    figures.time("the request id", || drop(black_box(ids.next())));
    let (metrics, took) = (HttpMetrics::new(&mut Registry::default()), Duration::from_micros(3));
    figures.time("metrics", || metrics.redirected(StatusCode::FOUND, black_box(took)));
    let settings = ConnectionSettings {
        max: 1,
        per_client_max: 1,
        header_timeout: Duration::from_secs(5),
        idle_timeout: Duration::from_secs(5),
    };
    let watch = Arc::new(Watch::new(&settings, ConnectionMetrics::default()));
    let watched = watch.admit(None).unwrap();
    let connection = &watched.connection;
    figures.time("the watch of the connection", || {
        connection.has_read();
        connection.begins_answer();
        connection.ends_answer();
        connection.has_written();
    });
    let making = figures.time("(making a request to ask)", || drop(black_box(visit())));
    let whole = figures.time("all of it, with making a request", || {
        let Ok(response) = front.answer(visit()).now_or_never().expect("it is answered at once");
        assert_eq!(response.status(), StatusCode::FOUND);
    });
    for (name, took) in &figures.lines {
        println!("{:>6} ns  {name}", took.as_nanos());
    }
    println!("{:>6} ns  a redirect", whole.saturating_sub(making).as_nanos());
    assert!(figures.lines.iter().all(|(_, took)| *took < Duration::from_millis(1)));
}
