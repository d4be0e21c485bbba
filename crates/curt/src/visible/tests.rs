use super::*;

#[test]
fn ordinary_text_stays_as_it_is() {
    for text in ["", "Grüße", "日本語 🎉", "a\u{301}"] {
        assert!(matches!(visible(text), Cow::Borrowed(same) if same == text));
    }
}

#[test]
fn commands_to_a_terminal_are_spelled_out() {
    assert_eq!(visible("\u{1b}[31mred\u{7}"), "\\u{1b}[31mred\\u{7}");
    assert_eq!(visible("a\nb\tc\r\0"), "a\\nb\\tc\\r\\u{0}");
    assert_eq!(visible("\u{9b}31m\u{7f}"), "\\u{9b}31m\\u{7f}");
    assert_eq!(visible("a\u{202e}b\u{2066}"), "a\\u{202e}b\\u{2066}");
}
