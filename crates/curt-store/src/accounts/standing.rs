//! Whether a caller's credentials are still valid when its request changes something.

use curt_domain::{Access, Author, Caller, KeyId, Login, Role, Timestamp};

use crate::{
    attribution::Attribution,
    db::{Sql, Tx, Value},
    error::DbError,
};

const SESSION: Sql =
    Sql::new("select user_id from sessions where token_hash = $1 and $2 < expires_at");

const FAMILY: Sql =
    Sql::new("select user_id from refresh_tokens where user_id = $1 and family = $2 limit 1");

const OWNER_ROLE: Sql = Sql::new(
    "select users.role from api_keys join users on users.id = api_keys.user_id
     where api_keys.id = $1 and (expires_at is null or $2 < expires_at) and disabled_at is null",
);

/// Whether the caller's credentials are still valid. They were when the request began, which may be
/// seconds ago: a body arrives slowly, a hash waits for its turn.
///
/// Every transaction that changes an account, or creates credentials for one, checks this under the
/// lock of the account's row. So no request that was admitted before a new password undoes it or
/// outlives it. `users::create` and `invites::create` have no account to lock: if a logout happens
/// at the same moment, either may come first.
pub(in crate::accounts) async fn is_still_good(
    tx: &mut Tx<'_>,
    attribution: &Attribution,
) -> Result<bool, DbError> {
    let Attribution { caller: Caller { access, author, login, .. }, at, .. } = attribution;
    match (login, author) {
        (Some(Login::Session(token)), _) => {
            Ok(tx.row(SESSION, &[token.into(), (*at).into()]).await?.is_some())
        }
        (Some(Login::Family { user, token }), _) => {
            Ok(tx.row(FAMILY, &[(*user).into(), token.into()]).await?.is_some())
        }
        (None, Author::Key(_, key)) => is_key_still_good(tx, *key, *access, *at).await,
        // A caller that acts as a user always has a login.
        (None, Author::User(_)) => Ok(false),
        // These credentials cannot be revoked while the server runs, or there are none.
        (None, Author::AdminKey | Author::CommandLine(_) | Author::Anonymous | Author::System) => {
            Ok(true)
        }
    }
}

/// Whether the key is still valid, by the rules of `Store::key_with_user`: it was not deleted and
/// has not expired, its user is not disabled and, if the key acts on the data of all users, is
/// still an administrator.
async fn is_key_still_good(
    tx: &mut Tx<'_>,
    id: KeyId,
    access: Access,
    at: Timestamp,
) -> Result<bool, DbError> {
    let row = tx.row(OWNER_ROLE, &[Value::number(id.get()), at.into()]).await?;
    let Some(row) = row else { return Ok(false) };
    Ok(match access {
        Access::All => row.text(0)? == Role::Administrator.as_str(),
        Access::Of(_) => true,
    })
}

/// For the test that prepares every statement.
#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[SESSION, FAMILY, OWNER_ROLE];
