//! The links of the benchmarks, numbered from 1: the number determines the code.
//!
//! **Invariant:** `code` here and `code` in bench/codes.lua are the same function.

use curt_domain::{TargetRules, TargetUrl};
use rusqlite::{Statement, params};

use crate::Outcome;

/// The columns that the store writes for a link without optional fields.
pub(crate) const INSERT: &str = "
    insert into links (id, code, created_at, target, title, note, redirect_status, forward_query,
        valid_from, expires_at, max_clicks, fallback_url, disabled_at, deleted_at, revision,
        updated_at, target_host, target_hash, search_text)
    values (?1, ?2, ?3, ?4, null, null, 302, 0, null, null, null, null, null, null, 1, ?3, ?5, ?6,
        ?7)";

const DIGITS: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/// A code has four digits that are unique to it and three more, so that it is as long as the
/// server's codes.
const HEAD_CODES: u64 = 58 * 58 * 58 * 58;
const TAIL_CODES: u64 = 58 * 58 * 58;

/// Coprime with 58, so that multiplying scatters neighbours and merges none.
const HEAD_STEP: u64 = 7_654_321;
const TAIL_STEP: u64 = 104_729;

/// 2026-01-01T00:00:00Z; every later link is a second younger.
const FIRST_CREATED_AT_MILLIS: u64 = 1_767_225_600_000;

pub(crate) fn insert(insert: &mut Statement<'_>, number: u64) -> Outcome<()> {
    let code = code(number)?;
    let target = TargetUrl::parse(&target(number), &TargetRules::default())?;
    let created_at = (FIRST_CREATED_AT_MILLIS + 1_000 * number).cast_signed();
    let after_scheme = target.as_str().trim_start_matches("https://");
    let host_and_path = after_scheme.split('?').next().unwrap_or_default();
    let search_text = format!("{code}\n\n{host_and_path}").to_lowercase();
    insert.execute(params![
        number.cast_signed(),
        code,
        created_at,
        target.as_str(),
        target.reversed_host(),
        target.hash(),
        search_text,
    ])?;
    Ok(())
}

fn code(number: u64) -> Outcome<String> {
    if HEAD_CODES <= number {
        return Err(format!("there are {HEAD_CODES} codes, and none for link {number}").into());
    }
    let head = number * HEAD_STEP % HEAD_CODES;
    let tail = number * TAIL_STEP % TAIL_CODES;
    let text = [(head, 3), (head, 2), (head, 1), (head, 0), (tail, 2), (tail, 1), (tail, 0)];
    Ok(text.map(|(value, place)| digit(value, place)).iter().collect())
}

fn digit(value: u64, place: u32) -> char {
    let index = value / 58_u64.pow(place) % 58;
    char::from(DIGITS[usize::try_from(index).expect("a remainder is below 58")])
}

/// As long as those of bench/create.lua.
fn target(number: u64) -> String {
    format!("https://site-{:05}.example.com/articles/{number:09}?ref=newsletter", number % 100_000)
}
