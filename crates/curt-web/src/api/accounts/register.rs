//! Making accounts: open registration, by invitation, and the very first.

use std::net::IpAddr;

use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use curt_cache::Purpose;
use curt_domain::{Caller, Email, FullName, Role, Token, User};
use curt_store::{Admission, NewUser};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    api::accounts::{passwords::new_hash, schema, view::UserView},
    app::App,
    auth::{LoginOrigin, Registration, anonymous},
    request::{extract::ApiJson, fields::FieldErrors, tags},
    response::{ApiError, ProblemCode, headers::no_store_json},
};

/// An account to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Registration)]
pub(crate) struct RegisterBody {
    #[schema(schema_with = schema::email)]
    email: String,
    #[schema(schema_with = schema::new_password)]
    password: String,
    #[schema(schema_with = schema::full_name_or_null)]
    full_name: Option<String>,
    #[schema(schema_with = schema::invite_or_null)]
    invite: Option<String>,
}

/// The first administrator.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Bootstrap)]
pub(crate) struct BootstrapBody {
    #[schema(schema_with = schema::bootstrap_token)]
    pub token: String,
    #[schema(schema_with = schema::email)]
    pub email: String,
    #[schema(schema_with = schema::new_password)]
    pub password: String,
    #[schema(schema_with = schema::full_name_or_null)]
    pub full_name: Option<String>,
}

/// Make an account
///
/// Where the server's setting `auth.registration` is `open`, or `invite` and the body has an
/// invitation. Log in afterwards.
#[utoipa::path(
    post,
    path = "/api/v1/auth/register",
    operation_id = "register",
    tag = tags::ACCOUNTS,
    request_body = RegisterBody,
    responses((status = 201, description = "The account.", body = UserView)),
    extensions(("x-problems" = json!([
        ProblemCode::Forbidden,
        ProblemCode::EmailTaken,
        ProblemCode::WeakPassword,
        ProblemCode::RateLimited,
    ]))),
)]
pub(crate) async fn register(
    State(app): State<App>,
    origin: LoginOrigin,
    body: ApiJson<RegisterBody>,
) -> Result<Response, ApiError> {
    let RegisterBody { email, password, full_name, invite } = body.value;
    let admission = match (app.auth.settings.registration, invite) {
        (Registration::Closed, _) => return Err(ApiError::RegistrationClosed),
        (Registration::Open, None) => Admission::As(Role::User),
        (Registration::Invite, None) => {
            return Err(ApiError::invalid_field(
                "invite",
                "is missing: ask an administrator for one",
            ));
        }
        (_, Some(text)) => {
            let token = text.parse::<Token>();
            let unknown = |_| ApiError::invalid_field("invite", "is unknown, used or expired");
            Admission::Invite(token.map_err(unknown)?.hash())
        }
    };
    origin.allowance.take_for_client(Purpose::Registration)?;
    let (email, full_name) = parse(&email, full_name.as_deref())?;
    let caller = anonymous(origin.allowance.client);
    create(&app, &caller, AccountDraft { email, full_name, password }, admission).await
}

/// Make the first administrator
///
/// With the token from the link in the file `admin-setup.url`, which the first start writes into
/// the data directory. It is good for 30 minutes, and only while there is no administrator. Links
/// that were made before become theirs.
#[utoipa::path(
    post,
    path = "/api/v1/auth/bootstrap",
    operation_id = "bootstrap",
    tag = tags::ACCOUNTS,
    request_body = BootstrapBody,
    responses((status = 201, description = "The administrator.", body = UserView)),
    extensions(("x-problems" = json!([
        ProblemCode::NotFound,
        ProblemCode::EmailTaken,
        ProblemCode::WeakPassword,
    ]))),
)]
pub(crate) async fn bootstrap(
    State(app): State<App>,
    origin: LoginOrigin,
    body: ApiJson<BootstrapBody>,
) -> Result<Response, ApiError> {
    let user = first_administrator(&app, origin.allowance.client, &body.value).await?;
    Ok((StatusCode::CREATED, no_store_json(UserView::new(&user))).into_response())
}

/// Makes the first administrator for a caller who has the token of the one-time link.
pub(crate) async fn first_administrator(
    app: &App,
    client: IpAddr,
    body: &BootstrapBody,
) -> Result<User, ApiError> {
    let BootstrapBody { token, email, password, full_name } = body;
    let bootstrap = app.auth.bootstrap.as_ref().ok_or(ApiError::NotFound)?;
    let token: Token = token.parse().map_err(|_| ApiError::NotFound)?;
    if !bootstrap.admits(&token, app.clock.now()) {
        return Err(ApiError::NotFound);
    }
    let (email, full_name) = parse(email, full_name.as_deref())?;
    let draft = AccountDraft { email, full_name, password: password.clone() };
    let user = make(app, &anonymous(client), draft, Admission::FirstAdministrator).await?;
    bootstrap.used.cancel();
    Ok(user)
}

/// An account to be made.
pub(crate) struct AccountDraft {
    pub email: Email,
    pub full_name: Option<FullName>,
    pub password: String,
}

fn parse(email: &str, full_name: Option<&str>) -> Result<(Email, Option<FullName>), ApiError> {
    let mut errors = FieldErrors::default();
    let email = errors.email(email);
    let full_name = full_name.and_then(|text| errors.full_name(text));
    errors.finish()?;
    Ok((email.expect("nothing was wrong with the fields, so there is an address"), full_name))
}

/// Makes the account and answers with it.
pub(crate) async fn create(
    app: &App,
    caller: &Caller,
    draft: AccountDraft,
    admission: Admission,
) -> Result<Response, ApiError> {
    let user = make(app, caller, draft, admission).await?;
    Ok((StatusCode::CREATED, no_store_json(UserView::new(&user))).into_response())
}

/// The password is hashed whether or not the address is taken, so that timing does not tell.
async fn make(
    app: &App,
    caller: &Caller,
    draft: AccountDraft,
    admission: Admission,
) -> Result<User, ApiError> {
    let AccountDraft { email, full_name, password } = draft;
    let password = Some(new_hash(app, "password", &password, &email).await?);
    let new = NewUser { email, full_name, password };
    Ok(app.store.create_user(caller, new, admission, app.clock.now()).await?)
}
