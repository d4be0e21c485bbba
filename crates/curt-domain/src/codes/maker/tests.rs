//! Codes from ids: unique, always valid, and unguessable.

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;

const ALPHABETS: [Alphabet; 2] = [Alphabet::Base58, Alphabet::Base62];
const STRATEGIES: [CodeStrategy; 3] =
    [CodeStrategy::Permuted, CodeStrategy::Sequential, CodeStrategy::Random];
/// The largest possible id.
const ID_LAST: u64 = (1 << 53) - 1;

fn maker(strategy: CodeStrategy, alphabet: Alphabet, length: u8) -> CodeMaker {
    let secret = SecretKey::new(&[7; 32]).unwrap();
    CodeMaker::new(CodeSettings { strategy, alphabet, length }, &secret)
}

fn permuted(length: u8) -> CodeMaker {
    maker(CodeStrategy::Permuted, Alphabet::Base58, length)
}

fn code(maker: &CodeMaker, id: u64) -> String {
    let no_entropy = || unreachable!("only random codes ask for entropy");
    maker.code(LinkId::new(id).unwrap(), no_entropy).as_str().to_owned()
}

fn radix(alphabet: Alphabet) -> u64 {
    alphabet.digits().len() as u64
}

#[test]
fn consecutive_ids_never_share_a_code() {
    let maker = permuted(4);
    let codes: HashSet<String> = (1..=2_000).map(|id| code(&maker, id)).collect();
    assert_eq!(codes.len(), 2_000);
    assert!(codes.iter().all(|code| code.len() == 4));
}

#[test]
fn ids_at_the_ends_of_a_length_have_codes_of_their_own() {
    for alphabet in ALPHABETS {
        for strategy in [CodeStrategy::Permuted, CodeStrategy::Sequential] {
            let maker = maker(strategy, alphabet, 4);
            let (four, five) = (radix(alphabet).pow(4), radix(alphabet).pow(5));
            let around = |id: u64| id.saturating_sub(50)..id + 50;
            let ids: Vec<u64> = [0, four, four + five].into_iter().flat_map(around).collect();
            let codes: HashSet<String> = ids.iter().map(|&id| code(&maker, id)).collect();
            assert_eq!(codes.len(), ids.len());
            let lens =
                [four - 1, four, four + five - 1, four + five].map(|id| code(&maker, id).len());
            assert_eq!(lens, [4, 5, 5, 6]);
        }
    }
}

#[test]
fn sequential_codes_count_up_from_the_first_digit() {
    let maker = maker(CodeStrategy::Sequential, Alphabet::Base58, 4);
    let last_of_four = 58_u64.pow(4) - 1;
    let codes = [0, 1, 57, 58, last_of_four, last_of_four + 1].map(|id| code(&maker, id));
    assert_eq!(codes, ["1111", "1112", "111z", "1121", "zzzz", "11111"]);
}

#[test]
fn slug_04_generated_codes_have_no_look_alikes() {
    let (maker, digits) = (permuted(7), Alphabet::Base58.digits());
    assert!(b"0OIl".iter().all(|look_alike| !digits.contains(look_alike)));
    for id in 1..1_000 {
        assert!(!code(&maker, id).contains(['0', 'O', 'I', 'l']));
    }
}

#[test]
fn alphabets_have_each_of_their_digits_once() {
    for (alphabet, radix) in [(Alphabet::Base58, 58), (Alphabet::Base62, 62)] {
        let digits: HashSet<u8> = alphabet.digits().iter().copied().collect();
        assert_eq!((digits.len(), alphabet.digits().len()), (radix, radix));
        assert!(digits.iter().all(u8::is_ascii_alphanumeric));
    }
}

#[test]
fn enum_01_another_secret_gives_other_codes() {
    let other = SecretKey::new(&[8; 32]).unwrap();
    let (maker, other) = (permuted(7), CodeMaker::new(CodeSettings::DEFAULT, &other));
    let same = (1..=1_000).filter(|&id| code(&maker, id) == code(&other, id)).count();
    assert_eq!(same, 0);
}

