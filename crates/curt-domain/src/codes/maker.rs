//! From an id to a code: no two ids share one, and by default neighbours cannot be guessed.
//!
//! Ids count up over all nodes. Those below `radix^length` get codes of `length` digits, the next
//! ones codes of `length + 1` digits, and so on.

use aes::Aes256;
use fpe::ff1::{FF1, FlexibleNumeralString};

use super::Code;
use crate::{ids::LinkId, secrets::SecretKey};

/// FF1 needs at least a million values to permute; 58^4 is 11 million.
pub const GENERATED_LEN_MIN: u8 = 4;
/// More than 2^64 codes in either alphabet: every id has one.
pub const GENERATED_LEN_MAX: u8 = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeStrategy {
    /// Ids under a keyed permutation: unguessable neighbours, no collisions among themselves.
    Permuted,
    /// Ids in order: short codes, but an attacker can enumerate them.
    Sequential,
    /// Digits from the system's random source; the unique index detects collisions.
    Random,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alphabet {
    /// Without `0`, `O`, `I` and `l`, which people confuse.
    Base58,
    Base62,
}

impl Alphabet {
    const fn digits(self) -> &'static [u8] {
        match self {
            Self::Base58 => b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz",
            Self::Base62 => b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
        }
    }
}

/// Section `codes` of the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeSettings {
    pub strategy: CodeStrategy,
    pub alphabet: Alphabet,
    /// Digits of the first codes, `GENERATED_LEN_MIN..=GENERATED_LEN_MAX` (clamped).
    pub length: u8,
}

impl CodeSettings {
    pub const DEFAULT: Self =
        Self { strategy: CodeStrategy::Permuted, alphabet: Alphabet::Base58, length: 7 };
}

/// Makes the code of an id. Cheap: 4 to 8 µs with the permutation, less without.
pub struct CodeMaker {
    strategy: CodeStrategy,
    digits: &'static [u8],
    length: u8,
    permutation: FF1<Aes256>,
}

impl CodeMaker {
    pub fn new(settings: CodeSettings, secret: &SecretKey) -> Self {
        let digits = settings.alphabet.digits();
        let radix = u32::try_from(digits.len()).expect("alphabets have 58 or 62 digits");
        let permutation = FF1::<Aes256>::new(&secret.derive("curt code permutation"), radix)
            .expect("FF1 takes 32-byte keys for AES-256 and radixes up to 65 536");
        let length = settings.length.clamp(GENERATED_LEN_MIN, GENERATED_LEN_MAX);
        Self { strategy: settings.strategy, digits, length, permutation }
    }

    /// The code of an id; only [`CodeStrategy::Random`] calls `entropy`.
    pub fn code(&self, id: LinkId, entropy: impl FnOnce() -> u128) -> Code {
        let (length, offset) = self.place(id);
        let numerals = match self.strategy {
            CodeStrategy::Permuted => self.permute(self.numerals(offset, length)),
            CodeStrategy::Sequential => self.numerals(offset, length),
            CodeStrategy::Random => {
                // Folding 128 bits into at most 96 leaves a bias below one in 2^32.
                self.numerals(entropy() % self.capacity(length), length)
            }
        };
        let text: String =
            numerals.iter().map(|&numeral| char::from(self.digits[usize::from(numeral)])).collect();
        text.parse().expect("digits of the alphabets are letters and numbers, at most 16")
    }

    /// How many digits the code of this id has, and its index among the codes of that length.
    fn place(&self, id: LinkId) -> (u8, u128) {
        let mut offset = u128::from(id.get());
        let mut length = self.length;
        while self.capacity(length) <= offset && length < GENERATED_LEN_MAX {
            offset -= self.capacity(length);
            length += 1;
        }
        (length, offset)
    }

    fn capacity(&self, length: u8) -> u128 {
        (self.digits.len() as u128).pow(u32::from(length))
    }

    /// `value` in the alphabet's base, most significant digit first, padded to `length`.
    fn numerals(&self, mut value: u128, length: u8) -> Vec<u16> {
        let radix = self.digits.len() as u128;
        let mut numerals = vec![0; usize::from(length)];
        for numeral in numerals.iter_mut().rev() {
            *numeral = u16::try_from(value % radix).expect("remainders are below 62");
            value /= radix;
        }
        numerals
    }

    fn permute(&self, numerals: Vec<u16>) -> Vec<u16> {
        let plain = FlexibleNumeralString::from(numerals);
        self.permutation
            .encrypt(&[], &plain)
            .expect("4 to 16 digits below the radix are a valid FF1 input")
            .into()
    }
}

#[cfg(test)]
mod tests;
