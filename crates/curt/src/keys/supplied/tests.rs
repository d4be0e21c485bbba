use super::*;

const HEX: &str = "9f3c1b7e52d804a6e1f05b9c8d2a7346c0be91d3f7482a65b13ec97d0846f2aa";
/// Both encode the same bytes.
const STANDARD: &str = "nzwbflLYBKbh8FucjSpzRsC+kdP3SCplsT7JfQhG8qo=";
const FOR_URLS: &str = "nzwbflLYBKbh8FucjSpzRsC-kdP3SCplsT7JfQhG8qo";

fn weak(key: Result<impl Sized, RefusedKey>) -> Weakness {
    match key {
        Err(RefusedKey::Weak(weakness)) => weakness,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("accepted"),
    }
}

#[test]
fn hex_and_base64_name_the_same_key() {
    let fingerprints = [HEX, STANDARD, FOR_URLS, &HEX.to_uppercase(), &format!("{HEX}\n")]
        .map(|text| secret_key(text).unwrap().fingerprint());
    assert!(fingerprints.iter().all(|fingerprint| *fingerprint == fingerprints[0]));
}

#[test]
fn boot_01_short_and_unreadable_secrets_are_refused() {
    assert_eq!(secret_key(" ").unwrap_err(), RefusedKey::Empty);
    assert_eq!(secret_key(&HEX[..62]).unwrap_err(), RefusedKey::SecretTooShort { len: 31 });
    assert_eq!(secret_key(&HEX[..63]).unwrap_err(), RefusedKey::NotEncoded);
    assert_eq!(secret_key("not a key!").unwrap_err(), RefusedKey::NotEncoded);
    // Base64 of 31 bytes.
    let short = &STANDARD[..40];
    assert_eq!(secret_key(short).unwrap_err(), RefusedKey::SecretTooShort { len: 30 });
}

#[test]
fn boot_01_weak_secrets_are_refused() {
    for text in [
        "0".repeat(64),
        "deadbeef".repeat(8),
        "0123456789abcdef".repeat(4),
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f".to_owned(),
        "aaaabbbbccccddddeeeeffff0000111122223333444455556666777788889999".to_owned(),
        "changeme".repeat(6),
    ] {
        weak(secret_key(&text));
    }
}

#[test]
fn boot_01_example_secrets_are_refused() {
    for text in [
        "your-secret-key-please-replace-me-in-production-now",
        "EXAMPLEnzwbflLYBKbh8FucjSpzRsC+kdP3SCplsT7JfQhG8",
        // Base64 of "this is my super secret value for the shortener".
        "dGhpcyBpcyBteSBzdXBlciBzZWNyZXQgdmFsdWUgZm9yIHRoZSBzaG9ydGVuZXI=",
    ] {
        assert_eq!(weak(secret_key(text)), Weakness::WellKnown, "{text}");
    }
}

#[test]
fn boot_01_weak_admin_keys_are_refused() {
    assert!(admin_key(HEX).is_ok());
    assert!(admin_key(&format!("curt_admin_{HEX}")).is_ok());
    assert_eq!(admin_key("").unwrap_err(), RefusedKey::Empty);
    assert_eq!(admin_key(&HEX[..39]).unwrap_err(), RefusedKey::AdminKeyTooShort { len: 39 });
    assert_eq!(admin_key(&"x".repeat(513)).unwrap_err(), RefusedKey::AdminKeyTooLong);
    assert_eq!(admin_key(&format!("{HEX} {HEX}")).unwrap_err(), RefusedKey::NotVisible);
    assert_eq!(weak(admin_key(&"ab".repeat(20))), Weakness::Pattern);
    assert_eq!(weak(admin_key(&HEX[..20].repeat(2))), Weakness::Pattern);
    let words = "correct-password-for-the-admin-of-this-server";
    assert_eq!(weak(admin_key(words)), Weakness::WellKnown);
}

#[test]
fn a_refusal_never_repeats_the_key() {
    for text in ["canary", "canary canary canary canary canary canary", &"canary".repeat(20)] {
        for line in [secret_key(text).unwrap_err(), admin_key(text).unwrap_err()] {
            assert!(!line.to_string().contains("canary"), "{line}");
        }
    }
}
