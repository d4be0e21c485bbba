//! A click as the journal stores it: the request's own data, not yet classified.
//!
//! **What is kept, and for how long:** the client's address, the user agent, the referrer, the
//! accepted languages and the campaign are kept as they were sent, each up to a maximum length,
//! until the record is drained and its segment deleted. That takes about a second, and longer only
//! while the database is unavailable. Afterwards only sums remain.
//!
//! The layout, version 1; numbers are little-endian:
//!
//! | bytes | what |
//! | --- | --- |
//! | 1 | the version |
//! | 1 | flags: the decided class (3 bits, 0 = undecided), source, privacy, kind of address |
//! | 1 | which of the eight texts are present, a bit each |
//! | 8, 8 | link id, milliseconds since 1970 |
//! | 4 or 16 | the client's address |
//! | 2 + n | for each present text: its length and its bytes |

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{
    ClickClass,
    query::{ClickQuery, ClickSource},
};
use crate::{ids::LinkId, time::Timestamp};

/// Bytes kept of a user agent: as many as classification reads; browsers send under 300.
pub const USER_AGENT_LEN_MAX: usize = 512;

/// Bytes kept of a referrer. Its host comes first; most browsers send no more than that.
pub const REFERRER_LEN_MAX: usize = 1_024;

/// Bytes kept of the accepted languages: the preferred ones come first.
pub const LANGUAGE_LEN_MAX: usize = 64;

/// Bytes kept of each `utm_` value, percent-encoded: 128 letters of any alphabet with two bytes.
pub const CAMPAIGN_LEN_MAX: usize = 384;

const TEXTS: usize = 8;

/// Maximum length of each text, in the order of the record.
const TEXT_LENS_MAX: [usize; TEXTS] = [
    USER_AGENT_LEN_MAX,
    REFERRER_LEN_MAX,
    LANGUAGE_LEN_MAX,
    CAMPAIGN_LEN_MAX,
    CAMPAIGN_LEN_MAX,
    CAMPAIGN_LEN_MAX,
    CAMPAIGN_LEN_MAX,
    CAMPAIGN_LEN_MAX,
];

/// Longest encoded click, below the 4 KiB that a journal accepts.
pub const CLICK_LEN_MAX: usize = HEAD_LEN
    + 16
    + 2 * TEXTS
    + USER_AGENT_LEN_MAX
    + REFERRER_LEN_MAX
    + LANGUAGE_LEN_MAX
    + 5 * CAMPAIGN_LEN_MAX;

/// The version that this release writes, and the newest that it reads.
const VERSION: u8 = 1;

/// Version, flags, texts, link, time.
const HEAD_LEN: usize = 3 + 8 + 8;

const CLASS_BITS: u8 = 0b111;
const FROM_QR: u8 = 1 << 3;
const DO_NOT_TRACK: u8 = 1 << 4;
const GLOBAL_PRIVACY_CONTROL: u8 = 1 << 5;
const IPV6: u8 = 1 << 6;

/// The visitor's requests not to be tracked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Privacy {
    /// `DNT: 1`
    pub do_not_track: bool,
    /// `Sec-GPC: 1`
    pub global_privacy_control: bool,
}

/// A visit that was redirected to the link's own target. Texts are empty if the request has none,
/// and are cut to their limits when encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Click<'a> {
    pub link: LinkId,
    pub at: Timestamp,
    /// The class, if the redirect has decided it; otherwise the user agent decides later.
    pub decided: Option<ClickClass>,
    pub client: IpAddr,
    pub privacy: Privacy,
    pub user_agent: &'a [u8],
    pub referrer: &'a [u8],
    pub language: &'a [u8],
    pub query: ClickQuery<'a>,
}

/// Why this release cannot read a record as a click.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UndecodableClick {
    #[error("written by a newer release, as version {version}")]
    Newer { version: u8 },
    #[error("not a click")]
    Malformed,
}

impl<'a> Click<'a> {
    /// How many bytes [`Click::encode`] writes; at most [`CLICK_LEN_MAX`].
    pub fn encoded_len(&self) -> usize {
        let address = if self.client.is_ipv6() { 16 } else { 4 };
        let of_text = |text: &[u8]| if text.is_empty() { 0 } else { 2 + text.len() };
        HEAD_LEN + address + self.texts().into_iter().map(of_text).sum::<usize>()
    }

    /// Writes the record into a slice of exactly [`Click::encoded_len`] bytes.
    pub fn encode(&self, out: &mut [u8]) {
        let texts = self.texts();
        let rest = put(out, &[VERSION, self.flags(), present(&texts)]);
        let rest = put(rest, &self.link.get().to_le_bytes());
        let rest = put(rest, &self.at.as_millis().to_le_bytes());
        let mut rest = match self.client {
            IpAddr::V4(address) => put(rest, &address.octets()),
            IpAddr::V6(address) => put(rest, &address.octets()),
        };
        for text in texts.into_iter().filter(|text| !text.is_empty()) {
            let len = u16::try_from(text.len()).expect("texts are cut to far less");
            rest = put(rest, &len.to_le_bytes());
            rest = put(rest, text);
        }
        debug_assert!(rest.is_empty(), "the place was too long");
    }

