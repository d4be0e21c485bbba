//! What the tests of accounts have in common.

use curt_domain::{Access, Author, Caller, Email, PasswordHash, Role, Token, TokenHash, User};
use curt_store::{Admission, NewUser, Store};

use crate::stores::now;

pub(crate) fn admin() -> Caller {
    Caller {
        access: Access::All,
        author: Author::AdminKey,
        client: Some("203.0.113.77".parse().unwrap()),
        login: None,
    }
}

/// Somebody with nothing but their own account.
pub(crate) fn as_user(user: &User) -> Caller {
    let author = Author::User(user.id);
    Caller { access: Access::Of(user.id), author, client: None, login: None }
}

pub(crate) fn email(name: &str) -> Email {
    Email::parse(&format!("{name}@example.com")).unwrap()
}

pub(crate) fn hash(text: &str) -> PasswordHash {
    PasswordHash::new(text)
}

/// A token that only its number tells from others.
pub(crate) fn token(number: u8) -> TokenHash {
    Token::from_random([number; 32]).hash()
}

pub(crate) fn new_user(name: &str) -> NewUser {
    NewUser { email: email(name), full_name: None, password: Some(hash("secret")) }
}

pub(crate) async fn create_user(store: &Store, name: &str, role: Role) -> User {
    store.create_user(&admin(), new_user(name), Admission::As(role), now()).await.unwrap()
}
