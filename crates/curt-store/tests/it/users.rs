//! Accounts: who can have one, what changes, and that an administrator always remains.

use curt_domain::{Access, FullName, Role, Switch, UserEdit, UserId};
use curt_store::{
    Admission, ChangeUserError, CreateLoginError, CreateUserError, DeleteUserError, LinkSort,
    LinksOf, NewInvite, NewLogin, NewUser, UserQuery,
};

use crate::{
    accounts::{admin, create_user, email, hash, in_session, new_user, token},
    lists::query,
    stores::{for_each_store, in_parallel, later, now},
};

fn role(role: Role) -> UserEdit {
    UserEdit { role: Some(role), ..UserEdit::default() }
}

fn switch(switch: Switch) -> UserEdit {
    UserEdit { switch: Some(switch), ..UserEdit::default() }
}

#[tokio::test]
async fn a_user_is_found_by_id_and_by_address_in_any_case() {
    for_each_store(async |store| {
        let new = NewUser {
            full_name: Some(FullName::parse("Ada Lovelace").unwrap()),
            ..new_user("Ada")
        };
        let made =
            store.create_user(&admin(), new, Admission::As(Role::User), now()).await.unwrap();
        assert_eq!((made.role, made.token_epoch, made.created_at), (Role::User, 1, now()));
        assert_eq!(store.user(made.id).await.unwrap(), Some(made.clone()));
        let found = store.credentials(&email("ADA")).await.unwrap().unwrap();
        assert_eq!((&found.user, found.password.clone()), (&made, Some(hash("secret"))));
        assert_eq!(found.user.email.as_str(), "Ada@example.com");
        assert_eq!(store.credentials_of(made.id).await.unwrap(), Some(found));
        assert_eq!(store.credentials(&email("ad")).await.unwrap(), None);
        assert_eq!(store.user(UserId::new(99).unwrap()).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn race_02_one_of_20_gets_an_address() {
    for_each_store(async |store| {
        let caller = admin();
        let names = ["ada", "Ada", "ADA", "aDa"];
        let creates = (0..20).map(|number| {
            let new = new_user(names[number % names.len()]);
            store.create_user(&caller, new, Admission::As(Role::User), now())
        });
        let (made, refused): (Vec<_>, Vec<_>) =
            in_parallel(creates).await.into_iter().partition(Result::is_ok);
        assert_eq!(made.len(), 1);
        for result in refused {
            assert!(matches!(result, Err(CreateUserError::EmailTaken)), "{result:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn setup_01_of_20_first_administrators_one_is_made() {
    for_each_store(async |store| {
        assert!(!store.is_set_up().await.unwrap());
        let caller = admin();
        let creates = (0..20).map(|number| {
            let new = new_user(&format!("admin{number}"));
            store.create_user(&caller, new, Admission::FirstAdministrator, now())
        });
        let (made, refused): (Vec<_>, Vec<_>) =
            in_parallel(creates).await.into_iter().partition(Result::is_ok);
        assert_eq!(made.len(), 1);
        for result in refused {
            assert!(matches!(result, Err(CreateUserError::AlreadySetUp)), "{result:?}");
        }
        assert!(store.is_set_up().await.unwrap());
        let all = UserQuery { limit: 100, ..UserQuery::default() };
        assert_eq!(store.users(&all).await.unwrap().items.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn setup_01_any_administrator_closes_the_set_up() {
    for_each_store(async |store| {
        let user = create_user(store, "ada", Role::User).await;
        assert!(!store.is_set_up().await.unwrap());
        let promoted =
            store.edit_user(&admin(), user.id, role(Role::Administrator), later(1)).await.unwrap();
        assert_eq!((promoted.role, promoted.token_epoch), (Role::Administrator, 2));
        assert!(store.is_set_up().await.unwrap());
        let second = new_user("bob");
        let refused =
            store.create_user(&admin(), second, Admission::FirstAdministrator, now()).await;
        assert!(matches!(refused, Err(CreateUserError::AlreadySetUp)), "{refused:?}");
    })
    .await;
}

#[tokio::test]
async fn an_invitation_is_good_once_and_in_its_time() {
    for_each_store(async |store| {
        let invite = |number, expires_at| NewInvite {
            token: token(number),
            role: Role::Administrator,
            expires_at,
        };
        let made = store.create_invite(&admin(), invite(1, later(10)), now()).await.unwrap();
        store.create_invite(&admin(), invite(2, later(10)), now()).await.unwrap();
        let taken_back = store.create_invite(&admin(), invite(3, later(10)), now()).await.unwrap();
        assert!(store.delete_invite(&admin(), taken_back.id, now()).await.unwrap());
        assert!(!store.delete_invite(&admin(), taken_back.id, now()).await.unwrap());

        let caller = admin();
        let register = async |name: &str, number, at| {
            store.create_user(&caller, new_user(name), Admission::Invite(token(number)), at).await
        };
        let at_once: Vec<String> = (0..10).map(|number| format!("user{number}")).collect();
        let results = in_parallel(at_once.iter().map(|name| register(name, 1, later(9)))).await;
        let (admitted, refused): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
        assert_eq!(admitted.len(), 1);
        assert_eq!(admitted[0].as_ref().unwrap().role, Role::Administrator);
        for result in refused {
            assert!(matches!(result, Err(CreateUserError::InviteInvalid)), "{result:?}");
        }
        for (number, at) in [(2, later(10)), (3, later(1)), (4, later(1))] {
            let refused = register("late", number, at).await;
            assert!(matches!(refused, Err(CreateUserError::InviteInvalid)), "{refused:?}");
        }
        let used: Vec<_> = store
            .invites()
            .await
            .unwrap()
            .iter()
            .map(|invite| (invite.id, invite.used_at))
            .collect();
        assert_eq!(used[1], (made.id, Some(later(9))));
        assert_eq!(used[0].1, None);
        assert_eq!(store.prune_invites(later(10)).await.unwrap(), 2);
    })
    .await;
}

#[tokio::test]
async fn an_invitation_is_not_used_up_by_an_address_that_is_taken() {
    for_each_store(async |store| {
        create_user(store, "ada", Role::User).await;
        let new = NewInvite { token: token(1), role: Role::User, expires_at: later(10) };
        store.create_invite(&admin(), new, now()).await.unwrap();
        let register = async |name: &str| {
            store.create_user(&admin(), new_user(name), Admission::Invite(token(1)), now()).await
        };
        let refused = register("ada").await;
        assert!(matches!(refused, Err(CreateUserError::EmailTaken)), "{refused:?}");
        assert!(register("bob").await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn edits_change_what_they_name() {
    for_each_store(async |store| {
        let ada = create_user(store, "ada", Role::User).await;
        create_user(store, "bob", Role::User).await;
        let edit = UserEdit {
            email: Some(email("lovelace")),
            full_name: Some(FullName::parse("Ada").ok()),
            ..UserEdit::default()
        };
        let edited = store
            .edit_user(&in_session(store, &ada).await, ada.id, edit.clone(), later(1))
            .await
            .unwrap();
        assert_eq!(edited, ada.edited(&edit, later(1)));
        assert_eq!(store.user(ada.id).await.unwrap(), Some(edited.clone()));
        assert_eq!(store.credentials(&email("ada")).await.unwrap(), None);

        let taken = UserEdit { email: Some(email("BOB")), ..UserEdit::default() };
        let refused = store.edit_user(&admin(), ada.id, taken, later(2)).await;
        assert!(matches!(refused, Err(ChangeUserError::EmailTaken)), "{refused:?}");
        let nobody = store
            .edit_user(&admin(), UserId::new(99).unwrap(), UserEdit::default(), later(2))
            .await;
        assert!(matches!(nobody, Err(ChangeUserError::NotFound)), "{nobody:?}");
        let same = store.edit_user(&admin(), ada.id, UserEdit::default(), later(9)).await.unwrap();
        assert_eq!(same, edited);
    })
    .await;
}

#[tokio::test]
async fn an_edit_happens_as_a_whole_or_not_at_all() {
    for_each_store(async |store| {
        let ada = create_user(store, "ada", Role::Administrator).await;
        store.edit_user(&admin(), ada.id, UserEdit::default(), later(1)).await.unwrap();
        let everything = |role| UserEdit {
            email: Some(email("lovelace")),
            role: Some(role),
            password: Some(hash("new")),
            ..UserEdit::default()
        };
        let before = store.credentials_of(ada.id).await.unwrap();
        let refused = store.edit_user(&admin(), ada.id, everything(Role::User), later(2)).await;
        assert!(matches!(refused, Err(ChangeUserError::LastAdministrator)), "{refused:?}");
        assert_eq!(store.credentials_of(ada.id).await.unwrap(), before);

        create_user(store, "bob", Role::Administrator).await;
        let all = everything(Role::User);
        let edited = store.edit_user(&admin(), ada.id, all, later(3)).await.unwrap();
        assert_eq!((edited.token_epoch, edited.updated_at), (2, later(3)));
        let after = store.credentials_of(ada.id).await.unwrap().unwrap();
        assert_eq!((after.user, after.password), (edited, Some(hash("new"))));
    })
    .await;
}

#[tokio::test]
async fn the_last_administrator_stays() {
    for_each_store(async |store| {
        let ada = create_user(store, "ada", Role::Administrator).await;
        let bob = create_user(store, "bob", Role::Administrator).await;
        store.edit_user(&admin(), bob.id, switch(Switch::Disabled), now()).await.unwrap();
        for edit in [switch(Switch::Disabled), role(Role::User)] {
            let refused = store.edit_user(&admin(), ada.id, edit, now()).await;
            assert!(matches!(refused, Err(ChangeUserError::LastAdministrator)), "{refused:?}");
        }
        let refused = store.delete_user(&admin(), ada.id, LinksOf::Keep, now()).await;
        assert!(matches!(refused, Err(DeleteUserError::LastAdministrator)), "{refused:?}");
        store.edit_user(&admin(), bob.id, switch(Switch::Active), now()).await.unwrap();
        store.delete_user(&admin(), ada.id, LinksOf::Keep, now()).await.unwrap();
        assert!(store.is_set_up().await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn of_administrators_who_all_leave_at_once_one_stays() {
    for_each_store(async |store| {
        let mut ids = Vec::new();
        for number in 0..6 {
            let name = format!("admin{number}");
            ids.push(create_user(store, &name, Role::Administrator).await.id);
        }
        let caller = admin();
        let leave = async |index: usize, id| match index % 3 {
            0 => store.edit_user(&caller, id, switch(Switch::Disabled), now()).await.is_ok(),
            1 => store.edit_user(&caller, id, role(Role::User), now()).await.is_ok(),
            _ => store.delete_user(&caller, id, LinksOf::Keep, now()).await.is_ok(),
        };
        let left = in_parallel(ids.iter().enumerate().map(|(index, id)| leave(index, *id))).await;
        assert_eq!(left.into_iter().filter(|left| *left).count(), 5);
        let all = UserQuery { limit: 100, ..UserQuery::default() };
        let users = store.users(&all).await.unwrap().items;
        assert_eq!(users.iter().filter(|user| user.is_active_administrator()).count(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_new_hash_of_the_same_password_does_not_undo_a_new_password() {
    for_each_store(async |store| {
        let ada = create_user(store, "ada", Role::User).await;
        store.rehash_password(ada.id, &hash("secret"), &hash("better")).await.unwrap();
        let of_ada = async || store.credentials_of(ada.id).await.unwrap().unwrap();
        assert_eq!(
            (of_ada().await.password, of_ada().await.user),
            (Some(hash("better")), ada.clone())
        );
        store
            .set_password(&in_session(store, &ada).await, ada.id, hash("new"), later(1))
            .await
            .unwrap();
        store.rehash_password(ada.id, &hash("better"), &hash("even better")).await.unwrap();
        assert_eq!(of_ada().await.password, Some(hash("new")));
    })
    .await;
}

#[tokio::test]
async fn jwt_09_a_new_password_ends_everything_of_before() {
    for_each_store(async |store| {
        let ada = create_user(store, "ada", Role::User).await;
        let login = |number, token_epoch| NewLogin {
            user: ada.id,
            token_epoch,
            token: token(number),
            expires_at: later(1_000),
        };
        store.create_session(login(1, 1), now()).await.unwrap();
        let changed = store
            .set_password(&in_session(store, &ada).await, ada.id, hash("new"), later(1))
            .await
            .unwrap();
        assert_eq!(changed.token_epoch, 2);
        assert_eq!(store.user(ada.id).await.unwrap(), Some(changed));
        assert_eq!(store.session_user(&token(1), later(1)).await.unwrap(), None);
        // A login whose password was checked before the change comes too late.
        let refused = store.create_session(login(2, 1), later(2)).await;
        assert!(matches!(refused, Err(CreateLoginError::UserChanged)), "{refused:?}");
        store.create_session(login(2, 2), later(2)).await.unwrap();
        let ended =
            store.end_sessions(&in_session(store, &ada).await, ada.id, later(3)).await.unwrap();
        assert_eq!(ended.token_epoch, 3);
        assert_eq!(store.session_user(&token(2), later(3)).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn users_are_listed_in_pages() {
    for_each_store(async |store| {
        for name in ["ada", "bob", "adam", "eve_", "evex"] {
            create_user(store, name, Role::User).await;
        }
        let found = async |q: Option<&str>, limit| {
            let mut query = UserQuery { q: q.map(str::to_owned), limit, cursor: None };
            let mut names = Vec::new();
            loop {
                let page = store.users(&query).await.unwrap();
                assert!(page.items.len() <= limit as usize);
                names.extend(page.items.iter().map(|user| {
                    user.email.as_str().split('@').next().unwrap_or_default().to_owned()
                }));
                let Some(next) = page.next else { return names };
                query.cursor = Some(next.to_string().parse().unwrap());
            }
        };
        for limit in 1..=6 {
            assert_eq!(found(None, limit).await, ["ada", "bob", "adam", "eve_", "evex"]);
        }
        assert_eq!(found(Some("ADA"), 1).await, ["ada", "adam"]);
        assert_eq!(found(Some("e_"), 5).await, ["eve_"]);
        assert_eq!(found(Some("%"), 5).await, [""; 0]);
        assert_eq!(found(Some("\0"), 5).await, [""; 0]);
        assert_eq!(found(Some("' or 1=1 --"), 5).await, [""; 0]);
        let foreign = store.users(&UserQuery { limit: 1, ..UserQuery::default() }).await.unwrap();
        let mut links = query(LinkSort::CreatedAt);
        links.cursor = foreign.next;
        assert!(store.links(Access::All, &links, now()).await.is_err());
    })
    .await;
}
