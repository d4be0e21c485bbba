use proptest::{collection::vec, prelude::*};

use super::*;

#[test]
fn csv_01_formulas_are_guarded() {
    for (cell, safe) in [
        ("=SUM(A1)", "'=SUM(A1)"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@x", "'@x"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("\0", "'\0"),
        ("'=1", "''=1"),
        ("''=1", "'''=1"),
        ("'quoted'", "'quoted'"),
        ("a=1", "a=1"),
        ("", ""),
    ] {
        assert_eq!(guarded(cell.to_owned()), safe);
        assert_eq!(unguarded(safe), cell);
    }
}

#[test]
fn tags_of_other_programs_are_split_at_either_sign() {
    assert_eq!(split_tags("a, b;c ,, "), ["a", "b", "c"]);
    assert_eq!(split_tags("[not json"), ["[not json"]);
    assert_eq!(split_tags(""), Vec::<String>::new());
}

proptest! {
    #[test]
    fn csv_01_every_cell_comes_back(cell in "['=+@\\t\\r\\x00a-]{0,6}") {
        let guarded = guarded(cell.clone());
        prop_assert!(!guarded.starts_with(['=', '+', '-', '@', '\t', '\r', '\0']));
        prop_assert_eq!(unguarded(&guarded), cell.as_str());
    }

    #[test]
    fn tags_come_back(tags in vec("[a-c,;\\[\\]\"'=]{1,4}", 0..4)) {
        prop_assert_eq!(split_tags(&join_tags(&tags)), tags);
    }
}
