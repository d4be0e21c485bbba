//! RT-01 to RT-04: a refresh token is replaced by its successor, and a copied one ends the family.
//! Sessions.

use std::time::Duration;

use curt_domain::{Caller, Login, Role, Switch, Timestamp, User, UserEdit};
use curt_store::{
    Admission, ChangeUserError, CreateKeyError, CreateLoginError, CreateUserError, DeleteUserError,
    LinksOf, NewLogin, REFRESH_FAMILY_AGE_MAX, REUSE_GRACE, Rotation, Store,
};

use crate::{
    accounts::{admin, as_user, create_user, email, hash, in_session, new_user, token},
    keys::new_key,
    stores::{for_each_store, in_parallel, later, now},
};

const DAY: Duration = Duration::from_hours(24);

fn login(user: &User, number: u8) -> NewLogin {
    NewLogin {
        user: user.id,
        token_epoch: user.token_epoch,
        token: token(number),
        expires_at: now().plus(30 * DAY),
    }
}

async fn rotate_at(store: &Store, old: u8, new: u8, at: Timestamp) -> Rotation {
    store.rotate_refresh_token(token(old), token(new), at.plus(30 * DAY), at).await.unwrap()
}

/// A user whose first refresh token is number 1.
async fn signed_in(store: &Store) -> User {
    let ada = create_user(store, "ada", Role::User).await;
    store.create_refresh_token(login(&ada, 1), now()).await.unwrap();
    ada
}

/// What the rotation of a token of the first family returns.
fn rotated(user: &User) -> Rotation {
    rotated_in(1, user)
}

fn rotated_in(family: u8, user: &User) -> Rotation {
    Rotation::Rotated { user: user.clone(), family: token(family) }
}

fn after_grace(at: Timestamp) -> Timestamp {
    at.plus(REUSE_GRACE + Duration::from_millis(1))
}

#[tokio::test]
async fn rt_01_a_token_that_comes_again_ends_its_family() {
    for_each_store(async |store| {
        let ada = signed_in(store).await;
        store.create_refresh_token(login(&ada, 100), now()).await.unwrap();
        assert_eq!(rotate_at(store, 1, 2, later(1)).await, rotated(&ada));
        assert_eq!(rotate_at(store, 2, 3, later(2)).await, rotated(&ada));
        let late = after_grace(later(1));
        assert_eq!(rotate_at(store, 1, 4, late).await, Rotation::Reused(ada.id));
        for token in [1, 2, 3, 4] {
            assert_eq!(rotate_at(store, token, 5, late).await, Rotation::Refused, "{token}");
        }
        // Another device has its own login.
        assert_eq!(rotate_at(store, 100, 101, late).await, rotated_in(100, &ada));
    })
    .await;
}

/// Tabs of one browser share one token; the successor of 1 is always 2, and of 2 always 3.
#[tokio::test]
async fn rt_02_a_second_tab_gets_the_same_successor() {
    for_each_store(async |store| {
        let ada = signed_in(store).await;
        let rotated = rotated(&ada);
        assert_eq!(rotate_at(store, 1, 2, later(0)).await, rotated);
        // A third tab or a thief with a copy gets the same successor too.
        for _ in 0..3 {
            assert_eq!(rotate_at(store, 1, 2, now().plus(REUSE_GRACE)).await, rotated);
        }
        assert_eq!(rotate_at(store, 2, 3, later(20_000)).await, rotated);
        assert_eq!(rotate_at(store, 2, 3, later(21_000)).await, rotated);
        let late = after_grace(later(20_000));
        assert_eq!(rotate_at(store, 2, 3, late).await, Rotation::Reused(ada.id));
        assert_eq!(rotate_at(store, 3, 4, late).await, Rotation::Refused);
    })
    .await;
}

