use super::{
    entry::{Content, Entry, Identity, State},
    *,
};

fn content(number: u32) -> Content {
    Content { target: format!("https://example.com/{number}"), title: number.to_string() }
}

fn listed(number: u32, revision: u64) -> Listed {
    let identity = Identity { id: 1, code: "abc".to_owned() };
    Listed { identity, content: content(number), revision }
}

/// A link whose create, with content 1, was acknowledged.
fn created() -> Entry {
    let mut entry = Entry::new(content(1));
    entry.acknowledge(Some(listed(1, 1))).unwrap();
    entry
}

fn send(mut entry: Entry, result: State) -> Entry {
    entry.unanswered = Some(result);
    entry
}

#[test]
fn an_unanswered_create_may_be_there_or_not() {
    assert_eq!(Entry::new(content(1)).settle(None), Ok(()));
    let mut entry = Entry::new(content(1));
    assert_eq!(entry.settle(Some(listed(1, 1))), Ok(()));
    assert_eq!(entry.identity, Some(listed(1, 1).identity));
}

#[test]
fn an_acknowledged_create_must_be_there() {
    assert!(created().settle(None).is_err());
    assert!(created().settle(Some(listed(2, 1))).is_err(), "with another content");
    assert!(created().settle(Some(listed(1, 2))).is_err(), "with a revision it never had");
    assert_eq!(created().settle(Some(listed(1, 1))), Ok(()));
}

#[test]
fn an_acknowledged_edit_must_not_go_back() {
    let mut entry = send(created(), State::Live(content(2)));
    entry.acknowledge(Some(listed(2, 2))).unwrap();
    assert_eq!(entry.replaced, Some(content(1)));
    assert!(entry.settle(Some(listed(1, 1))).is_err());
    assert_eq!(entry.settle(Some(listed(2, 2))), Ok(()));
}

#[test]
fn what_a_check_saw_of_an_unanswered_edit_stays() {
    let edited = || send(created(), State::Live(content(2)));
    let mut entry = edited();
    assert_eq!(entry.settle(Some(listed(2, 2))), Ok(()));
    assert!(entry.settle(Some(listed(1, 1))).is_err(), "seen, and undone");

    let mut entry = edited();
    assert_eq!(entry.settle(Some(listed(1, 1))), Ok(()));
    assert!(entry.settle(Some(listed(2, 2))).is_err(), "carried out after the crash");
}

#[test]
fn a_deleted_link_stays_deleted_until_it_is_restored() {
    let mut entry = send(created(), State::Gone);
    entry.acknowledge(None).unwrap();
    assert!(entry.settle(Some(listed(1, 1))).is_err(), "it came back by itself");
    assert_eq!(entry.settle(None), Ok(()));

    let mut entry = send(entry, State::Live(content(1)));
    assert_eq!(entry.settle(Some(listed(1, 3))), Ok(()));
}

#[test]
fn an_answer_that_says_something_else_is_wrong() {
    let mut entry = send(created(), State::Live(content(2)));
    assert!(entry.acknowledge(Some(listed(1, 2))).is_err());
}

#[test]
fn two_links_with_one_code_or_one_id_are_found() {
    let other_code = Identity { id: 1, code: "def".to_owned() };
    let other_id = Identity { id: 2, code: "abc".to_owned() };
    let with = |identity| Listed { identity, ..listed(2, 1) };
    assert_eq!(duplicates(&[listed(1, 1), with(other_code)]).len(), 1);
    assert_eq!(duplicates(&[listed(1, 1), with(other_id)]).len(), 1);
    let both_differ = Identity { id: 2, code: "def".to_owned() };
    assert_eq!(duplicates(&[listed(1, 1), with(both_differ)]).len(), 0);
}
