//! AUTH-07 and AUTH-08: lengths in characters, one form of letters, no easily guessed passwords.

use proptest::prelude::*;

use super::*;

fn check(typed: &str) -> Result<NewPassword, WeakPassword> {
    let email = Email::parse("ada.lovelace@analytical-engine.example").unwrap();
    NewPassword::check(Password::new(typed), &PasswordUse::Account(email))
}

fn check_for_link(typed: &str) -> Result<(), WeakPassword> {
    NewPassword::check(Password::new(typed), &PasswordUse::Link).map(drop)
}

#[test]
fn auth_07_lengths_count_characters() {
    for (text, expected) in [
        ("", Err(WeakPassword::TooShort { len: 0, len_min: 12 })),
        ("xq7!vLp", Err(WeakPassword::TooShort { len: 7, len_min: 12 })),
        ("xq7!vLp2#mZ", Err(WeakPassword::TooShort { len: 11, len_min: 12 })),
        ("xq7!vLp2#mZw", Ok(())),
        // Three bytes each.
        ("語彙力試験問題集合格者", Err(WeakPassword::TooShort { len: 11, len_min: 12 })),
        ("語彙力試験問題集合格者達", Ok(())),
    ] {
        assert_eq!(check(text).map(drop), expected, "{text}");
    }
    let sentence = "the moss grew over 7 quiet engines; ".repeat(4);
    let longest: String = sentence.chars().take(PASSWORD_LEN_MAX).collect();
    assert_eq!(check(&longest).map(drop), Ok(()));
    let refused = check(&format!("{longest}é"));
    assert_eq!(refused, Err(WeakPassword::TooLong { len: PASSWORD_LEN_MAX + 1 }));
}

#[test]
fn auth_07_nothing_is_cut_off() {
    let start = "a".repeat(72);
    let [one, other] = ["AAAA", "ZZZZ"].map(|end| Password::new(&format!("{start}{end}")));
    assert_ne!(one, other);
    assert_eq!(one.as_str().len(), 76);
}

#[test]
fn auth_07_keyboards_that_compose_letters_differently_type_the_same() {
    let composed = Password::new("Crème brûlée 2 go");
    assert_eq!(composed, Password::new("Cre\u{300}me bru\u{302}le\u{301}e 2 go"));
    assert_eq!(composed, Password::new("Ｃrème brûlée ２ go"));
    assert_ne!(composed, Password::new("crème brûlée 2 go"));
    assert_ne!(composed, Password::new(" Crème brûlée 2 go"), "spaces count");
}

#[test]
fn auth_08_common_passwords_are_refused_also_with_something_added() {
    for text in [
        "shortener2026",
        "curt-shortener",
        "123456789012",
        "password1234",
        "P@ssw0rd1234",
        "passwordpassword",
        "qwertyuiop12",
        "1qaz2wsx3edc",
        "iloveyou2026!",
        "Welcome12345",
        "administrator",
        "changeme1234",
        "football2023!",
        "aaaaaaaaaaaa",
        "trustno1trustno1",
        "24.11.1987!!",
    ] {
        assert_eq!(check(text), Err(WeakPassword::Guessable), "{text}");
    }
}

#[test]
fn auth_08_the_address_is_no_password() {
    for text in [
        "ada.lovelace@analytical-engine.example",
        "Ada.Lovelace@Analytical-Engine.example",
        "ada.lovelace@analytical-engine.example!",
        "ada.lovelace",
        "ada.lovelace1",
        "lovelaceada1",
        "analytical-engine.example",
    ] {
        assert_eq!(check(text), Err(WeakPassword::Guessable), "{text}");
    }
}

#[test]
fn auth_08_what_has_no_pattern_is_taken() {
    for text in [
        "correct horse battery staple",
        "mein hund heisst bello",
        "grünerhimmel77",
        "xq7!vLp2#mZw",
        "my dog likes cheese",
    ] {
        assert_eq!(check(text).map(drop), Ok(()), "{text}");
    }
}

#[test]
fn passwords_of_links_may_be_shorter_but_not_the_first_that_anybody_tries() {
    let too_short = WeakPassword::TooShort { len: 7, len_min: LINK_PASSWORD_LEN_MIN };
    assert_eq!(check_for_link("xq7!vLp"), Err(too_short));
    for text in ["12345678", "password", "Passw0rd", "iloveyou", "curtcurt", "aaaaaaaa", "20261231"]
    {
        assert_eq!(check_for_link(text), Err(WeakPassword::Guessable), "{text}");
    }
    for text in ["xq7!vLp2", "tulpen im hafen", "語彙力試験問題集"] {
        assert_eq!(check_for_link(text), Ok(()), "{text}");
    }
}

#[test]
fn log_02_passwords_are_not_printed() {
    let password = check("correct horse battery staple").unwrap();
    assert_eq!(format!("{password:?}"), "NewPassword(Password(…))");
}

proptest! {
    #[test]
    fn nfkc_is_idempotent(text in "\\PC{0,40}") {
        let once = Password::new(&text);
        prop_assert_eq!(Password::new(once.as_str()), once);
    }
}
