//! Users: creating, finding and changing accounts.
//!
//! **Invariant:** once there is an active administrator, there always is one. A user's row is the
//! lock for everything that belongs to the user: tokens, sessions and keys are made and ended under
//! it. A transaction that locks several users locks the administrators first, in the order of their
//! ids.

use curt_domain::{
    Caller, Email, FullName, PasswordHash, Role, Timestamp, TokenHash, User, UserId,
};
use serde_json::json;

use super::{
    invites,
    rows::{USER_COLUMNS_LEN, user, user_columns},
    standing::is_still_good,
};
use crate::{
    attribution::{Action, Attribution},
    db::{Sql, Tx, Value, Work},
    error::{DbError, DbErrorKind, StoreError},
    ids::Sequence,
    owners,
    pages::{Cursor, InvalidCursor, ListError, Order, PAGE_LEN_MAX, Position, search::pattern},
    store::Store,
};

mod changes;
mod deletions;

pub use changes::ChangeUserError;
pub use deletions::{DeleteUserError, LinksOf};

/// What a new account starts with.
#[derive(Debug, Clone)]
pub struct NewUser {
    pub email: Email,
    pub full_name: Option<FullName>,
    /// Without a password the user cannot sign in.
    pub password: Option<PasswordHash>,
}

/// What admits a new user, and with which role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Registration is open, or an administrator creates the account.
    As(Role),
    /// The token of an invitation, which sets the role and is used up.
    Invite(TokenHash),
    /// As the first administrator, if there never was one.
    FirstAdministrator,
}

/// Why an account cannot be created.
#[derive(Debug, thiserror::Error)]
pub enum CreateUserError {
    #[error("somebody has this address")]
    EmailTaken,
    #[error("the invitation is unknown, used or expired")]
    InviteInvalid,
    #[error("there is an administrator already")]
    AlreadySetUp,
    #[error("the caller was logged out meanwhile")]
    LoggedOut,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<DbError> for CreateUserError {
    fn from(error: DbError) -> Self {
        StoreError::new("creating a user", error).into()
    }
}

/// A user with the hash of their password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    pub user: User,
    pub password: Option<PasswordHash>,
}

/// Which users, in the order of their ids, starting where.
#[derive(Debug, Clone, Default)]
pub struct UserQuery {
    /// Searched for in the address, ignoring case.
    pub q: Option<String>,
    /// At most [`PAGE_LEN_MAX`].
    pub limit: u32,
    /// The end of the previous page.
    pub cursor: Option<Cursor>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserPage {
    pub items: Vec<User>,
    /// Where the next page begins, if there is one.
    pub next: Option<Cursor>,
}

struct Creation {
    id: UserId,
    new: NewUser,
    admission: Admission,
    attribution: Attribution,
}

const INSERT: Sql = Sql::new(
    "insert into users (id, email, email_key, full_name, password_hash, role, token_epoch,
         created_at, updated_at)
     values ($1, $2, $3, $4, $5, $6, 1, $7, $8)",
);

/// This name has at most one row, and the row stays.
const INSERT_FIRST_ADMINISTRATOR: Sql =
    Sql::new("insert into meta (name, value) values ('first_administrator', $1)");

const FIRST_ADMINISTRATOR: Sql =
    Sql::new("select value from meta where name = 'first_administrator'");

const SELECT: Sql = Sql::new(concat!("select ", user_columns!(), " from users where id = $1"));

const CREDENTIALS: Sql =
    Sql::new(concat!("select ", user_columns!(), ", password_hash from users where id = $1"));

const CREDENTIALS_BY_EMAIL: Sql = Sql::new(concat!(
    "select ",
    user_columns!(),
    ", password_hash from users where email_key = $1"
));

/// The escape is for the wildcards of `like`.
const LIST: Sql = Sql::new(concat!(
    "select ",
    user_columns!(),
    " from users where $1 < id and ($2 = '' or email_key like $3 escape '!')
     order by id limit $4"
));

impl Store {
    /// Creates an account; the unique index keeps addresses unique. The first administrator gets
    /// all links that have no owner: [`Store::move_links`].
    pub async fn create_user(
        &self,
        caller: &Caller,
        new: NewUser,
        admission: Admission,
        now: Timestamp,
    ) -> Result<User, CreateUserError> {
        let id = self.next_id(Sequence::Users).await?;
        let id = UserId::new(id).ok_or_else(|| DbError::unreadable("an id from 2^53 on"))?;
        let creation = Creation { id, new, admission, attribution: self.attribute(caller, now) };
        self.db.transaction("create_user", creation, create).await
    }

    /// Whether there has ever been an administrator.
    pub async fn is_set_up(&self) -> Result<bool, StoreError> {
        let row = self.db.row(FIRST_ADMINISTRATOR, &[]).await;
        let row = row.map_err(StoreError::while_doing("looking for an administrator"))?;
        Ok(row.is_some())
    }

