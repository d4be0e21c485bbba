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
    admission,
    api::{
        accounts::{login, me, register, session},
        analytics, audit, document, health, invites, ip_blocks, keys, links, reports,
        target_blocks, users,
    },
    app::App,
    request::extract::BODY_LEN_MAX,
    response::ApiError,
    ui::{basics, report, setup},
};

/// Reserved words without a route yet: future pages, and words that phishers like.
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

/// One entry per path, with the handlers of its methods. Path, method and documentation are above
/// each handler; the router, the reserved words and the OpenAPI document are all made from this.
pub(crate) fn routes() -> Vec<UtoipaMethodRouter<App>> {
    vec![
        routes!(links::list, links::create::create),
        routes!(links::bulk::create_bulk),
        routes!(links::show, links::edit, links::delete),
        routes!(links::restore),
        routes!(links::history),
        routes!(links::qr::show_qr),
        routes!(analytics::show_summary),
        routes!(analytics::show_series),
        routes!(register::register),
        routes!(register::bootstrap),
        routes!(setup::show_setup, setup::send_setup),
        routes!(login::log_in),
        routes!(login::refresh),
        routes!(login::log_out),
        routes!(login::log_out_everywhere),
        routes!(session::begin_session, session::end_session),
        routes!(me::show_me, me::edit_me, me::delete_me),
        routes!(me::change_password),
        routes!(keys::list, keys::create),
        routes!(keys::delete),
        routes!(users::list, users::create),
        routes!(users::show, users::edit, users::delete),
        routes!(keys::list_of_user, keys::create_for_user),
        routes!(invites::list, invites::create),
        routes!(invites::delete),
        routes!(audit::list),
        routes!(target_blocks::list, target_blocks::block),
        routes!(target_blocks::import),
        routes!(target_blocks::unblock),
        routes!(reports::report),
        routes!(reports::admin::list),
        routes!(reports::admin::dismiss),
        routes!(reports::admin::disable),
        routes!(reports::admin::enable),
        routes!(reports::admin::block_host),
        routes!(report::show_form, report::send_form),
        routes!(reports::feed::show),
        routes!(ip_blocks::list, ip_blocks::add),
        routes!(ip_blocks::lift),
        routes!(health::health),
        routes!(health::live),
        routes!(health::ready),
        routes!(basics::root),
        routes!(basics::robots),
        routes!(basics::favicon),
        routes!(document::show_openapi),
        routes!(document::show_docs),
    ]
}

pub(crate) fn router(app: App) -> Router {
    let mut router = Router::new();
    for (_, paths, methods) in routes() {
        router = router.route(path(&paths), methods);
    }
    router
        .fallback(basics::not_found)
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .layer(from_fn_with_state(app.clone(), admission::limit))
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

/// The single path of an entry.
fn path(paths: &Paths) -> &str {
    paths.paths.keys().next().expect("an entry has the path of its handlers")
}

/// Tells the metrics which route answered: there are only as many labels as routes.
async fn name_route(route: MatchedPath, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.extensions_mut().insert(route);
    response
}

#[cfg(test)]
mod tests;
