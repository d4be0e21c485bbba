//! Which texts are addresses, and which addresses are the same.

use proptest::prelude::*;

use super::*;

fn key(text: &str) -> String {
    Email::parse(text).unwrap().key().to_owned()
}

#[test]
fn addresses_are_kept_as_typed_and_compared_without_case() {
    let email = Email::parse("  Ada.Lovelace+curt@Example.COM\n").unwrap();
    assert_eq!(email.as_str(), "Ada.Lovelace+curt@Example.COM");
    assert_eq!(email.key(), "ada.lovelace+curt@example.com");
    assert_eq!(email, Email::parse("ADA.lovelace+CURT@example.com").unwrap());
    assert_ne!(email, Email::parse("ada.lovelace@example.com").unwrap());
    assert_eq!(format!("{email:?} {email}"), "Email(…) Ada.Lovelace+curt@Example.COM");
}

#[test]
fn equal_letters_in_other_forms_are_the_same_address() {
    assert_eq!(key("jose\u{301}@example.com"), key("JOSÉ@example.com"));
    assert_eq!(key("ａｄａ＠example.com"), "ada@example.com");
    assert_eq!(key("ada@bücher.example"), "ada@xn--bcher-kva.example");
    assert_eq!(key("ada@BU\u{308}CHER.example"), key("ada@xn--bcher-kva.example"));
    assert_eq!(key("root@localhost"), "root@localhost");
}

#[test]
fn what_is_no_address_is_refused() {
    for text in ["ada", "@example.com", "ada@", "a@b@c", "ada@exa_mple.com", "ada@.com", "a@b..c"] {
        assert_eq!(Email::parse(text), Err(InvalidEmail::Form), "{text}");
    }
    for (text, found) in [
        ("ada lovelace@example.com", ' '),
        ("ada@example.com\nbcc:all@example.com", '\n'),
        ("<ada@example.com>", '<'),
        ("\"ada\"@example.com", '"'),
        ("ada＜x＞@example.com", '<'),
        ("ada\0@example.com", '\0'),
    ] {
        assert_eq!(Email::parse(text), Err(InvalidEmail::Character { found }), "{text}");
    }
    assert_eq!(Email::parse(" \t"), Err(InvalidEmail::Empty));
    assert_eq!(Email::parse(&format!("{}@example.com", "a".repeat(65))), Err(InvalidEmail::Form));
    let long = format!("a@{}", "b".repeat(EMAIL_LEN_MAX - 1));
    assert_eq!(Email::parse(&long), Err(InvalidEmail::TooLong { len: EMAIL_LEN_MAX + 1 }));
}

proptest! {
    #[test]
    fn what_was_kept_is_read_back_the_same(text in "\\PC{1,20}@[a-zäöü]{1,10}\\.[a-z]{2,4}") {
        if let Ok(email) = Email::parse(&text) {
            let again = Email::parse(email.as_str()).unwrap();
            prop_assert_eq!(again.as_str(), email.as_str());
            prop_assert_eq!(again.key(), email.key());
            // The key is itself an address, with the same key.
            prop_assert_eq!(key(email.key()), email.key());
        }
    }
}
