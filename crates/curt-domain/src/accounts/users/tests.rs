//! What edits change, and when access tokens become void.

use super::*;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn user() -> User {
    User {
        id: UserId::new(7).unwrap(),
        email: Email::parse("ada@example.com").unwrap(),
        full_name: None,
        role: Role::User,
        token_epoch: 3,
        disabled_at: None,
        created_at: at(1),
        updated_at: at(1),
    }
}

#[test]
fn an_edit_that_changes_nothing_gives_the_same_user() {
    let user = user();
    let same = UserEdit {
        email: Some(user.email.clone()),
        full_name: Some(None),
        role: Some(Role::User),
        switch: Some(Switch::Active),
        password: None,
    };
    for edit in [UserEdit::default(), same] {
        assert_eq!(user.edited(&edit, at(9)), user);
    }
}

#[test]
fn names_and_addresses_leave_access_tokens_alone() {
    let edit = UserEdit {
        email: Some(Email::parse("Ada@example.com").unwrap()),
        full_name: Some(FullName::parse("Ada Lovelace").ok()),
        ..UserEdit::default()
    };
    let edited = user().edited(&edit, at(9));
    assert_eq!((edited.email.as_str(), edited.token_epoch), ("Ada@example.com", 3));
    assert_eq!((edited.updated_at, edited.full_name.is_some()), (at(9), true));
    let spelled = UserEdit { full_name: None, ..edit };
    assert_eq!(user().edited(&spelled, at(9)).updated_at, at(9));
}

#[test]
fn jwt_09_access_tokens_become_void_with_rights() {
    let edit = |role, switch| UserEdit { role, switch, ..UserEdit::default() };
    let promoted = user().edited(&edit(Some(Role::Administrator), None), at(9));
    assert_eq!((promoted.token_epoch, promoted.is_active_administrator()), (4, true));
    let disabled = promoted.edited(&edit(None, Some(Switch::Disabled)), at(10));
    assert_eq!((disabled.token_epoch, disabled.is_active_administrator()), (5, false));
    assert_eq!(disabled.edited(&edit(None, Some(Switch::Disabled)), at(11)), disabled);
    let enabled = disabled.edited(&edit(None, Some(Switch::Active)), at(12));
    assert_eq!((enabled.token_epoch, enabled.disabled_at), (5, None));
    let password = Some(PasswordHash::new("new"));
    let safer = enabled.edited(&UserEdit { password, ..UserEdit::default() }, at(13));
    assert_eq!((safer.token_epoch, safer.updated_at), (6, at(13)));
}
