//! What the tests of accounts have in common.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use curt_domain::{
    Access, Author, Caller, Email, Login, PasswordHash, Role, Token, TokenHash, User,
};
use curt_store::{Admission, NewLogin, NewUser, Store};

use crate::stores::now;

pub(crate) fn admin() -> Caller {
    Caller {
        access: Access::All,
        author: Author::AdminKey,
        client: Some("203.0.113.77".parse().unwrap()),
        login: None,
    }
}

/// A caller that is a user without a login.
pub(crate) fn as_user(user: &User) -> Caller {
    let author = Author::User(user.id);
    Caller { access: Access::Of(user.id), author, client: None, login: None }
}

/// A caller that is logged in and may change its own account.
pub(crate) async fn in_session(store: &Store, user: &User) -> Caller {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let user = store.user(user.id).await.unwrap().unwrap();
    let mut token = [0xa5; 32];
    token[..8].copy_from_slice(&NEXT.fetch_add(1, Ordering::Relaxed).to_le_bytes());
    let token = Token::from_random(token).hash();
    let expires_at = now().plus(Duration::from_hours(24));
    let login = NewLogin { user: user.id, token_epoch: user.token_epoch, token, expires_at };
    store.create_session(login, now()).await.unwrap();
    Caller { login: Some(Login::Session(token)), ..as_user(&user) }
}

pub(crate) fn email(name: &str) -> Email {
    Email::parse(&format!("{name}@example.com")).unwrap()
}

pub(crate) fn hash(text: &str) -> PasswordHash {
    PasswordHash::new(text)
}

/// A token that differs from others only by its number.
pub(crate) fn token(number: u8) -> TokenHash {
    Token::from_random([number; 32]).hash()
}

pub(crate) fn new_user(name: &str) -> NewUser {
    NewUser { email: email(name), full_name: None, password: Some(hash("secret")) }
}

pub(crate) async fn create_user(store: &Store, name: &str, role: Role) -> User {
    store.create_user(&admin(), new_user(name), Admission::As(role), now()).await.unwrap()
}
