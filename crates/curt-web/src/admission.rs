//! Which requests to the API are let in: who sent each one, and whether that caller asks too often.
//!
//! Every request to the API passes [`limit`], which finds out the caller before anything else is
//! done. A caller who proved an identity counts as that user, across all keys and sessions. All
//! other requests count for their client, including those with a key, token or cookie that proves
//! nothing. The configured administrator's key is exempt: the operator's imports and scripts use
//! it, and it cannot be guessed.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use curt_cache::{LimitKey, Purpose};

use crate::{
    app::App,
    auth::{Identity, IdentitySources},
    gate::{self, Allowance},
    request::extract::ClientAddress,
    response::ApiError,
};

/// Middleware around every route.
pub(crate) async fn limit(State(app): State<App>, mut request: Request, next: Next) -> Response {
    if !gate::is_rate_limited(request.uri().path()) {
        return next.run(request).await;
    }
    let client = request.extensions().get::<ClientAddress>();
    let ClientAddress(client) = *client.expect("the front gives every request its client");
    let allowance = Allowance::new(app.gate.clone(), client);
    if let Err(error) = app.gate.check_suspended(client) {
        return error.into_response();
    }
    let (mut parts, body) = request.into_parts();
    let sources = IdentitySources { auth: &app.auth, store: &app.store, clock: &app.clock };
    let identity = Identity::of(&parts, &allowance, &sources).await;
    if let Err(error) = count(&identity, &allowance) {
        return refuse(error, &allowance);
    }
    parts.extensions.insert(identity);
    parts.extensions.insert(allowance.clone());
    request = Request::from_parts(parts, body);
    let mut response = next.run(request).await;
    allowance.report(&mut response);
    response
}

fn count(identity: &Identity, allowance: &Allowance) -> Result<(), ApiError> {
    match identity {
        Identity(Ok(Some(actor))) => match actor.author.user() {
            Some(user) => allowance.take(Purpose::Authenticated, LimitKey::user(user.get())),
            None => Ok(()),
        },
        // The caller is unknown because the server failed, so the request counts for no one.
        Identity(Err(error)) if error.status().is_server_error() => Ok(()),
        Identity(Ok(None) | Err(_)) => allowance.take_for_client(Purpose::Anonymous),
    }
}

fn refuse(error: ApiError, allowance: &Allowance) -> Response {
    let mut response = error.into_response();
    allowance.report(&mut response);
    response
}
