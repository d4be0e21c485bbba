//! The form of generated codes.

use curt_domain::{Alphabet, CodeSettings, CodeStrategy, GENERATED_LEN_MAX, GENERATED_LEN_MIN};

use super::{
    reader::Reader,
    setting::{About, Disclosure, Fallback, Section, Setting},
    values,
};

const STRATEGY_DEFAULT: &str = "permuted";
const ALPHABET_DEFAULT: &str = "base58";
const LENGTH_DEFAULT: &str = "7";

static STRATEGY: Setting<CodeStrategy> = Setting {
    about: About {
        key: "codes.strategy",
        accepts: "`permuted`, `sequential` or `random`",
        fallback: Fallback::Value(STRATEGY_DEFAULT),
        disclosure: Disclosure::Open,
        summary: "How a new link gets its code.",
        details: "`permuted` encrypts the link's number: nobody can walk the codes, and they never \
                  collide with each other. `sequential` counts up, so anybody can list every link. \
                  `random` draws digits and tries again when a code is taken, 8 times at most: with \
                  half of all codes of a length taken, one create in 256 fails.",
    },
    parse: |text| {
        let choices = [
            ("permuted", CodeStrategy::Permuted),
            ("sequential", CodeStrategy::Sequential),
            ("random", CodeStrategy::Random),
        ];
        values::one_of(text, &choices)
    },
};

static ALPHABET: Setting<Alphabet> = Setting {
    about: About {
        key: "codes.alphabet",
        accepts: "`base58` or `base62`",
        fallback: Fallback::Value(ALPHABET_DEFAULT),
        disclosure: Disclosure::Open,
        summary: "The characters of generated codes.",
        details: "`base58` leaves out `0`, `O`, `I` and `l`, which people confuse. Codes in other \
                  characters keep working.",
    },
    parse: |text| {
        values::one_of(text, &[("base58", Alphabet::Base58), ("base62", Alphabet::Base62)])
    },
};

static LENGTH: Setting<u8> = Setting {
    about: About {
        key: "codes.length",
        accepts: "a whole number from 4 to 16",
        fallback: Fallback::Value(LENGTH_DEFAULT),
        disclosure: Disclosure::Open,
        summary: "How many characters generated codes have.",
        details: "When all codes of this length are used up, the next ones are longer. Short codes \
                  are easy to guess: 7 characters leave two million million possibilities.",
    },
    parse: |text| values::whole(text, GENERATED_LEN_MIN..=GENERATED_LEN_MAX),
};

pub(super) static SECTION: Section =
    Section { title: "Codes", settings: &[&STRATEGY.about, &ALPHABET.about, &LENGTH.about] };

pub(super) fn read(reader: &mut Reader) -> CodeSettings {
    CodeSettings {
        strategy: reader.value(&STRATEGY),
        alphabet: reader.value(&ALPHABET),
        length: reader.value(&LENGTH),
    }
}
