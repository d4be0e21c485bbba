//! What a caller gets for proving who they are: tokens for programs, a session for browsers.

use std::time::Duration;

use curt_domain::{Token, TokenHash, User};
use curt_store::NewLogin;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    api::accounts::schema,
    app::App,
    auth::{ACCESS_AGE_MAX, AccessClaims, random},
    response::ApiError,
};

/// How long an unused refresh token is valid.
pub(crate) const REFRESH_AGE_MAX: Duration = Duration::from_hours(30 * 24);

/// How long a browser stays logged in.
pub(crate) const SESSION_AGE_MAX: Duration = Duration::from_hours(30 * 24);

/// What a program is logged in with.
#[derive(Serialize, ToSchema)]
#[schema(as = Tokens)]
pub(crate) struct TokensView {
    #[schema(schema_with = schema::access_token)]
    access_token: String,
    #[schema(schema_with = schema::token_type)]
    token_type: &'static str,
    #[schema(schema_with = schema::expires_in)]
    expires_in: u64,
    #[schema(schema_with = schema::refresh_token)]
    refresh_token: String,
}

impl TokensView {
    /// For a user who has just logged in.
    pub(super) async fn begin(app: &App, user: &User) -> Result<Self, ApiError> {
        let now = app.clock.now();
        let refresh = Token::from_random(random());
        let new = login(user, &refresh, now.plus(REFRESH_AGE_MAX));
        app.store.create_refresh_token(new, now).await?;
        // The first refresh token names the family.
        Ok(Self::new(app, user, refresh.hash(), &refresh))
    }

    /// With a refresh token that the store already has.
    pub(super) fn new(app: &App, user: &User, family: TokenHash, refresh: &Token) -> Self {
        let claims = AccessClaims { user: user.id, epoch: user.token_epoch, family };
        Self {
            access_token: app.auth.tokens.issue(claims, app.clock.now()),
            token_type: "Bearer",
            expires_in: ACCESS_AGE_MAX.as_secs(),
            refresh_token: refresh.as_str().to_owned(),
        }
    }
}

/// Begins a session; the token is the value of its cookie.
pub(super) async fn session(app: &App, user: &User) -> Result<Token, ApiError> {
    let now = app.clock.now();
    let token = Token::from_random(random());
    app.store.create_session(login(user, &token, now.plus(SESSION_AGE_MAX)), now).await?;
    Ok(token)
}

fn login(user: &User, token: &Token, expires_at: curt_domain::Timestamp) -> NewLogin {
    NewLogin { user: user.id, token_epoch: user.token_epoch, token: token.hash(), expires_at }
}
