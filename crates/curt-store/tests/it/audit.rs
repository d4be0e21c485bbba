//! The audit log: every change has its row, and no row reveals more than it should.

use curt_domain::{
    Access, Author, Caller, FullName, KeyName, Role, Scopes, Switch, User, UserEdit,
};
use curt_store::{
    Admission, AuditPage, AuditQuery, AuditRecord, LinksOf, ListError, NewKey, NewUser, Store,
};
use serde_json::Value;

use crate::{
    accounts::{admin, create_user, email, hash, in_session, new_user, token},
    stores::{for_each_store, later, now},
};

fn everything() -> AuditQuery {
    AuditQuery { limit: 100, ..AuditQuery::default() }
}

async fn audit(store: &Store, query: &AuditQuery) -> Vec<AuditRecord> {
    store.audit(query).await.unwrap().items
}

/// Action, object and details of each row, oldest first. Details are parsed, because the order of
/// their fields depends on what else is built.
async fn rows(store: &Store) -> Vec<(String, Option<u64>, Value)> {
    let rows = audit(store, &everything()).await;
    let shown = |row: AuditRecord| (row.action, row.object_id, value(&row.details));
    rows.into_iter().rev().map(shown).collect()
}

fn value(details: &str) -> Value {
    serde_json::from_str(details).unwrap()
}

fn new_key(user: &User) -> NewKey {
    NewKey {
        user: user.id,
        name: KeyName::parse("\"}, a name").unwrap(),
        token: token(1),
        hint: "curt_0000".to_owned(),
        scopes: Scopes::ALL,
        expires_at: None,
    }
}

