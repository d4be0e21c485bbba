use super::*;

fn verified(contents: Option<Contents>) -> Verified {
    Verified { engine: Engine::Sqlite, sha256: String::new(), contents, notes: Vec::new() }
}

fn contents(key_check: Option<&SecretKey>) -> Contents {
    Contents {
        links: 1,
        deleted: 0,
        newest_change: None,
        key_check: key_check.map(SecretKey::fingerprint),
        schema: newest_migration().to_owned(),
        is_newer: false,
    }
}

fn secret(byte: u8) -> SecretKey {
    SecretKey::new(&[byte; 32]).unwrap()
}

#[test]
fn a_backup_is_restored_with_its_own_secret_or_with_none() {
    let (own, other) = (secret(1), secret(2));
    let of_own = verified(Some(contents(Some(&own))));
    assert_eq!(of_own.check_suitable(Some(&own)), Ok(()));
    assert_eq!(of_own.check_suitable(None), Ok(()), "it may follow later");
    assert_eq!(of_own.check_suitable(Some(&other)), Err(Unsuitable::OtherSecret));
    assert_eq!(verified(Some(contents(None))).check_suitable(Some(&other)), Ok(()), "has none yet");
    assert_eq!(verified(None).check_suitable(Some(&other)), Ok(()), "nobody knows");
}

#[test]
fn f18_a_backup_of_a_newer_release_is_refused() {
    let schema = "9000_tomorrow".to_owned();
    let newer = Contents { schema: schema.clone(), is_newer: true, ..contents(None) };
    let refused = verified(Some(newer)).check_suitable(None).unwrap_err();
    assert_eq!(refused, Unsuitable::Newer { schema });
    assert!(refused.to_string().contains("made by a newer release"), "{refused}");
}