/// The other order: the first tab has rotated twice when the second one comes.
#[tokio::test]
async fn rt_02_a_second_tab_that_is_behind_gets_nothing_and_takes_nothing() {
    for_each_store(async |store| {
        let ada = signed_in(store).await;
        assert_eq!(rotate_at(store, 1, 2, later(0)).await, rotated(&ada));
        assert_eq!(rotate_at(store, 2, 3, later(1)).await, rotated(&ada));
        assert_eq!(rotate_at(store, 1, 2, later(2)).await, Rotation::Refused);
        // A release that gave every tab its own successor would send another one.
        assert_eq!(rotate_at(store, 2, 9, later(3)).await, Rotation::Refused);
        assert_eq!(rotate_at(store, 3, 4, later(60_000)).await, rotated(&ada));
    })
    .await;
}

#[tokio::test]
async fn rt_02_of_many_at_once_all_get_the_same_successor() {
    for_each_store(async |store| {
        let ada = signed_in(store).await;
        let tabs = in_parallel((0..20).map(|_| rotate_at(store, 1, 2, now()))).await;
        let rotated = rotated(&ada);
        assert!(tabs.iter().all(|rotation| *rotation == rotated), "{tabs:?}");
        assert_eq!(store.prune_logins(now().plus(30 * DAY)).await.unwrap(), 2);
    })
    .await;
}

