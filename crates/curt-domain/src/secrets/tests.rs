//! Known answers, computed with another implementation of RFC 5869.

use super::*;

fn secret() -> SecretKey {
    let bytes: Vec<u8> = (0..32).collect();
    SecretKey::new(&bytes).unwrap()
}

fn hex(bytes: &[u8; 32]) -> String {
    let [high, low] = [0, 16].map(|at| u128::from_be_bytes(bytes[at..at + 16].try_into().unwrap()));
    format!("{high:032x}{low:032x}")
}

#[test]
fn keys_are_derived_as_in_rfc_5869() {
    for (purpose, expected) in [
        ("", "37ad29109f43265287804b674e2653d0a513718907f97fca97c95bded8104bbf"),
        (
            "curt code permutation",
            "a64736f47e995429dbca4749d2122abdf9adef9050ba2eca16a9d5819bd6ae22",
        ),
    ] {
        assert_eq!(hex(&secret().derive(purpose)), expected, "for {purpose:?}");
    }
    assert_eq!(secret().fingerprint(), "9629daa5489d3a6adb934458722440a5");
}

#[test]
fn each_purpose_and_each_secret_has_its_own_key() {
    let other = SecretKey::new(&[7; 32]).unwrap();
    assert_ne!(secret().derive("one purpose"), secret().derive("another purpose"));
    assert_ne!(secret().derive("one purpose"), other.derive("one purpose"));
    assert_ne!(secret().fingerprint(), other.fingerprint());
    assert_eq!(secret().derive("one purpose"), secret().derive("one purpose"));
}

#[test]
fn short_keys_are_refused() {
    assert_eq!(SecretKey::new(&[1; 31]).unwrap_err(), KeyTooShort { len: 31 });
    assert_eq!(SecretKey::new(&[]).unwrap_err(), KeyTooShort { len: 0 });
    assert!(SecretKey::new(&[1; 33]).is_ok());
}

#[test]
fn the_secret_is_not_printed() {
    let secret = SecretKey::new(b"correct horse battery staple, and more").unwrap();
    assert_eq!(
        format!("{secret:?} {:#?}", Some(&secret)),
        "SecretKey(…) Some(\n    SecretKey(…),\n)"
    );
}
