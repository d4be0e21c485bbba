//! API keys: found with their users, noted when used, and gone at once when deleted.

use std::time::Duration;

use curt_domain::{KeyName, Role, Scope, Scopes, Switch, User, UserEdit};
use curt_store::{CreateKeyError, KEYS_PER_USER_MAX, LinksOf, NewKey};

use crate::{
    accounts::{admin, as_user, create_user, token},
    stores::{for_each_store, in_parallel, later, now},
};

pub(crate) fn new_key(user: &User, number: u8) -> NewKey {
    NewKey {
        user: user.id,
        name: KeyName::parse(&format!("key {number}")).unwrap(),
        token: token(number),
        hint: format!("curt_{number:04}"),
        scopes: [Scope::LinksRead, Scope::AnalyticsRead].into_iter().collect(),
        expires_at: None,
    }
}

#[tokio::test]
async fn auth_10_a_key_is_found_by_its_hash_with_its_user() {
    for_each_store(async |store| {
        let ada = create_user(store, "ada", Role::User).await;
        let key = store.create_key(&admin(), new_key(&ada, 1), now()).await.unwrap();
        assert_eq!(key.scopes.to_string(), "links:read analytics:read");
        let found = store.key_with_user(&token(1), now()).await.unwrap();
        assert_eq!(found, Some((key.clone(), ada.clone())));
        assert_eq!(store.key_with_user(&token(2), now()).await.unwrap(), None);
        assert_eq!(store.keys(ada.id).await.unwrap(), [key]);
    })
    .await;
}

#[tokio::test]
async fn a_key_of_somebody_disabled_or_deleted_is_void_at_once() {
    for_each_store(async |store| {
        let ada = create_user(store, "ada", Role::User).await;
        store.create_key(&admin(), new_key(&ada, 1), now()).await.unwrap();
        let switch = |switch| UserEdit { switch: Some(switch), ..UserEdit::default() };
        store.edit_user(&admin(), ada.id, switch(Switch::Disabled), now()).await.unwrap();
        assert_eq!(store.key_with_user(&token(1), now()).await.unwrap(), None);
        let refused = store.create_key(&admin(), new_key(&ada, 2), now()).await;
        assert!(matches!(refused, Err(CreateKeyError::NoSuchUser)), "{refused:?}");
        store.edit_user(&admin(), ada.id, switch(Switch::Active), now()).await.unwrap();
        assert!(store.key_with_user(&token(1), now()).await.unwrap().is_some());
        store.delete_user(&admin(), ada.id, LinksOf::Keep, now()).await.unwrap();
        assert_eq!(store.key_with_user(&token(1), now()).await.unwrap(), None);
        assert_eq!(store.keys(ada.id).await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn idor_02_nobody_takes_back_the_key_of_another() {
    for_each_store(async |store| {
        let ada = create_user(store, "ada", Role::User).await;
        let bob = create_user(store, "bob", Role::User).await;
        let key = store.create_key(&admin(), new_key(&ada, 1), now()).await.unwrap();
        assert!(!store.delete_key(&as_user(&bob), key.id, now()).await.unwrap());
        assert!(store.key_with_user(&token(1), now()).await.unwrap().is_some());
        assert!(store.delete_key(&as_user(&ada), key.id, now()).await.unwrap());
        assert_eq!(store.key_with_user(&token(1), now()).await.unwrap(), None);
        assert!(!store.delete_key(&as_user(&ada), key.id, now()).await.unwrap());
        let other = store.create_key(&admin(), new_key(&ada, 2), now()).await.unwrap();
        assert!(store.delete_key(&admin(), other.id, now()).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn keys_expire() {
    for_each_store(async |store| {
        let ada = create_user(store, "ada", Role::User).await;
        let new = NewKey { expires_at: Some(later(10)), ..new_key(&ada, 1) };
        store.create_key(&admin(), new, now()).await.unwrap();
        assert!(store.key_with_user(&token(1), later(9)).await.unwrap().is_some());
        assert_eq!(store.key_with_user(&token(1), later(10)).await.unwrap(), None);
        assert_eq!(store.keys(ada.id).await.unwrap().len(), 1, "still listed");
    })
    .await;
}

#[tokio::test]
async fn the_last_use_is_written_once_a_minute() {
    for_each_store(async |store| {
        let ada = create_user(store, "ada", Role::User).await;
        store.create_key(&admin(), new_key(&ada, 1), now()).await.unwrap();
        let minute = Duration::from_mins(1);
        let times = [now(), now().plus(minute / 2), now().plus(minute)];
        let mut seen = Vec::new();
        for at in times {
            let (key, _) = store.key_with_user(&token(1), at).await.unwrap().unwrap();
            store.note_key_use(&key, at).await.unwrap();
            seen.push(store.keys(ada.id).await.unwrap()[0].last_used_at.unwrap());
        }
        assert_eq!(seen, [times[0], times[0], times[2]]);
    })
    .await;
}

#[tokio::test]
async fn race_02_nobody_gets_more_keys_than_there_may_be() {
    for_each_store(async |store| {
        let ada = create_user(store, "ada", Role::User).await;
        let caller = admin();
        let max = u8::try_from(KEYS_PER_USER_MAX).unwrap();
        let creates =
            (0..max + 10).map(|number| store.create_key(&caller, new_key(&ada, number), now()));
        let (made, refused): (Vec<_>, Vec<_>) =
            in_parallel(creates).await.into_iter().partition(Result::is_ok);
        assert_eq!((made.len(), refused.len()), (usize::from(max), 10));
        for result in refused {
            assert!(matches!(result, Err(CreateKeyError::TooMany)), "{result:?}");
        }
        let none = NewKey { scopes: Scopes::NONE, ..new_key(&ada, 200) };
        let bob = create_user(store, "bob", Role::User).await;
        assert!(store.create_key(&admin(), NewKey { user: bob.id, ..none }, now()).await.is_ok());
    })
    .await;
}
