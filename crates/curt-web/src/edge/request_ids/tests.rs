//! No two requests share an id.

use std::collections::HashSet;

use super::*;

#[test]
fn request_ids_are_16_digits_and_never_the_same() {
    let ids = RequestIds::new();
    let mut seen = HashSet::new();
    for _ in 0..100_000 {
        let id = ids.next();
        let text = id.to_str().unwrap();
        assert!(text.len() == 16 && text.bytes().all(|digit| digit.is_ascii_hexdigit()), "{text}");
        assert!(seen.insert(id.clone()), "{text} came twice");
    }
}

#[test]
fn two_runs_begin_at_different_ids() {
    assert_ne!(RequestIds::new().next(), RequestIds::new().next());
}
