//! Which paths name a link.

use super::*;

#[test]
fn a_code_may_have_a_slash_or_a_plus_behind_it() {
    let code = |code, preview| Some(CodePath { code, preview });
    let paths = [
        ("/abc", code("abc", false)),
        ("/abc/", code("abc", false)),
        ("/abc+", code("abc", true)),
        ("/abc+/", code("abc", true)),
        ("/-", code("-", false)),
        ("/A_b-9", code("A_b-9", false)),
        ("/", None),
        ("//", None),
        ("", None),
        ("/+", None),
        ("/abc++", None),
        ("/abc/+", None),
        ("/abc//", None),
        ("//abc", None),
        ("/a/b", None),
        ("/a.b", None),
        ("/a%62c", None),
        ("/abc%2f", None),
        ("*", None),
        ("abc", None),
    ];
    for (path, expected) in paths {
        assert_eq!(CodePath::parse(path), expected, "{path}");
    }
}

#[test]
fn a_code_path_is_as_long_as_a_code_at_most() {
    let (longest, longer) = ("a".repeat(64), "a".repeat(65));
    assert!(CodePath::parse(&format!("/{longest}+/")).is_some());
    assert!(CodePath::parse(&format!("/{longer}")).is_none());
}
