//! `/abuse/feed.json`: links that were disabled for abuse, for other block lists.
//!
//! Anyone may ask without a limit, so the answer is made once a minute at most.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;

use crate::{
    api::reports::view::FeedView, app::App, lists::abuse_feed::KEEP_FOR, request::tags,
    response::ApiError,
};

/// Links in the feed: only the latest, which are what readers look for.
const LEN_MAX: u32 = 1_000;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// List links disabled for abuse
///
/// Short links of this server that an administrator disabled because of abuse, the latest first, at
/// most a thousand. For lists of others; of the target it tells the host alone. It is at most a
/// minute old.
#[utoipa::path(
    get,
    path = "/abuse/feed.json",
    operation_id = "show_abuse_feed",
    tag = tags::ABUSE,
    responses((status = 200, description = "The links.", body = FeedView)),
)]
pub(crate) async fn show(State(app): State<App>) -> Result<Response, ApiError> {
    let (store, site) = (app.store.clone(), Arc::clone(&app.site));
    let make = async move {
        let links = store.abuse_links(LEN_MAX).await?;
        let json = serde_json::to_vec(&FeedView::new(&links, &site));
        Ok::<_, ApiError>(Bytes::from(json.expect("texts in lists are JSON")))
    };
    let feed = app.abuse_feed.get(&app.clock, make).await?;
    let age = app.clock.instant().saturating_duration_since(feed.at);
    let keep = format!("public, max-age={}", KEEP_FOR.saturating_sub(age).as_secs());
    let keep = HeaderValue::try_from(keep).expect("words and numbers are visible ASCII");
    let headers = [(header::CONTENT_TYPE, JSON), (header::CACHE_CONTROL, keep)];
    Ok((headers, feed.value).into_response())
}
