//! The page that is scraped.

use axum::body::{Body, to_bytes};
use http::Request;
use tower::ServiceExt as _;

use super::*;

async fn get(page: MetricsPage, path: &str) -> (StatusCode, Option<String>, String) {
    let request = Request::get(path).body(Body::empty()).unwrap();
    let response = page.router().oneshot(request).await.unwrap();
    let kind = response.headers().get(header::CONTENT_TYPE);
    let kind = kind.map(|kind| kind.to_str().unwrap().to_owned());
    let status = response.status();
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, kind, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn the_page_is_whole_and_says_what_it_is() {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(ProcessMemory));
    let metrics = HttpMetrics::new(&mut registry);
    metrics.redirected(StatusCode::FOUND, Duration::from_micros(30));
    metrics.redirected(StatusCode::PERMANENT_REDIRECT, Duration::from_micros(30));

    let (status, kind, text) = get(MetricsPage::new(registry), "/metrics").await;
    assert_eq!(status, StatusCode::OK);
    assert!(kind.unwrap().starts_with("application/openmetrics-text"));
    assert!(text.ends_with("# EOF\n"), "{text}");
    let lines = [
        "http_requests_total{route=\"/{code}\",status=\"302\"} 1",
        "http_requests_total{route=\"/{code}\",status=\"308\"} 1",
        "redirects_total{outcome=\"followed\",tier=\"memory\"} 2",
        "http_request_duration_seconds_count{route=\"/{code}\"} 2",
    ];
    for line in lines {
        assert!(text.lines().any(|found| found == line), "{line} is not in {text}");
    }
    let memory = text.lines().find_map(|line| line.strip_prefix("process_resident_memory_bytes "));
    let megabytes = memory.unwrap().parse::<u64>().unwrap() >> 20;
    assert!((1..4_096).contains(&megabytes), "{megabytes} MB");
}

#[tokio::test]
async fn requests_that_wait_for_the_store_to_give_up_are_told_apart() {
    const STORE_TIME_MAX: Duration = Duration::from_secs(12);
    let mut registry = Registry::default();
    HttpMetrics::new(&mut registry).redirected(StatusCode::FOUND, STORE_TIME_MAX);
    let (_, _, text) = get(MetricsPage::new(registry), "/metrics").await;
    let buckets = text.lines().filter(|line| line.starts_with("http_request_duration_seconds_b"));
    let holds_it = |line: &&str| line.ends_with(" 1") && !line.contains("le=\"+Inf\"");
    assert_eq!(buckets.filter(holds_it).count(), 1, "{text}");
}

#[tokio::test]
async fn nothing_else_is_on_its_listener() {
    for path in ["/", "/healthz", "/api/v1/urls", "/metrics/"] {
        let (status, _, _) = get(MetricsPage::new(Registry::default()), path).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
    }
}
