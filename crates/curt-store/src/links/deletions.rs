//! Deleted links that can still be restored: their list.

use curt_domain::{Access, LinkRecord, Timestamp};

use super::{
    LinkPage, RESTORE_WINDOW,
    rows::{link_columns, record_columns, settings_columns},
};
use crate::{
    db::{Sql, Value},
    error::{DbError, StoreError},
    pages::{Cursor, InvalidCursor, ListError, Order, PAGE_LEN_MAX, Position},
    store::Store,
};

/// The page is read from `deleted_links` first, whose key is the order. Its columns are renamed
/// there, because a link has a `deleted_at` too.
macro_rules! latest_first {
    ($join:literal, $filter:literal, $limit:literal) => {
        Sql::new(concat!(
            "select ",
            record_columns!(),
            " from (select link_id as deleted_id, deleted_links.deleted_at as since
                    from deleted_links ",
            $join,
            " where $1 <= deleted_links.deleted_at and deleted_links.deleted_at <= $2
              and (deleted_links.deleted_at < $3 or link_id < $4) ",
            $filter,
            " order by deleted_links.deleted_at desc, link_id desc limit ",
            $limit,
            ") as latest
              join links on links.id = deleted_id
              left join link_totals on link_totals.link_id = deleted_id
              left join link_limits on link_limits.link_id = deleted_id
              order by since desc, deleted_id desc"
        ))
    };
}

pub(super) const LATEST_FIRST: Sql = latest_first!("", "", "$5");

/// Skips the deletions of other users, at most those of the last thirty days.
const LATEST_FIRST_OF: Sql =
    latest_first!("join links as owned on owned.id = link_id", "and owned.owner_id = $5", "$6");

impl Store {
    /// A page of at most `limit` of the links that can be restored now, the latest deletion first.
    pub async fn deleted_links(
        &self,
        access: Access,
        now: Timestamp,
        limit: u32,
        cursor: Option<&Cursor>,
    ) -> Result<LinkPage, ListError> {
        let (at, id) = match cursor {
            None => (i64::MAX, i64::MAX),
            Some(Cursor { order: Order::Deletions, last: Position::Number { number, id } }) => {
                (*number, *id)
            }
            Some(_) => return Err(InvalidCursor.into()),
        };
        let from = now.minus(RESTORE_WINDOW);
        let bounds = vec![from.into(), at.into(), at.into(), id.into()];
        let page = match access {
            Access::All => self.deletions(LATEST_FIRST, bounds, limit).await,
            Access::Of(user) => {
                let of_user = [bounds, vec![user.into()]].concat();
                self.deletions(LATEST_FIRST_OF, of_user, limit).await
            }
        };
        Ok(page.map_err(StoreError::while_doing("listing deleted links"))?)
    }

    async fn deletions(
        &self,
        sql: Sql,
        mut values: Vec<Value<'_>>,
        limit: u32,
    ) -> Result<LinkPage, DbError> {
        let limit = limit.min(PAGE_LEN_MAX) as usize;
        // One extra row tells whether another page follows.
        values.push(Value::number(limit as u64 + 1));
        let rows = self.db.rows(sql, &values).await?;
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
pub(super) const STATEMENTS: &[Sql] = &[LATEST_FIRST, LATEST_FIRST_OF];
