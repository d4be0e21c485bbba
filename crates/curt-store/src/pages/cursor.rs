//! Where a page of a list ended, so that the next one continues there despite later changes.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use curt_domain::Code;

use super::order::{LinkSort, Order};

/// Longest cursor text that is parsed; ours have at most 88 bytes.
const CURSOR_LEN_MAX: usize = 128;

/// The last item of a page. Its text is opaque to clients, and its form may change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    pub(crate) order: Order,
    pub(crate) last: Position,
}

/// The key of the order; the id settles the order of equal numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Position {
    Number { number: i64, id: i64 },
    Code(Code),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a cursor of this list in this order")]
pub struct InvalidCursor;

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let order = self.order.letter();
        let plain = match &self.last {
            Position::Number { number, id } => format!("{order}{number}.{id}"),
            Position::Code(code) => format!("{order}{code}"),
        };
        f.write_str(&URL_SAFE_NO_PAD.encode(plain))
    }
}

impl FromStr for Cursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        if CURSOR_LEN_MAX < text.len() {
            return Err(InvalidCursor);
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| InvalidCursor)?;
        let plain = str::from_utf8(&bytes).map_err(|_| InvalidCursor)?;
        let mut rest = plain.chars();
        let order = rest.next().and_then(Order::from_letter).ok_or(InvalidCursor)?;
        let last = match order {
            Order::Links(LinkSort::ShortCode) => {
                Position::Code(rest.as_str().parse().map_err(|_| InvalidCursor)?)
            }
            _ => number_and_id(rest.as_str()).ok_or(InvalidCursor)?,
        };
        Ok(Self { order, last })
    }
}

fn number_and_id(text: &str) -> Option<Position> {
    let (number, id) = text.split_once('.')?;
    Some(Position::Number { number: number.parse().ok()?, id: id.parse().ok()? })
}

#[cfg(test)]
mod tests;
