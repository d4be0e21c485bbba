//! `/-/setup`: the first administrator, made in a browser through the one-time link.
//!
//! Whether the link is valid, and what using it does, is decided in
//! [`register`](crate::api::accounts::register).

use axum::{
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse as _, Response},
};
use curt_cache::Purpose;
use curt_domain::User;
use curt_ui::Typed;
use url::form_urlencoded;

use crate::{
    api::accounts::register::{BootstrapBody, first_administrator},
    app::App,
    pages,
    request::{extract::ClientAddress, tags},
    response::{ApiError, ProblemCode},
};

/// Largest form, in bytes: the longest of all fields with every character escaped, and some room.
const FORM_LEN_MAX: usize = 8 << 10;

/// Show the form that makes the first administrator
///
/// The link in the file `admin-setup.url` leads here; as long as it is good, there is a form, and
/// afterwards nothing.
#[utoipa::path(
    get,
    path = "/-/setup",
    operation_id = "show_setup_form",
    tag = tags::ACCOUNTS,
    responses(
        (status = 200, description = "The form.", body = String, content_type = "text/html"),
        (status = 404, description = "This server is set up, or the link is over.", body = String,
            content_type = "text/html"),
        (status = 429, description = "", body = String, content_type = "text/html"),
        (status = 503, description = "", body = String, content_type = "text/html"),
    ),
    extensions(("x-problems" = json!([ProblemCode::NotFound, ProblemCode::RateLimited]))),
)]
pub(crate) async fn show_setup(
    State(app): State<App>,
    client: ClientAddress,
    headers: HeaderMap,
) -> Response {
    match is_open(&app, client).await {
        Ok(()) => pages::setup_form(StatusCode::OK, Typed::default(), None),
        Err(error) => pages::refuse(error, &headers, &app.site),
    }
}

/// Make the first administrator with the form
///
/// What the form sends, and nothing else than `bootstrap` does; the answers are pages.
#[utoipa::path(
    post,
    path = "/-/setup",
    operation_id = "send_setup_form",
    tag = tags::ACCOUNTS,
    responses(
        (status = 201, description = "What to do next.", body = String, content_type = "text/html"),
        (status = 404, description = "The token is wrong: the form again. Or this server is set up.",
            body = String, content_type = "text/html"),
        (status = 409, description = "The address is taken: the form again.", body = String,
            content_type = "text/html"),
        (status = 422, description = "Something is wrong: the form again.", body = String,
            content_type = "text/html"),
        (status = 429, description = "", body = String, content_type = "text/html"),
        (status = 503, description = "", body = String, content_type = "text/html"),
    ),
    extensions(("x-problems" = json!([
        ProblemCode::NotFound,
        ProblemCode::PayloadTooLarge,
        ProblemCode::RateLimited,
    ]))),
)]
pub(crate) async fn send_setup(
    State(app): State<App>,
    client: ClientAddress,
    headers: HeaderMap,
    form: Bytes,
) -> Response {
    if FORM_LEN_MAX < form.len() {
        return ApiError::PayloadTooLarge { limit: FORM_LEN_MAX }.into_response();
    }
    let body = BootstrapBody::from_form(&form);
    match make(&app, client, &body).await {
        Ok(user) => pages::setup_done(&user.email),
        Err(Refused { error, again: true }) => {
            let typed = Typed {
                token: &body.token,
                email: &body.email,
                full_name: body.full_name.as_deref().unwrap_or_default(),
            };
            pages::setup_form(error.status(), typed, Some(&error))
        }
        Err(Refused { error, again: false }) => pages::refuse(error, &headers, &app.site),
    }
}

/// Why no administrator was made, and whether to show the form again.
struct Refused {
    error: ApiError,
    again: bool,
}

async fn make(app: &App, client: ClientAddress, body: &BootstrapBody) -> Result<User, Refused> {
    let finally = |error| Refused { error, again: false };
    is_open(app, client).await.map_err(finally)?;
    let ClientAddress(client) = client;
    let made = first_administrator(app, client, body).await;
    made.map_err(|error| {
        use ApiError::{EmailTaken, InvalidFields, NotFound, TooBusy};
        // It was open a moment ago, so the token is wrong, or another request was faster.
        let again = match &error {
            NotFound => app.auth.bootstrap.as_ref().is_some_and(|it| it.is_open(app.clock.now())),
            other => matches!(other, EmailTaken | InvalidFields(_) | TooBusy),
        };
        Refused { error, again }
    })
}

/// Whether an administrator can still be made, and this client may ask. Counts like any request to
/// the API without a key.
async fn is_open(app: &App, ClientAddress(client): ClientAddress) -> Result<(), ApiError> {
    app.gate.check_suspended(client)?;
    app.gate.admit(Purpose::Anonymous, client)?;
    let bootstrap = app.auth.bootstrap.as_ref().ok_or(ApiError::NotFound)?;
    // An administrator may have been made on the command line.
    if !bootstrap.is_open(app.clock.now()) || app.store.is_set_up().await? {
        return Err(ApiError::NotFound);
    }
    Ok(())
}

impl BootstrapBody {
    fn from_form(form: &[u8]) -> Self {
        let mut body = Self::default();
        for (name, value) in form_urlencoded::parse(form) {
            match &*name {
                // As pasted, with white space around it.
                "token" => value.trim().clone_into(&mut body.token),
                "email" => body.email = value.into_owned(),
                // Browsers also send empty fields.
                "full_name" if value.trim().is_empty() => {}
                "full_name" => body.full_name = Some(value.into_owned()),
                "password" => body.password = value.into_owned(),
                _ => {}
            }
        }
        body
    }
}