/// A thief rotates the copy often, so that the stolen token should be forgotten.
#[tokio::test]
async fn rt_01_a_thief_makes_no_used_token_unknown() {
    for_each_store(async |store| {
        let ada = signed_in(store).await;
        for number in 1..=150 {
            let at = later(u64::from(number) * 1_000);
            assert_eq!(rotate_at(store, number, number + 1, at).await, rotated(&ada));
        }
        let late = after_grace(later(150_000));
        assert_eq!(rotate_at(store, 1, 250, late).await, Rotation::Reused(ada.id));
        assert_eq!(rotate_at(store, 151, 250, late).await, Rotation::Refused);
        assert_eq!(store.token_user(ada.id, 1, &token(1)).await.unwrap(), None);
        assert_eq!(store.prune_logins(late.plus(30 * DAY)).await.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn rt_03_tokens_expire_unused_and_families_in_the_end() {
    for_each_store(async |store| {
        let ada = signed_in(store).await;
        let last_moment = now().plus(30 * DAY);
        assert_eq!(rotate_at(store, 1, 2, last_moment).await, Rotation::Refused);
        let just_before = last_moment.minus(Duration::from_millis(1));
        assert_eq!(rotate_at(store, 1, 2, just_before).await, rotated(&ada));

        // A family ends even if it is used every day.
        let end = now().plus(REFRESH_FAMILY_AGE_MAX);
        let (mut at, mut number) = (just_before, 2);
        loop {
            at = at.plus(29 * DAY);
            if end <= at {
                break;
            }
            let rotation = rotate_at(store, number, number + 1, at).await;
            assert_eq!(rotation, rotated(&ada), "{number}");
            number += 1;
        }
        assert!(5 < number);
        assert_eq!(rotate_at(store, number, number + 1, end).await, Rotation::Refused);
        assert_eq!(store.prune_logins(end).await.unwrap(), u64::from(number));
        assert_eq!(store.prune_logins(end).await.unwrap(), 0);
    })
    .await;
}

/// The new token already exists, so the second half of the transaction fails.
#[tokio::test]
async fn rt_04_a_rotation_happens_as_a_whole_or_not_at_all() {
    for_each_store(async |store| {
        let ada = signed_in(store).await;
        store.create_refresh_token(login(&ada, 2), now()).await.unwrap();
        let failed = store.rotate_refresh_token(token(1), token(2), later(9), now()).await;
        assert!(failed.is_err());
        let late = after_grace(now());
        assert_eq!(rotate_at(store, 1, 3, late).await, rotated(&ada));
    })
    .await;
}

#[tokio::test]
async fn logging_out_ends_one_device() {
    for_each_store(async |store| {
        let ada = signed_in(store).await;
        store.create_refresh_token(login(&ada, 100), now()).await.unwrap();
        rotate_at(store, 1, 2, now()).await;
        // Also through a token that was used before.
        store.end_refresh_family(token(1)).await.unwrap();
        store.end_refresh_family(token(77)).await.unwrap();
        assert_eq!(rotate_at(store, 2, 3, now()).await, Rotation::Refused);
        assert_eq!(rotate_at(store, 100, 101, now()).await, rotated_in(100, &ada));
    })
    .await;
}

#[tokio::test]
async fn jwt_09_an_access_token_is_good_as_long_as_its_family_and_its_epoch() {
    for_each_store(async |store| {
        let ada = signed_in(store).await;
        store.create_refresh_token(login(&ada, 100), now()).await.unwrap();
        let holder =
            async |epoch, family| store.token_user(ada.id, epoch, &token(family)).await.unwrap();
        assert_eq!(holder(1, 1).await, Some(ada.clone()));
        assert_eq!((holder(2, 1).await, holder(1, 2).await), (None, None));
        // A family keeps the name of its first token, also once that token is used.
        rotate_at(store, 1, 2, now()).await;
        assert_eq!(holder(1, 1).await, Some(ada.clone()));
        store.end_refresh_family(token(2)).await.unwrap();
        assert_eq!(holder(1, 1).await, None);
        assert_eq!(holder(1, 100).await, Some(ada.clone()));
        let bob = create_user(store, "bob", Role::User).await;
        assert_eq!(store.token_user(bob.id, 1, &token(100)).await.unwrap(), None);
        let ended =
            store.end_sessions(&in_session(store, &ada).await, ada.id, now()).await.unwrap();
        assert_eq!(holder(ended.token_epoch, 100).await, None);
    })
    .await;
}

/// In whatever order they commit: after a new password no older token is valid.
#[tokio::test]
async fn no_rotation_outlives_a_new_password() {
    for_each_store(async |store| {
        let ada = signed_in(store).await;
        for number in 2..12 {
            store.create_refresh_token(login(&ada, number), now()).await.unwrap();
        }
        let caller = in_session(store, &ada).await;
        let change = async || {
            store.set_password(&caller, ada.id, hash("new"), now()).await.unwrap();
        };
        let rotations =
            in_parallel((1..12).map(|number| rotate_at(store, number, 100 + number, now())));
        let ((), _) = futures_util::future::join(change(), rotations).await;
        for number in (1..12).chain(101..112) {
            let refused = rotate_at(store, number, 200, later(1)).await;
            assert_eq!(refused, Rotation::Refused, "{number}");
        }
    })
    .await;
}

/// Callers authenticated by the logins that tokens 1 and 50 began.
fn logged_in(user: &User) -> [Caller; 2] {
    [Login::Family { user: user.id, token: token(1) }, Login::Session(token(50))]
        .map(|login| Caller { login: Some(login), ..as_user(user) })
}

#[tokio::test]
async fn nobody_undoes_a_new_password_who_was_let_in_before_it() {
    for_each_store(async |store| {
        let ada = signed_in(store).await;
        store.create_session(login(&ada, 50), now()).await.unwrap();
        store.set_password(&admin(), ada.id, hash("new"), later(1)).await.unwrap();
        let before = store.credentials_of(ada.id).await.unwrap();
        for thief in logged_in(&ada) {
            let set = store.set_password(&thief, ada.id, hash("old"), later(2)).await;
            assert!(matches!(set, Err(ChangeUserError::LoggedOut)), "{set:?}");
            let edit = UserEdit { email: Some(email("eve")), ..UserEdit::default() };
            let edited = store.edit_user(&thief, ada.id, edit, later(2)).await;
            assert!(matches!(edited, Err(ChangeUserError::LoggedOut)), "{edited:?}");
            let deleted = store.delete_user(&thief, ada.id, LinksOf::Keep, later(2)).await;
            assert!(matches!(deleted, Err(DeleteUserError::LoggedOut)), "{deleted:?}");
            let made = store.create_key(&thief, new_key(&ada, 9), later(2)).await;
            assert!(matches!(made, Err(CreateKeyError::LoggedOut)), "{made:?}");
            let user = Admission::As(Role::User);
            let made = store.create_user(&thief, new_user("eve"), user, later(2)).await;
            assert!(matches!(made, Err(CreateUserError::LoggedOut)), "{made:?}");
        }
        assert_eq!(store.credentials_of(ada.id).await.unwrap(), before);
        assert_eq!(store.keys(ada.id).await.unwrap(), []);
    })
    .await;
}

/// In either order.
#[tokio::test]
async fn of_two_new_passwords_at_once_the_administrators_stays() {
    for_each_store(async |store| {
        for round in 0..10 {
            let ada = create_user(store, &format!("ada{round}"), Role::User).await;
            store.create_refresh_token(login(&ada, round), now()).await.unwrap();
            let login = Some(Login::Family { user: ada.id, token: token(round) });
            let (thief, admin) = (Caller { login, ..as_user(&ada) }, admin());
            let sets = [(&thief, "old"), (&admin, "new")];
            let sets = sets.map(|(by, text)| store.set_password(by, ada.id, hash(text), now()));
            let results = in_parallel(sets).await;
            assert!(results.iter().any(Result::is_ok), "{results:?}");
            let found = store.credentials_of(ada.id).await.unwrap().unwrap();
            assert_eq!(found.password, Some(hash("new")));
        }
    })
    .await;
}

#[tokio::test]
async fn jwt_09_whoever_is_disabled_or_deleted_is_signed_out() {
    for_each_store(async |store| {
        let ada = signed_in(store).await;
        store.create_session(login(&ada, 50), now()).await.unwrap();
        assert_eq!(store.session_user(&token(50), now()).await.unwrap(), Some(ada.clone()));
        let switch = |switch| UserEdit { switch: Some(switch), ..UserEdit::default() };
        store.edit_user(&admin(), ada.id, switch(Switch::Disabled), now()).await.unwrap();
        assert_eq!(store.session_user(&token(50), now()).await.unwrap(), None);
        let refused = store.create_session(login(&ada, 51), now()).await;
        assert!(matches!(refused, Err(CreateLoginError::UserChanged)), "{refused:?}");

        // Enabling the user does not bring the session back.
        let enabled =
            store.edit_user(&admin(), ada.id, switch(Switch::Active), now()).await.unwrap();
        assert_eq!(store.session_user(&token(50), now()).await.unwrap(), None);
        assert_eq!(rotate_at(store, 1, 2, now()).await, Rotation::Refused);
        store.create_session(login(&enabled, 52), now()).await.unwrap();
        store.create_refresh_token(login(&enabled, 53), now()).await.unwrap();
        store.delete_user(&admin(), ada.id, LinksOf::Keep, now()).await.unwrap();
        assert_eq!(store.session_user(&token(52), now()).await.unwrap(), None);
        assert_eq!(rotate_at(store, 53, 54, now()).await, Rotation::Refused);
    })
    .await;
}

#[tokio::test]
async fn a_session_ends_by_itself_or_when_asked() {
    for_each_store(async |store| {
        let ada = create_user(store, "ada", Role::User).await;
        for number in [1, 2] {
            store.create_session(login(&ada, number), now()).await.unwrap();
        }
        store.delete_session(&token(1)).await.unwrap();
        store.delete_session(&token(1)).await.unwrap();
        assert_eq!(store.session_user(&token(1), now()).await.unwrap(), None);
        let last = now().plus(30 * DAY);
        let before = last.minus(Duration::from_millis(1));
        assert_eq!(store.session_user(&token(2), before).await.unwrap(), Some(ada));
        assert_eq!(store.session_user(&token(2), last).await.unwrap(), None);
        assert_eq!(store.prune_logins(before).await.unwrap(), 0);
        assert_eq!(store.prune_logins(last).await.unwrap(), 1);
    })
    .await;
}
