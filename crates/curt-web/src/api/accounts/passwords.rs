//! Checking passwords: one way in for every purpose.
//!
//! AUTH-05: logging in, changing a password or an address and deleting an account are all guesses
//! at the same password, so they share limits and pauses. Users who do not exist cost as much time
//! as those who do, and get the same answer.

use curt_cache::Purpose;
use curt_domain::{Email, Password, PasswordHash, PasswordUse, Timestamp, User, UserId};
use curt_store::Credentials;

use crate::{
    app::App,
    auth::{Guesser, LoginOrigin, RetryAfter, Verified},
    response::{ApiError, FieldError},
};

/// Whose password is to be checked.
enum Whose<'a> {
    /// The account with this address; an invalid address has none, like most addresses.
    Address(&'a str),
    /// A user who is logged in.
    User(UserId),
}

/// What guesses are counted under, and the account they are for.
struct Account {
    email_key: String,
    found: Option<Credentials>,
}

/// The user with this address and password.
pub(super) async fn log_in(
    app: &App,
    origin: &LoginOrigin,
    email: &str,
    password: &str,
) -> Result<User, ApiError> {
    verify(app, origin, Whose::Address(email), password).await
}

/// Checks that a user who is logged in knows the password, too.
pub(super) async fn confirm(
    app: &App,
    origin: &LoginOrigin,
    id: UserId,
    password: &str,
) -> Result<User, ApiError> {
    verify(app, origin, Whose::User(id), password).await
}

async fn verify(
    app: &App,
    origin: &LoginOrigin,
    whose: Whose<'_>,
    password: &str,
) -> Result<User, ApiError> {
    // First of all, so that a client that guesses too often costs no database query.
    origin.allowance.take_for_client(Purpose::Login)?;
    let (auth, now) = (&app.auth, app.clock.now());
    let Account { email_key, found } = whose.find(app).await?;
    let user = found.as_ref().map(|credentials| &credentials.user);
    let guesser = guesser(app, origin, &email_key, user, now);
    let paused = |RetryAfter(retry_after)| ApiError::LoginPaused { retry_after };
    let guess = auth.throttle.guess(guesser, now).map_err(paused)?;
    let old = found.as_ref().and_then(|credentials| credentials.password.clone());
    let verified = auth.hasher.verify(Password::new(password), old.clone()).await;
    // A server that was too busy to check has not seen a wrong password.
    let verified = verified.inspect_err(|_| auth.throttle.take_back(guess))?;
    let Some(credentials) = found else { return Err(ApiError::WrongPassword) };
    if verified == Verified::Wrong || credentials.user.disabled_at.is_some() {
        return Err(ApiError::WrongPassword);
    }
    auth.throttle.succeeded(guess);
    if let (Verified::Outdated { hash }, Some(old)) = (verified, old) {
        app.store.rehash_password(credentials.user.id, &old, &hash).await?;
    }
    Ok(credentials.user)
}

impl Whose<'_> {
    async fn find(self, app: &App) -> Result<Account, ApiError> {
        let email = match self {
            Self::Address(text) => Email::parse(text).map_err(|_| text),
            Self::User(id) => {
                let found = app.store.credentials_of(id).await?.ok_or(ApiError::Unauthenticated)?;
                let email_key = found.user.email.key().to_owned();
                return Ok(Account { email_key, found: Some(found) });
            }
        };
        Ok(match email {
            Ok(email) => Account {
                email_key: email.key().to_owned(),
                found: app.store.credentials(&email).await?,
            },
            Err(text) => Account { email_key: text.to_owned(), found: None },
        })
    }
}

fn guesser<'a>(
    app: &App,
    origin: &'a LoginOrigin,
    email: &'a str,
    user: Option<&User>,
    now: Timestamp,
) -> Guesser<'a> {
    let epoch = user.map(|user| user.token_epoch);
    let is_known =
        |cookie: &&str| user.is_some_and(|user| app.auth.devices.knows(cookie, user.id, now));
    match origin.device.as_deref().filter(is_known) {
        Some(cookie) => Guesser::Device { cookie, epoch },
        None => Guesser::Anybody { email, epoch },
    }
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
