use super::*;

/// A refused random key would make a start fail once in a while, so test many.
#[test]
fn random_keys_pass_in_every_encoding() {
    for _ in 0..20_000 {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).unwrap();
        assert_eq!(check(&bytes), Ok(()), "{bytes:?}");
        let hex = crate::keys::random_hex::<32>().unwrap();
        assert_eq!(check(hex.as_bytes()), Ok(()), "{hex}");
        assert_eq!(check(&hex.as_bytes()[..40]), Ok(()), "{hex}");
    }
}

#[test]
fn patterns_are_recognised() {
    for key in ["abcdefghijklmnopqrstuvwxyzabcdefghijklmnop", "9876543210987654321098765432109876"]
    {
        assert_eq!(check(key.as_bytes()), Err(Weakness::Pattern), "{key}");
    }
    assert_eq!(check(&[7; 64]), Err(Weakness::Pattern));
    // A period that does not divide the length.
    assert_eq!(check(b"k9#mQz!4vB7xR2wk9#mQz!4vB7xR2wk9#mQz!4vB"), Err(Weakness::Pattern));
}

#[test]
fn too_few_different_bytes_are_recognised() {
    assert_eq!(check(b"aabbabaabbbabababbabaabababbabbbabaabbab"), Err(Weakness::Uniform));
}

#[test]
fn words_are_recognised_however_they_are_dressed() {
    assert!(is_well_known("Change-Me"));
    assert!(is_well_known("TopSecretPass"));
    assert!(is_well_known("123456"));
    assert!(!is_well_known("fJ4mLq"));
    assert_eq!(check(b"9f3c1b7e52d804a6-My.Pass_Word-e1f05b9c8d2a7346"), Err(Weakness::WellKnown));
    // Digits occur in random hex by chance.
    assert_eq!(check(b"9f3c1b7e52d804a6e1f05b9c8d2a734123456bead3c7"), Ok(()));
}