    /// Reads a record of this or an earlier release.
    pub fn decode(record: &'a [u8]) -> Result<Self, UndecodableClick> {
        match record.first() {
            Some(&version) if VERSION < version => Err(UndecodableClick::Newer { version }),
            Some(&VERSION) => decode_v1(&record[1..]).ok_or(UndecodableClick::Malformed),
            _ => Err(UndecodableClick::Malformed),
        }
    }

    fn flags(&self) -> u8 {
        let class = match self.decided {
            None => 0,
            Some(ClickClass::Human) => 1,
            Some(ClickClass::Bot) => 2,
            Some(ClickClass::Preview) => 3,
            Some(ClickClass::Prefetch) => 4,
            Some(ClickClass::Suspicious) => 5,
        };
        let when = |is_so: bool, flag: u8| if is_so { flag } else { 0 };
        class
            | when(self.query.source == ClickSource::Qr, FROM_QR)
            | when(self.privacy.do_not_track, DO_NOT_TRACK)
            | when(self.privacy.global_privacy_control, GLOBAL_PRIVACY_CONTROL)
            | when(self.client.is_ipv6(), IPV6)
    }

    /// The texts in the order of the record, each cut to its maximum length.
    fn texts(&self) -> [&'a [u8]; TEXTS] {
        let ClickQuery { source: _, utm_source, utm_medium, utm_campaign, utm_term, utm_content } =
            self.query;
        let mut texts = [
            self.user_agent,
            self.referrer,
            self.language,
            utm_source,
            utm_medium,
            utm_campaign,
            utm_term,
            utm_content,
        ];
        for (text, len_max) in texts.iter_mut().zip(TEXT_LENS_MAX) {
            *text = cut(text, len_max);
        }
        texts
    }
}

/// The start of a text, without a partial character at the end.
fn cut(text: &[u8], len_max: usize) -> &[u8] {
    /// UTF-8 has at most three bytes after the first of a character, `10xxxxxx` each.
    const CONTINUATIONS_MAX: usize = 3;

    if text.len() <= len_max {
        return text;
    }
    let continues = |at: &usize| text[*at] & 0b1100_0000 == 0b1000_0000;
    let ends = len_max.saturating_sub(CONTINUATIONS_MAX)..=len_max;
    let end = ends.rev().find(|at| !continues(at)).unwrap_or(len_max);
    &text[..end]
}

fn present(texts: &[&[u8]; TEXTS]) -> u8 {
    texts.iter().rev().fold(0, |bits, text| bits << 1 | u8::from(!text.is_empty()))
}

/// Writes the bytes to the start of the slice; returns the rest of the slice.
fn put<'a>(place: &'a mut [u8], bytes: &[u8]) -> &'a mut [u8] {
    let (start, rest) = place.split_at_mut(bytes.len());
    start.copy_from_slice(bytes);
    rest
}

/// Decodes the part after the version.
fn decode_v1<'a>(mut rest: &'a [u8]) -> Option<Click<'a>> {
    let rest = &mut rest;
    let [flags, present] = take_array(rest)?;
    let link = LinkId::new(u64::from_le_bytes(take_array(rest)?))?;
    let at = Timestamp::from_millis(i64::from_le_bytes(take_array(rest)?));
    let client = if flags & IPV6 == 0 {
        IpAddr::V4(Ipv4Addr::from_octets(take_array(rest)?))
    } else {
        IpAddr::V6(Ipv6Addr::from_octets(take_array(rest)?))
    };
    let mut text = |number: usize| -> Option<&'a [u8]> {
        if present >> number & 1 == 0 {
            return Some(&[]);
        }
        let len = u16::from_le_bytes(take_array(rest)?);
        let text = rest.split_off(..usize::from(len))?;
        Some(text)
    };
    let click = Click {
        link,
        at,
        decided: decided(flags).ok()?,
        client,
        privacy: Privacy {
            do_not_track: flags & DO_NOT_TRACK != 0,
            global_privacy_control: flags & GLOBAL_PRIVACY_CONTROL != 0,
        },
        user_agent: text(0)?,
        referrer: text(1)?,
        language: text(2)?,
        query: ClickQuery {
            source: if flags & FROM_QR == 0 { ClickSource::Link } else { ClickSource::Qr },
            utm_source: text(3)?,
            utm_medium: text(4)?,
            utm_campaign: text(5)?,
            utm_term: text(6)?,
            utm_content: text(7)?,
        },
    };
    rest.is_empty().then_some(click)
}

/// The reverse of what [`Click::flags`] writes.
fn decided(flags: u8) -> Result<Option<ClickClass>, UndecodableClick> {
    match flags & CLASS_BITS {
        0 => Ok(None),
        1 => Ok(Some(ClickClass::Human)),
        2 => Ok(Some(ClickClass::Bot)),
        3 => Ok(Some(ClickClass::Preview)),
        4 => Ok(Some(ClickClass::Prefetch)),
        5 => Ok(Some(ClickClass::Suspicious)),
        _ => Err(UndecodableClick::Malformed),
    }
}

fn take_array<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (array, behind) = rest.split_first_chunk()?;
    *rest = behind;
    Some(*array)
}

#[cfg(test)]
mod tests;
