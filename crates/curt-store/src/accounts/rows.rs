//! Rows of users, which also serve as locks.

use curt_domain::{Email, FullName, Role, Timestamp, User, UserId};

use crate::{
    db::{Row, Sql, Tx},
    error::DbError,
};

/// The columns that [`user`] reads, from a statement that selects from `users`.
macro_rules! user_columns {
    () => {
        "users.id, users.email, users.full_name, users.role, users.token_epoch, users.disabled_at, \
         users.created_at, users.updated_at"
    };
}
pub(super) use user_columns;

/// How many columns `user_columns!` names.
pub(in crate::accounts) const USER_COLUMNS_LEN: usize = 8;

const LOCK: Sql =
    Sql::new(concat!("select ", user_columns!(), " from users where id = $1")).locking();

/// Locks a user's row, and with it everything that belongs to the user.
pub(in crate::accounts) async fn lock(
    tx: &mut Tx<'_>,
    id: UserId,
) -> Result<Option<User>, DbError> {
    tx.row(LOCK, &[id.into()]).await?.as_ref().map(user).transpose()
}

/// Reads `user_columns!`, which come first.
pub(in crate::accounts) fn user(row: &Row) -> Result<User, DbError> {
    let id = UserId::new(row.number(0)?);
    let full_name = row.optional_text(2)?.map(FullName::parse);
    Ok(User {
        id: id.ok_or_else(|| DbError::unreadable("an id from 2^53 on"))?,
        email: Email::parse(row.text(1)?).map_err(DbError::unreadable)?,
        full_name: full_name.transpose().map_err(DbError::unreadable)?,
        role: role(row, 3)?,
        token_epoch: row.number(4)?,
        disabled_at: row.optional_int(5)?.map(Timestamp::from_millis),
        created_at: Timestamp::from_millis(row.int(6)?),
        updated_at: Timestamp::from_millis(row.int(7)?),
    })
}

pub(in crate::accounts) fn role(row: &Row, column: usize) -> Result<Role, DbError> {
    Role::from_word(row.text(column)?).ok_or_else(|| DbError::unreadable("an unknown role"))
}

/// For the test that prepares every statement.
#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[LOCK];
