//! AUTH-12: a flood of logins only slows logins.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::json;

use crate::app::TestApp;

/// The most jobs waiting or being hashed: 32 in the queue, and one on each of two threads.
const LOOKED_AT_MAX: usize = 34;

#[tokio::test]
async fn auth_12_of_fifty_logins_at_once_the_surplus_is_refused_at_once() {
    let app = TestApp::start().await;
    app.shorten("link", "https://example.com/", json!({})).await;
    let log_in = async |number: usize| {
        let (start, email) = (Instant::now(), format!("nobody{number}@example.com"));
        (app.log_in(&email, "not the password at all").await, start.elapsed())
    };
    let follow = async {
        let start = Instant::now();
        app.visit("/link").await.leads_to(302, "https://example.com/");
        start.elapsed()
    };
    let (logins, followed) = tokio::join!(join_all((0..50).map(log_in)), follow);
    let mut at_once = 0;
    for (answer, took) in &logins {
        // Logins that waited in the queue too long are refused too, after two seconds.
        if answer.status != 401 {
            answer.problem(503, "unavailable");
            assert_eq!(answer.header("retry-after"), "1");
            at_once += usize::from(*took < Duration::from_secs(1));
        }
    }
    assert!(50 - LOOKED_AT_MAX <= at_once, "{at_once} of fifty");
    assert!(followed < Duration::from_secs(1), "{followed:?}");
}
