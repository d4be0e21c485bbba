//! Deleted links that can still be restored: the list to look for one in.

use curt_domain::{LinkRecord, Timestamp};

use super::{
    LinkPage, ListLinksError, PAGE_LEN_MAX, RESTORE_WINDOW,
    rows::{link_columns, record_columns, settings_columns},
};
use crate::{
    Cursor, InvalidCursor, Store, StoreError,
    cursor::{Order, Position},
    db::{DbError, Sql, Value},
};

/// The page is read from `deleted_links` first, whose key is the order. Its columns get names of
/// their own there, because a link has a `deleted_at` too.
pub(super) const LATEST_FIRST: Sql = Sql::new(concat!(
    "select ",
    record_columns!(),
    " from (select link_id as deleted_id, deleted_at as since from deleted_links
            where $1 <= deleted_at and deleted_at <= $2 and (deleted_at < $3 or link_id < $4)
            order by deleted_at desc, link_id desc limit $5) as latest
     join links on links.id = deleted_id
     left join link_totals on link_totals.link_id = deleted_id
     left join link_limits on link_limits.link_id = deleted_id
     order by since desc, deleted_id desc"
));

impl Store {
    /// A page of at most `limit` of the links that can be restored now, the latest deletion first.
    pub async fn deleted_links(
        &self,
        now: Timestamp,
        limit: u32,
        cursor: Option<&Cursor>,
    ) -> Result<LinkPage, ListLinksError> {
        let (at, id) = match cursor {
            None => (i64::MAX, i64::MAX),
            Some(Cursor { order: Order::Deletions, last: Position::Number { number, id } }) => {
                (*number, *id)
            }
            Some(_) => return Err(InvalidCursor.into()),
        };
        let from = now.minus(RESTORE_WINDOW);
        let page = self.deletions([from.into(), at.into(), at.into(), id.into()], limit).await;
        Ok(page.map_err(StoreError::while_doing("listing deleted links"))?)
    }

    async fn deletions(&self, bounds: [Value<'_>; 4], limit: u32) -> Result<LinkPage, DbError> {
        let limit = limit.min(PAGE_LEN_MAX) as usize;
        // One more than the page holds.
        let wanted = Value::number(limit as u64 + 1);
        let values: Vec<Value<'_>> = bounds.into_iter().chain([wanted]).collect();
        let rows = self.db.rows(LATEST_FIRST, &values).await?;
        self.end_page(rows, limit, end_at).await
    }
}

fn end_at(record: &LinkRecord) -> Option<Cursor> {
    let number = record.link.deleted_at?.as_millis();
    let last = Position::Number { number, id: record.link.id.get().cast_signed() };
    Some(Cursor { order: Order::Deletions, last })
}

/// For the test that prepares every statement.
#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[LATEST_FIRST];
