//! The table of contents: every path except the redirect's own `/{code}`.

use axum::{
    Router,
    extract::{DefaultBodyLimit, MatchedPath, Request},
    middleware::{Next, from_fn, from_fn_with_state},
    response::Response,
};
use curt_domain::ReservedWords;
use utoipa::openapi::Paths;
use utoipa_axum::{router::UtoipaMethodRouter, routes};

use crate::{
    accounts, analytics, app::App, audit, blocks, destinations, docs, errors::ApiError,
    extract::BODY_LEN_MAX, health, invites, keys, limits, links, openapi, pages, reports, users,
};

/// Words that no code may be although nothing is there yet: pages to come, and what phishers like.
const RESERVED_BESIDES: [&str; 21] = [
    "-",
    "admin",
    "api",
    "app",
    "assets",
    "auth",
    "dashboard",
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

/// One entry per path, with the handlers of its methods. Path, method and documentation of each
/// stand above the handler; router, reserved words and OpenAPI document are all made of this.
pub(crate) fn routes() -> Vec<UtoipaMethodRouter<App>> {
    vec![
        routes!(links::list, links::create),
        routes!(links::create_bulk),
        routes!(links::show, links::edit, links::delete),
        routes!(links::restore),
        routes!(links::history),
        routes!(links::show_qr),
        routes!(analytics::show_summary),
        routes!(analytics::show_series),
        routes!(accounts::register),
        routes!(accounts::bootstrap),
        routes!(accounts::show_setup, accounts::send_setup),
        routes!(accounts::log_in),
        routes!(accounts::refresh),
        routes!(accounts::log_out),
        routes!(accounts::log_out_everywhere),
        routes!(accounts::begin_session, accounts::end_session),
        routes!(accounts::show_me, accounts::edit_me, accounts::delete_me),
        routes!(accounts::change_password),
        routes!(keys::list, keys::create),
        routes!(keys::delete),
        routes!(users::list, users::create),
        routes!(users::show, users::edit, users::delete),
        routes!(keys::list_of_user, keys::create_for_user),
        routes!(invites::list, invites::create),
        routes!(invites::delete),
        routes!(audit::list),
        routes!(destinations::list, destinations::block),
        routes!(destinations::import),
        routes!(destinations::unblock),
        routes!(reports::report),
        routes!(reports::list),
        routes!(reports::dismiss),
        routes!(reports::disable),
        routes!(reports::enable),
        routes!(reports::block_host),
        routes!(reports::show_form, reports::send_form),
        routes!(reports::show),
        routes!(blocks::list, blocks::add),
        routes!(blocks::lift),
        routes!(health::health),
        routes!(health::live),
        routes!(health::ready),
        routes!(pages::root),
        routes!(pages::robots),
        routes!(pages::favicon),
        routes!(openapi::show),
        routes!(docs::show),
    ]
}

pub(crate) fn router(app: App) -> Router {
    let mut router = Router::new();
    for (_, paths, methods) in routes() {
        router = router.route(path(&paths), methods);
    }
    router
        .fallback(pages::not_found)
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .layer(from_fn_with_state(app.clone(), limits::limit))
        .route_layer(from_fn(name_route))
        .layer(DefaultBodyLimit::max(BODY_LEN_MAX))
        .with_state(app)
}

/// Every first segment of the router, and [`RESERVED_BESIDES`].
pub(crate) fn reserved_words() -> ReservedWords {
    let routes = routes();
    let first = routes.iter().filter_map(|(_, paths, _)| path(paths).split('/').nth(1));
    ReservedWords::new(first.chain(RESERVED_BESIDES))
}

/// The one path of an entry.
fn path(paths: &Paths) -> &str {
    paths.paths.keys().next().expect("an entry has the path of its handlers")
}

/// Tells the metrics which route answered: as many labels as there are routes, no more.
async fn name_route(route: MatchedPath, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.extensions_mut().insert(route);
    response
}

#[cfg(test)]
mod tests;
