//! Accounts: users, their logins and keys, and invitations to new accounts.
//!
//! `rows` reads users and locks them; `standing` tells whether a caller may still act. The modules
//! of the four nouns use both.

mod invites;
mod keys;
mod logins;
mod rows;
mod standing;
mod users;

pub use invites::{CreateInviteError, INVITES_MAX, Invite, NewInvite};
pub use keys::{CreateKeyError, KEYS_PER_USER_MAX, KeyRecord, NewKey};
pub use logins::{CreateLoginError, NewLogin, REFRESH_FAMILY_AGE_MAX, REUSE_GRACE, Rotation};
pub use users::{
    Admission, ChangeUserError, CreateUserError, Credentials, DeleteUserError, LinksOf, NewUser,
    UserPage, UserQuery,
};

/// For the test that prepares every statement.
#[cfg(test)]
pub(crate) fn statements() -> Vec<crate::db::Sql> {
    [
        invites::STATEMENTS,
        keys::STATEMENTS,
        rows::STATEMENTS,
        standing::STATEMENTS,
        &logins::statements(),
        &users::statements(),
    ]
    .concat()
}
