//! Pages of lists: how long they are, how they are sorted, and where the next one starts.

mod cursor;
mod order;
pub(crate) mod search;

pub(crate) use cursor::Position;
pub use cursor::{Cursor, InvalidCursor};
pub use order::LinkSort;
pub(crate) use order::Order;

use crate::error::StoreError;

/// Why a page of a list cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    #[error(transparent)]
    InvalidCursor(#[from] InvalidCursor),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Most items on a page, however many were requested: about 1 MB of links with the longest texts.
pub const PAGE_LEN_MAX: u32 = 200;
