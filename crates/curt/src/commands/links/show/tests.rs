use super::*;

#[test]
fn an_edit_is_told_by_what_it_changed() {
    let older = [("leads to", "https://a.example/".to_owned()), ("title", "Old".to_owned())];
    let newer = [("leads to", "https://a.example/".to_owned()), ("note", "\u{1b}c".to_owned())];
    assert_eq!(
        changes("2026-01-31T12:00:00.000Z", &older, &newer),
        "\n2026-01-31T12:00:00.000Z\n  note: (none) -> \\u{1b}c\n  title: Old -> (none)\n"
    );
}
