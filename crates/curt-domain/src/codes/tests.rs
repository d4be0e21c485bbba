//! Valid and invalid codes.

use proptest::prelude::*;

use super::*;

#[test]
fn letters_digits_hyphens_and_underscores_make_codes() {
    for text in ["a", "Z", "0", "-", "_", "aZ09-_", "--", &"x".repeat(CODE_LEN_MAX)] {
        let code: Code = text.parse().unwrap();
        assert_eq!(code.as_str(), text);
        assert_eq!(code.to_string(), text);
        assert_eq!(Code::check(text), Ok(()));
    }
}

#[test]
fn slug_02_whatever_could_be_more_than_a_name_is_refused() {
    let found = |found| Err(InvalidCode::Character { found });
    for (text, expected) in [
        ("", Err(InvalidCode::Empty)),
        (".", found('.')),
        ("..", found('.')),
        ("%2e%2e", found('%')),
        ("..%2fapi%2fx", found('.')),
        ("api%2fx", found('%')),
        ("api/x", found('/')),
        ("a%00b", found('%')),
        ("a\0b", found('\0')),
        ("a%0d%0aX:1", found('%')),
        ("a\r\nX:1", found('\r')),
        ("\\evil", found('\\')),
        ("%5cevil", found('%')),
        ("a\u{202e}b", found('\u{202e}')),
        ("a;b", found(';')),
        ("a b", found(' ')),
        ("a+", found('+')),
        ("\u{ff41}bc", found('\u{ff41}')),
        ("straße", found('ß')),
        ("a\u{0301}", found('\u{0301}')),
        (&"x".repeat(65), Err(InvalidCode::TooLong { len: 65 })),
        (&"x".repeat(1 << 20), Err(InvalidCode::TooLong { len: 1 << 20 })),
        // The error names the character, not a length in bytes, which would mislead users.
        (&"ß".repeat(65), found('ß')),
    ] {
        assert_eq!(text.parse::<Code>().map(|_| ()), expected, "{text:?}");
        assert_eq!(Code::check(text), expected, "{text:?}");
    }
}

#[test]
fn slug_03_case_tells_codes_apart() {
    let (upper, lower): (Code, Code) = ("Foo".parse().unwrap(), "foo".parse().unwrap());
    assert_ne!(upper, lower);
}

#[test]
fn slug_01_reserved_words_are_reserved_in_any_case() {
    let words = ReservedWords::new(["api", "Docs", ".well-known", "robots.txt"]);
    for text in ["api", "API", "Api", "aPi", "docs", "DOCS", "Docs"] {
        assert!(words.contains(&text.parse().unwrap()), "{text}");
    }
    for text in ["apis", "ap", "a-pi", "doc", "robots", "well-known"] {
        assert!(!words.contains(&text.parse().unwrap()), "{text}");
    }
    assert!(!ReservedWords::default().contains(&"api".parse().unwrap()));
}

#[test]
fn slug_01_what_folds_into_a_reserved_word_is_no_code_at_all() {
    // Full-width letters, a trailing dot, a zero-width joiner, and a Kelvin sign for a k.
    for text in ["ａｐｉ", "api.", "api\u{200d}", "loo\u{212a}up", "ﬁle"] {
        assert!(text.parse::<Code>().is_err(), "{text:?}");
    }
}

proptest! {
    #[test]
    fn a_code_is_what_its_alphabet_says(text in any::<String>(), near in "[A-Za-z0-9_. -]{0,70}") {
        for text in [text, near] {
            let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
            let expected = (1..=64).contains(&text.chars().count()) && text.chars().all(allowed);
            prop_assert_eq!(Code::check(&text).is_ok(), expected);
            match text.parse::<Code>() {
                Ok(code) => prop_assert_eq!(code.as_str(), text),
                Err(error) => prop_assert_eq!(Code::check(&text), Err(error)),
            }
        }
    }

    #[test]
    fn codes_hash_as_their_text(text in "[A-Za-z0-9_-]{1,64}") {
        let codes: HashSet<Code> = [text.parse().unwrap()].into();
        prop_assert!(codes.contains(text.as_str()));
    }
}
