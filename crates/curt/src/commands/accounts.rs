//! `curt users` and `curt keys`: accounts and their API keys, managed on the server's machine.
//!
//! A user who runs them can read the secret key and the database, so they ask for no password. The
//! audit log names the user as the operating system does.

use anyhow::Context as _;
use curt_domain::Email;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    api::{Api, get, pages::Pages},
    failure::{Exit, Failure},
};

pub(crate) mod keys;
pub(crate) mod users;

/// Users that may share the searched part of an address before the whole address decides.
const FOUND_MAX: u64 = 1_000;

/// What commands show of a user.
#[derive(Debug, Deserialize)]
struct UserObject {
    id: u64,
    email: String,
    full_name: Option<String>,
    role: String,
    status: String,
    created_at: String,
}

/// A user, and the text that the API gave.
struct FoundUser {
    user: UserObject,
    json: Box<RawValue>,
}

impl FoundUser {
    fn read(json: Box<RawValue>) -> anyhow::Result<Self> {
        let user = serde_json::from_str(json.get()).context("reading a user")?;
        Ok(Self { user, json })
    }
}

/// The id of the user with this address or id.
pub(crate) async fn user_id(api: &Api, name: &str) -> anyhow::Result<u64> {
    Ok(find(api, name).await?.user.id)
}

/// The user of this address or id.
async fn find(api: &Api, name: &str) -> anyhow::Result<FoundUser> {
    if name.bytes().all(|byte| byte.is_ascii_digit()) {
        return FoundUser::read(
            api.ask(get(&format!("/api/v1/admin/users/{name}"))).await?.json()?,
        );
    }
    let nobody = || Failure::new(Exit::NotFound, format!("there is no user {name}"));
    let wanted = Email::parse(name).map_err(|_| nobody())?;
    let parameters = [("q", Some(wanted.key()))];
    let mut pages = Pages::new(api, "/api/v1/admin/users", &parameters, FOUND_MAX);
    while let Some(page) = pages.next().await? {
        for json in page.items {
            let found = FoundUser::read(json)?;
            if Email::parse(&found.user.email).is_ok_and(|email| email == wanted) {
                return Ok(found);
            }
        }
    }
    Err(nobody().into())
}