    pub async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        let read = async {
            let row = self.db.row(SELECT, &[id.into()]).await?;
            row.as_ref().map(user).transpose()
        };
        read.await.map_err(StoreError::while_doing("reading a user"))
    }

    /// The user with this address, also if disabled.
    pub async fn credentials(&self, email: &Email) -> Result<Option<Credentials>, StoreError> {
        self.read_credentials(CREDENTIALS_BY_EMAIL, email.key().into()).await
    }

    pub async fn credentials_of(&self, id: UserId) -> Result<Option<Credentials>, StoreError> {
        self.read_credentials(CREDENTIALS, id.into()).await
    }

    /// A page of the users, oldest first.
    pub async fn users(&self, query: &UserQuery) -> Result<UserPage, ListError> {
        let after = match &query.cursor {
            None => -1,
            Some(Cursor { order: Order::Users, last: Position::Number { id, .. } }) => *id,
            Some(_) => return Err(InvalidCursor.into()),
        };
        let page = self.user_page(query, after).await;
        Ok(page.map_err(StoreError::while_doing("listing users"))?)
    }

    async fn read_credentials(
        &self,
        sql: Sql,
        key: Value<'_>,
    ) -> Result<Option<Credentials>, StoreError> {
        let read = async {
            let Some(row) = self.db.row(sql, &[key]).await? else { return Ok(None) };
            let password = row.optional_text(USER_COLUMNS_LEN)?.map(PasswordHash::new);
            Ok(Some(Credentials { user: user(&row)?, password }))
        };
        read.await.map_err(StoreError::while_doing("reading a user's credentials"))
    }

    async fn user_page(&self, query: &UserQuery, after: i64) -> Result<UserPage, DbError> {
        let search = query.q.as_deref().unwrap_or_default();
        // No address contains a control character, and PostgreSQL refuses NUL.
        if search.contains(char::is_control) {
            return Ok(UserPage { items: Vec::new(), next: None });
        }
        let limit = query.limit.min(PAGE_LEN_MAX) as usize;
        // One extra row tells whether another page follows.
        let wanted = Value::number(limit as u64 + 1);
        let values = [after.into(), search.into(), pattern(search).into(), wanted];
        let rows = self.db.rows(LIST, &values).await?;
        let is_last = rows.len() <= limit;
        let items = rows.iter().take(limit).map(user).collect::<Result<Vec<_>, _>>()?;
        let end_at = |last: &User| Cursor {
            order: Order::Users,
            last: Position::Number { number: 0, id: last.id.get().cast_signed() },
        };
        let next = items.last().filter(|_| !is_last).map(end_at);
        Ok(UserPage { items, next })
    }
}

fn create<'t>(tx: &'t mut Tx<'_>, creation: &'t Creation) -> Work<'t, User, CreateUserError> {
    Box::pin(async move {
        let Creation { id, new, admission, attribution } = creation;
        if !is_still_good(tx, attribution).await? {
            return Err(CreateUserError::LoggedOut);
        }
        let role = match admission {
            Admission::As(role) => *role,
            Admission::Invite(token) => {
                let role = invites::use_up(tx, token, attribution.at).await?;
                role.ok_or(CreateUserError::InviteInvalid)?
            }
            Admission::FirstAdministrator => Role::Administrator,
        };
        if role == Role::Administrator {
            let is_first = note_administrator(tx, *id, attribution.at).await?;
            if !is_first && *admission == Admission::FirstAdministrator {
                return Err(CreateUserError::AlreadySetUp);
            }
        }
        let values = [
            (*id).into(),
            new.email.as_str().into(),
            new.email.key().into(),
            new.full_name.as_ref().map(FullName::as_str).into(),
            new.password.as_ref().map(PasswordHash::as_str).into(),
            role.as_str().into(),
            attribution.at.into(),
            attribution.at.into(),
        ];
        tx.execute(INSERT, &values).await.map_err(|error| match error.kind() {
            DbErrorKind::UniqueViolation => CreateUserError::EmailTaken,
            _ => error.into(),
        })?;
        let details = json!({ "role": role.as_str() });
        attribution.write(tx, Action::UserCreate, Some(id.get()), &details).await?;
        let row = tx.row(SELECT, &[(*id).into()]).await?.ok_or_else(DbError::row_missing)?;
        Ok(user(&row)?)
    })
}

/// Whether this is the first administrator ever; if so, it gets all links without an owner.
async fn note_administrator(tx: &mut Tx<'_>, id: UserId, now: Timestamp) -> Result<bool, DbError> {
    let values = [id.to_string().into()];
    let taken = DbErrorKind::UniqueViolation;
    let inserted = tx.execute_unless(taken, INSERT_FIRST_ADMINISTRATOR, &values).await?;
    if inserted.is_some() {
        owners::claim_unowned(tx, id, now).await?;
    }
    Ok(inserted.is_some())
}

/// For the test that prepares every statement.
#[cfg(test)]
pub(super) fn statements() -> Vec<Sql> {
    let own = [
        INSERT,
        INSERT_FIRST_ADMINISTRATOR,
        FIRST_ADMINISTRATOR,
        SELECT,
        CREDENTIALS,
        CREDENTIALS_BY_EMAIL,
        LIST,
    ];
    [own.as_slice(), changes::STATEMENTS, deletions::STATEMENTS].concat()
}
