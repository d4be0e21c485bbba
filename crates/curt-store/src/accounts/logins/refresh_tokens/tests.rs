//! A family ends once it has used too many tokens, with a smaller limit than in production.

use curt_domain::{Email, Role, Token};

use super::*;
use crate::{Admission, NewUser, tests::for_each_store};

const USED_MAX: u32 = 5;

fn token(number: u8) -> TokenHash {
    Token::from_random([number; 32]).hash()
}

async fn signed_in(store: &Store, now: Timestamp) -> UserId {
    let email = Email::parse("ada@example.com").unwrap();
    let new = NewUser { email, full_name: None, password: None };
    let ada = store.create_user(&Caller::SYSTEM, new, Admission::As(Role::User), now).await;
    let User { id: user, token_epoch, .. } = ada.unwrap();
    for token in [token(1), token(100)] {
        let expires_at = now.plus(Duration::from_hours(24));
        let login = NewLogin { user, token_epoch, token, expires_at };
        store.create_refresh_token(login, now).await.unwrap();
    }
    user
}

/// Rotates that token to its successor by number; returns whether it was rotated.
async fn next(store: &Store, old: u8, now: Timestamp) -> bool {
    let rotating = Rotating {
        old: token(old),
        new: token(old + 1),
        expires_at: now.plus(Duration::from_hours(24)),
        used_max: USED_MAX,
        attribution: store.attribute(&Caller::SYSTEM, now),
    };
    match store.db.transaction("rotate_refresh_token", rotating, rotate).await.unwrap() {
        Rotation::Rotated { .. } => true,
        Rotation::Refused => false,
        Rotation::Reused(user) => panic!("{user:?} sent none twice"),
    }
}

#[tokio::test]
async fn rt_01_a_family_that_has_used_too_many_ends() {
    for_each_store(async |store| {
        let now = Timestamp::from_millis(1_000);
        let user = signed_in(store, now).await;
        for number in 1..=5 {
            assert!(next(store, number, now).await, "{number}");
        }
        assert!(store.token_user(user, 1, &token(1)).await.unwrap().is_some());
        assert!(!next(store, 6, now).await);
        assert_eq!(store.token_user(user, 1, &token(1)).await.unwrap(), None);
        // Another family of the same user goes on, and no row of the first is left.
        assert!(next(store, 100, now).await);
        assert_eq!(store.prune_logins(now.plus(Duration::from_hours(48))).await.unwrap(), 2);
    })
    .await;
}

/// A client that refreshes all the time for longer than a token lives need not log in again.
#[tokio::test]
async fn used_tokens_that_have_expired_do_not_count() {
    for_each_store(async |store| {
        let mut now = Timestamp::from_millis(1_000);
        signed_in(store, now).await;
        for number in 1..=40 {
            assert!(next(store, number, now).await, "{number}");
            now = now.plus(Duration::from_hours(8));
            store.prune_logins(now).await.unwrap();
        }
    })
    .await;
}
