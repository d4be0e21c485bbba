//! The table of contents: every path except the redirect's own `/{code}`.

use axum::{
    Router,
    extract::{DefaultBodyLimit, MatchedPath, Request},
    middleware::{Next, from_fn},
    response::Response,
    routing::{MethodRouter, get, post},
};
use curt_domain::ReservedWords;

use crate::{app::App, errors::ApiError, extract::BODY_LEN_MAX, health, links, pages};

/// Words that no code may be although nothing is there yet: pages to come, and what phishers like.
const RESERVED_BESIDES: [&str; 22] = [
    "-",
    "admin",
    "api",
    "app",
    "assets",
    "auth",
    "dashboard",
    "docs",
    "health",
    "help",
    "login",
    "logout",
    "metrics",
    "openapi",
    "p",
    "preview",
    "qr",
    "register",
    "report",
    "settings",
    "signup",
    "static",
];

fn routes() -> Vec<(&'static str, MethodRouter<App>)> {
    vec![
        ("/", get(pages::root)),
        ("/robots.txt", get(pages::robots)),
        ("/favicon.ico", get(pages::favicon)),
        ("/healthz", get(health::live)),
        ("/readyz", get(health::ready)),
        ("/api/v1/health", get(health::health)),
        ("/api/v1/urls", get(links::list).post(links::create)),
        ("/api/v1/urls/{id}", get(links::show).patch(links::edit).delete(links::delete)),
        ("/api/v1/urls/{id}/restore", post(links::restore)),
        ("/api/v1/urls/{id}/history", get(links::history)),
    ]
}

pub(crate) fn router(app: App) -> Router {
    let router = Router::new();
    routes()
        .into_iter()
        .fold(router, |router, (path, methods)| router.route(path, methods))
        .route_layer(from_fn(name_route))
        .fallback(pages::not_found)
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .layer(DefaultBodyLimit::max(BODY_LEN_MAX))
        .with_state(app)
}

/// Every first segment of the router, and [`RESERVED_BESIDES`].
pub(crate) fn reserved_words() -> ReservedWords {
    let routes = routes();
    let first = routes.iter().filter_map(|(path, _)| path.split('/').nth(1));
    ReservedWords::new(first.chain(RESERVED_BESIDES))
}

/// Tells the metrics which route answered: as many labels as there are routes, no more.
async fn name_route(route: MatchedPath, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.extensions_mut().insert(route);
    response
}

#[cfg(test)]
mod tests;