#[tokio::test]
async fn every_change_of_a_user_has_a_row() {
    for_each_store(async |store| {
        let root = create_user(store, "root", Role::Administrator).await;
        let ada = create_user(store, "ada", Role::User).await;
        let caller = Caller { access: Access::All, ..in_session(store, &root).await };
        let edit = UserEdit {
            email: Some(email("secret")),
            full_name: Some(FullName::parse("Secret Name").ok()),
            role: Some(Role::Administrator),
            switch: Some(Switch::Disabled),
            password: None,
        };
        store.edit_user(&caller, ada.id, edit.clone(), later(1)).await.unwrap();
        store.edit_user(&caller, ada.id, edit, later(2)).await.unwrap();
        let active = UserEdit { switch: Some(Switch::Active), ..UserEdit::default() };
        store.edit_user(&caller, ada.id, active, later(3)).await.unwrap();
        store.set_password(&caller, ada.id, hash("secret hash"), later(4)).await.unwrap();
        store.end_sessions(&caller, ada.id, later(5)).await.unwrap();
        let key = store.create_key(&caller, new_key(&ada), later(6)).await.unwrap();
        store.delete_key(&caller, key.id, later(7)).await.unwrap();
        let transfer = LinksOf::TransferTo(root.id);
        store.delete_user(&caller, ada.id, transfer, later(8)).await.unwrap();

        let (root, ada) = (root.id.get(), Some(ada.id.get()));
        let rows = rows(store).await;
        let expected = [
            ("user.create", Some(root), r#"{"role":"administrator"}"#.to_owned()),
            ("user.create", ada, r#"{"role":"user"}"#.to_owned()),
            ("user.edit", ada, r#"{"fields":["email","full_name"]}"#.to_owned()),
            ("user.role", ada, r#"{"from":"user","to":"administrator"}"#.to_owned()),
            ("user.disable", ada, "{}".to_owned()),
            ("user.enable", ada, "{}".to_owned()),
            ("user.password", ada, "{}".to_owned()),
            ("user.end_sessions", ada, "{}".to_owned()),
            (
                "key.create",
                Some(key.id.get()),
                r#"{"scopes":"links:read links:write analytics:read admin","user":2}"#.to_owned(),
            ),
            ("key.delete", Some(key.id.get()), r#"{"user":2}"#.to_owned()),
            ("user.delete", ada, format!(r#"{{"links_to":{root}}}"#)),
        ];
        let expected: Vec<_> = expected
            .into_iter()
            .map(|(action, object, details)| (action.to_owned(), object, value(&details)))
            .collect();
        assert_eq!(rows, expected);
        // EXPORT-01: of a deleted user only the id is left.
        assert!(!format!("{rows:?}").to_lowercase().contains("secret"));
    })
    .await;
}

#[tokio::test]
async fn what_was_refused_leaves_no_row() {
    for_each_store(async |store| {
        let ada = create_user(store, "ada", Role::Administrator).await;
        let before = rows(store).await;
        let disabled = UserEdit { switch: Some(Switch::Disabled), ..UserEdit::default() };
        assert!(store.edit_user(&admin(), ada.id, disabled, now()).await.is_err());
        assert!(store.delete_user(&admin(), ada.id, LinksOf::Keep, now()).await.is_err());
        let admission = Admission::As(Role::User);
        assert!(store.create_user(&admin(), new_user("ada"), admission, now()).await.is_err());
        assert_eq!(rows(store).await, before);
    })
    .await;
}

#[tokio::test]
async fn authors_are_read_back_with_their_networks() {
    for_each_store(async |store| {
        let ada = create_user(store, "ada", Role::Administrator).await;
        let key = store.create_key(&admin(), new_key(&ada), now()).await.unwrap();
        let authors = [
            (Author::AdminKey, "203.0.113.77", Some("203.0.113.0/24")),
            (Author::User(ada.id), "::ffff:198.51.100.3", Some("198.51.100.0/24")),
            (Author::Key(ada.id, key.id), "2001:db8:1:2::3", Some("2001:db8:1::/48")),
            (Author::CommandLine("ada 🦀".to_owned()), "", None),
            (Author::Anonymous, "192.0.2.1", Some("192.0.2.0/24")),
            (Author::System, "", None),
        ];
        for (at, (author, client, _)) in (1..).zip(authors.clone()) {
            let login = match author {
                Author::User(_) => in_session(store, &ada).await.login,
                _ => None,
            };
            let caller = Caller { author, client: client.parse().ok(), login, ..Caller::SYSTEM };
            store.end_sessions(&caller, ada.id, later(at)).await.unwrap();
        }
        let query = AuditQuery { action: Some("user.end_sessions".to_owned()), ..everything() };
        let mut rows = audit(store, &query).await;
        rows.reverse();
        let found: Vec<_> = rows
            .iter()
            .map(|row| (row.author.clone(), row.client.map(|network| network.to_string())))
            .collect();
        let expected = authors.map(|(author, _, network)| (author, network.map(str::to_owned)));
        assert_eq!(found, expected);
    })
    .await;
}

#[tokio::test]
async fn filters_and_pages_find_the_same_rows() {
    for_each_store(async |store| {
        let ada = create_user(store, "ada", Role::User).await;
        let bob = create_user(store, "bob", Role::User).await;
        for at in 1..=6 {
            let user = if at % 2 == 0 { &ada } else { &bob };
            // Several rows at the same time.
            let caller = in_session(store, user).await;
            store.end_sessions(&caller, ada.id, later(at / 3)).await.unwrap();
            let caller = in_session(store, user).await;
            store.set_password(&caller, bob.id, hash("x"), later(at / 3)).await.unwrap();
        }
        let all = audit(store, &everything()).await;
        assert_eq!(all.len(), 14);
        let of_bob = ("user".to_owned(), bob.id.get());
        let queries = [
            everything(),
            AuditQuery { author: Some(ada.id), ..everything() },
            AuditQuery { action: Some("user.password".to_owned()), ..everything() },
            AuditQuery { object: Some(of_bob.clone()), ..everything() },
            AuditQuery { author: Some(ada.id), object: Some(of_bob.clone()), ..everything() },
            AuditQuery {
                author: Some(bob.id),
                object: Some(of_bob),
                action: Some("user.password".to_owned()),
                from: Some(later(1)),
                to: Some(later(2)),
                ..everything()
            },
            AuditQuery { from: Some(later(1)), ..everything() },
            AuditQuery { to: Some(later(1)), ..everything() },
            AuditQuery { action: Some("' or 1=1 --".to_owned()), ..everything() },
        ];
        for query in queries {
            let fits = |row: &&AuditRecord| {
                query.author.is_none_or(|author| row.author == Author::User(author))
                    && query.action.as_ref().is_none_or(|action| *action == row.action)
                    && query.object.as_ref().is_none_or(|(kind, id)| {
                        *kind == row.object_kind && Some(*id) == row.object_id
                    })
                    && query.from.is_none_or(|from| from <= row.at)
                    && query.to.is_none_or(|to| row.at < to)
            };
            let expected: Vec<AuditRecord> = all.iter().filter(fits).cloned().collect();
            assert_eq!(audit(store, &query).await, expected, "{query:?}");
            assert_eq!(walk(store, query, 2).await, expected);
        }
    })
    .await;
}

async fn walk(store: &Store, mut query: AuditQuery, limit: u32) -> Vec<AuditRecord> {
    query.limit = limit;
    let mut rows = Vec::new();
    loop {
        let AuditPage { items, next } = store.audit(&query).await.unwrap();
        assert!(items.len() <= limit as usize);
        rows.extend(items);
        let Some(next) = next else { return rows };
        query.cursor = Some(next.to_string().parse().unwrap());
    }
}

#[tokio::test]
async fn old_rows_are_pruned_and_cursors_of_other_lists_refused() {
    for_each_store(async |store| {
        for (number, at) in [(1, 10), (2, 20), (3, 30)] {
            let new = NewUser { password: None, ..new_user(&format!("user{number}")) };
            let admission = Admission::As(Role::User);
            store.create_user(&admin(), new, admission, later(at)).await.unwrap();
        }
        assert_eq!(store.prune_audit(later(9)).await.unwrap(), 0);
        assert_eq!(store.prune_audit(later(20)).await.unwrap(), 2);
        assert_eq!(audit(store, &everything()).await.len(), 1);
        let users = curt_store::UserQuery { limit: 1, ..curt_store::UserQuery::default() };
        let cursor = store.users(&users).await.unwrap().next;
        let refused = store.audit(&AuditQuery { cursor, ..everything() }).await;
        assert!(matches!(refused, Err(ListError::InvalidCursor(_))), "{refused:?}");
    })
    .await;
}
