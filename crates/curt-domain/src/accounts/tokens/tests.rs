//! AUTH-10: keys and tokens round trip, have a checksum, and are never printed.

use proptest::prelude::*;

use super::*;

// Computed with another implementation of base 62 and CRC-32.
const EXPECTED_KEY: &str = "curt_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf3LgYgc";
const EXPECTED_LARGEST: &str = "curt_yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp10szirC";
const EXPECTED_SMALLEST: &str = "curt_00000000000000000000000000000000000000000002qz6aI";

#[test]
fn keys_have_a_fixed_form() {
    let bytes: [u8; 32] = std::array::from_fn(|index| u8::try_from(index).unwrap());
    let key = ApiKey::from_random(bytes);
    assert_eq!(key.as_str(), EXPECTED_KEY);
    assert_eq!(key.hint(), &EXPECTED_KEY[..9]);
    assert_eq!(format!("curt_{}", Token::from_random(bytes).as_str()), EXPECTED_KEY[..48]);
    let largest = ApiKey::from_random([0xff; 32]);
    assert_eq!(largest.as_str(), EXPECTED_LARGEST);
    assert_eq!(ApiKey::from_random([0; 32]).as_str(), EXPECTED_SMALLEST);
}

#[test]
fn only_keys_with_their_checksum_are_keys() {
    let key = EXPECTED_KEY;
    for other in [
        "",
        "curt_",
        &key[5..],
        &key[..key.len() - 1],
        &format!("{key}0"),
        &format!(" {key}"),
        &key.replace("curt_", "CURT_"),
        &key.replace("curt_", "curt-"),
        &format!("{}é", &key[..key.len() - 2]),
        &format!("curt_{}", "0".repeat(49)),
    ] {
        assert_eq!(other.parse::<ApiKey>(), Err(InvalidToken), "{other}");
    }
}

#[test]
fn log_02_keys_and_tokens_are_not_printed() {
    let key = ApiKey::from_random([7; 32]);
    let token = Token::from_random([7; 32]);
    let printed = format!("{key:?} {token:?} {:?} {:?}", key.hash(), token.hash());
    assert_eq!(printed, "ApiKey(…) Token(…) TokenHash(…) TokenHash(…)");
}

proptest! {
    #[test]
    fn keys_are_read_back_the_same(bytes: [u8; 32], place in 0_usize..54, digit in 0_usize..62) {
        let key = ApiKey::from_random(bytes);
        prop_assert_eq!(key.as_str().parse(), Ok(key.clone()));
        let mut damaged = key.as_str().as_bytes().to_vec();
        damaged[place] = DIGITS[digit];
        let damaged = String::from_utf8(damaged).unwrap();
        prop_assert_eq!(damaged.parse::<ApiKey>().is_ok(), damaged == key.as_str());
    }

    #[test]
    fn tokens_are_read_back_the_same(bytes: [u8; 32], others: [u8; 32]) {
        let token = Token::from_random(bytes);
        let again: Token = token.as_str().parse().unwrap();
        prop_assert_eq!(again.hash(), token.hash());
        prop_assert_eq!(Token::from_random(others) == token, others == bytes);
        prop_assert!(token.as_str().parse::<ApiKey>().is_err());
        prop_assert!(ApiKey::from_random(bytes).as_str().parse::<Token>().is_err());
    }
}
