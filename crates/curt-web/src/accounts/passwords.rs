//! Looking at passwords: one way in, whatever for.
//!
//! AUTH-05: logging in, changing a password or an address and deleting an account are all guesses at
//! the same password, so they share limits and pauses. Users who do not exist cost as much time as
//! those who do, and get the same answer.

use curt_cache::Purpose;
use curt_domain::{Email, Password, PasswordHash, PasswordUse, User, UserId};
use curt_store::Credentials;

use crate::{
    app::App,
    auth::{Guesser, Paused, Verified, Whence},
    errors::{ApiError, FieldError},
};

/// Whose address and password these are.
pub(super) async fn log_in(
    app: &App,
    whence: &Whence,
    email: &str,
    password: &str,
) -> Result<User, ApiError> {
    whence.allowance.take_for_client(Purpose::Login)?;
    // What is no address belongs to nobody, like most addresses.
    let parsed = Email::parse(email).ok();
    let found = match &parsed {
        Some(email) => app.store.credentials(email).await?,
        None => None,
    };
    let key = parsed.as_ref().map_or(email, Email::key);
    verify(app, whence, key, found, password).await
}

/// Whether somebody who is logged in knows their password, too.
pub(super) async fn confirm(
    app: &App,
    whence: &Whence,
    id: UserId,
    password: &str,
) -> Result<User, ApiError> {
    let found = app.store.credentials_of(id).await?.ok_or_else(super::gone)?;
    let key = found.user.email.key().to_owned();
    verify(app, whence, &key, Some(found), password).await
}

async fn verify(
    app: &App,
    whence: &Whence,
    email: &str,
    found: Option<Credentials>,
    password: &str,
) -> Result<User, ApiError> {
    let (auth, now) = (&app.auth, app.clock.now());
    let user = found.as_ref().map(|credentials| credentials.user.id);
    let is_known = |cookie: &&str| user.is_some_and(|user| auth.devices.knows(cookie, user, now));
    let guesser = match whence.device.as_deref().filter(is_known) {
        Some(cookie) => Guesser::Device { cookie },
        None => Guesser::Anybody { email },
    };
    let paused = |Paused(retry_after)| ApiError::LoginPaused { retry_after };
    auth.throttle.guess(guesser, now).map_err(paused)?;
    let old = found.as_ref().and_then(|credentials| credentials.password.clone());
    let verified = auth.hasher.verify(Password::new(password), old.clone()).await;
    // A server that is too busy to look has not seen a wrong password.
    let verified = verified.inspect_err(|_| auth.throttle.take_back(guesser))?;
    let Some(credentials) = found else { return Err(ApiError::WrongPassword) };
    if verified == Verified::Wrong || credentials.user.disabled_at.is_some() {
        return Err(ApiError::WrongPassword);
    }
    auth.throttle.succeeded(guesser);
    if let (Verified::Outdated { hash }, Some(old)) = (verified, old) {
        app.store.rehash_password(credentials.user.id, &old, &hash).await?;
    }
    Ok(credentials.user)
}

/// The hash of a new password, or what is wrong with it.
pub(crate) async fn new_hash(
    app: &App,
    field: &str,
    password: &str,
    email: &Email,
) -> Result<PasswordHash, ApiError> {
    let usage = PasswordUse::Account(email.clone());
    let hash = app.auth.hasher.hash(Password::new(password), usage).await?;
    hash.map_err(|weak| ApiError::InvalidFields(vec![FieldError::password(field, weak)]))
}