#[test]
fn codes_stay_the_same_from_release_to_release() {
    // Ids continue after an upgrade: another permutation would collide with existing codes.
    let codes = [1, 2, 3, ID_LAST].map(|id| code(&permuted(7), id));
    assert_eq!(codes, ["ogJymYc", "m53dKTK", "94T6FeF", "4KQ6sZAARi"]);
}

#[test]
fn enum_01_neighbouring_ids_have_unlike_codes() {
    let maker = permuted(7);
    for id in 1..500 {
        let (one, next) = (code(&maker, id), code(&maker, id + 1));
        let differing = one.bytes().zip(next.bytes()).filter(|(a, b)| a != b).count();
        assert!(3 <= differing, "{one} and {next}");
    }
}

#[test]
fn random_codes_use_the_entropy_and_nothing_else() {
    let maker = maker(CodeStrategy::Random, Alphabet::Base58, 7);
    let id = |id| LinkId::new(id).unwrap();
    assert_eq!(maker.code(id(1), || 12_345), maker.code(id(2), || 12_345));
    assert_ne!(maker.code(id(1), || 12_345), maker.code(id(1), || 12_346));
    assert_eq!(maker.code(id(1), || 0).as_str(), "1111111");
    assert_eq!(maker.code(id(1), || 58_u128.pow(7) - 1).as_str(), "zzzzzzz");
}

#[test]
fn int_02_every_strategy_has_a_code_for_the_last_id() {
    for strategy in STRATEGIES {
        for alphabet in ALPHABETS {
            for length in 0..=u8::MAX {
                let maker = maker(strategy, alphabet, length);
                let code = maker.code(LinkId::new(ID_LAST).unwrap(), || u128::MAX);
                let len = u8::try_from(code.as_str().len()).unwrap();
                assert!((GENERATED_LEN_MIN..=GENERATED_LEN_MAX).contains(&len), "{code}");
            }
        }
    }
}

fn settings() -> impl Strategy<Value = CodeSettings> {
    (0..STRATEGIES.len(), 0..ALPHABETS.len(), GENERATED_LEN_MIN..=GENERATED_LEN_MAX).prop_map(
        |(strategy, alphabet, length)| CodeSettings {
            strategy: STRATEGIES[strategy],
            alphabet: ALPHABETS[alphabet],
            length,
        },
    )
}

proptest! {
    #[test]
    fn every_code_parses(settings in settings(), id in 0..=ID_LAST, entropy in any::<u128>(), key in any::<[u8; 32]>()) {
        let maker = CodeMaker::new(settings, &SecretKey::new(&key).unwrap());
        let code = maker.code(LinkId::new(id).unwrap(), || entropy);
        prop_assert_eq!(code.as_str().parse::<Code>(), Ok(code.clone()));
        prop_assert!(usize::from(settings.length) <= code.as_str().len());
    }

    /// A reversible mapping maps no two inputs to one: the permutation is a bijection.
    #[test]
    fn the_permutation_can_be_undone(settings in settings(), value in any::<u128>(), key in any::<[u8; 32]>()) {
        let maker = CodeMaker::new(settings, &SecretKey::new(&key).unwrap());
        let plain = maker.numerals(value % maker.capacity(settings.length), settings.length);
        let permuted = maker.permute(plain.clone());
        prop_assert_eq!(permuted.len(), plain.len());
        let undone = maker.permutation.decrypt(&[], &FlexibleNumeralString::from(permuted)).unwrap();
        prop_assert_eq!(Vec::<u16>::from(undone), plain);
    }

    #[test]
    fn ids_that_differ_have_codes_that_differ(settings in settings(), one in 0..=ID_LAST, other in 0..=ID_LAST) {
        prop_assume!(settings.strategy != CodeStrategy::Random);
        let maker = maker(settings.strategy, settings.alphabet, settings.length);
        prop_assert_eq!(code(&maker, one) == code(&maker, other), one == other);
    }
}
