//! The table of routes: no link can take a path in it.

use std::{collections::BTreeSet, net::IpAddr};

use axum::body::{Body, to_bytes};
use curt_domain::Code;
use http::{Request, StatusCode, header};
use serde_json::Value;
use tempfile::TempDir;
use tower::ServiceExt as _;

use super::*;
use crate::{app::tests::open_app, edge::front, request::extract::ClientAddress, site::hosts};

fn first_segments() -> Vec<String> {
    let first = |path: &str| path.split('/').nth(1).unwrap().to_owned();
    routes().iter().map(|(_, paths, _)| first(path(paths))).collect()
}

async fn create(router: &Router, alias: &str) -> (StatusCode, Value) {
    let link = serde_json::json!({ "original_url": "https://example.com/", "custom_alias": alias });
    let request = Request::post("/api/v1/urls")
        .header(header::CONTENT_TYPE, "application/json")
        .extension(ClientAddress(IpAddr::from([192, 0, 2, 1])))
        .body(Body::from(link.to_string()))
        .unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let body = to_bytes(response.into_body(), BODY_LEN_MAX).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap())
}

#[test]
fn paths_that_the_front_treats_by_their_name_are_there() {
    let routes = routes();
    let paths: Vec<&str> = routes.iter().map(|(_, paths, _)| path(paths)).collect();
    for known in hosts::PROBE_PATHS.into_iter().chain([front::BULK_PATH]) {
        assert!(paths.contains(&known), "{known}");
    }
}

#[test]
fn slug_01_every_first_segment_of_the_router_is_reserved() {
    let reserved = reserved_words();
    for segment in first_segments() {
        let Ok(code) = segment.parse::<Code>() else { continue };
        assert!(reserved.contains(&code), "{segment}");
        let shouted: Code = segment.to_ascii_uppercase().parse().unwrap();
        assert!(reserved.contains(&shouted), "{shouted}");
    }
    let segments = first_segments().into_iter();
    let codes: BTreeSet<_> = segments.filter(|segment| Code::check(segment).is_ok()).collect();
    assert_eq!(
        codes,
        BTreeSet::from(["-", "abuse", "api", "docs", "healthz", "readyz"].map(str::to_owned))
    );
}

#[tokio::test]
async fn slug_01_no_first_segment_of_the_router_can_become_a_link() {
    let directory = TempDir::new().unwrap();
    let router = router(open_app(directory.path()).await);
    for segment in first_segments() {
        for alias in [segment.clone(), segment.to_uppercase()] {
            let (status, problem) = create(&router, &alias).await;
            assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{alias}: {problem}");
            let expected =
                if Code::check(&alias).is_ok() { "reserved_code" } else { "invalid_code" };
            assert_eq!(problem["code"], expected, "{alias}");
        }
    }
    let (status, link) = create(&router, "free").await;
    assert_eq!(status, StatusCode::CREATED, "{link}");
}

#[test]
fn every_path_stands_once() {
    let routes = routes();
    assert!(routes.iter().all(|(_, paths, _)| paths.paths.len() == 1));
    let mut paths: Vec<&str> = routes.iter().map(|(_, paths, _)| path(paths)).collect();
    paths.sort_unstable();
    let all = paths.len();
    paths.dedup();
    assert_eq!(paths.len(), all);
}
