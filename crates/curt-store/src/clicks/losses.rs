//! Clicks that are known to be missing.

use curt_domain::{Bucket, Timestamp};

use crate::{
    Store, StoreError,
    db::{DbError, Row, Sql, Value},
};

/// How many clicks are missing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ClickLosses {
    /// The journal could not take them: it was full, or its disk failed.
    pub dropped: u64,
    /// They were in the journal, and could not be read from it.
    pub lost: u64,
}

pub(super) const ADD: Sql = Sql::new(
    "insert into click_losses (at, dropped, lost) values ($1, $2, $3)
     on conflict (at) do update set
         dropped = click_losses.dropped + excluded.dropped,
         lost = click_losses.lost + excluded.lost",
)
.on_mysql(
    "insert into click_losses (at, dropped, lost) values ($1, $2, $3)
     on duplicate key update dropped = dropped + values(dropped), lost = lost + values(lost)",
);

const SELECT: Sql =
    Sql::new("select at, dropped, lost from click_losses where $1 <= at and at < $2 order by at");

impl Store {
    /// The losses of the buckets from `from` on and before `to`, those without any left out.
    pub async fn click_losses(
        &self,
        from: Bucket,
        to: Bucket,
    ) -> Result<Vec<(Bucket, ClickLosses)>, StoreError> {
        let read = async {
            let rows = self.db.rows(SELECT, &[from.start().into(), to.start().into()]).await?;
            rows.iter().map(losses).collect::<Result<_, DbError>>()
        };
        read.await.map_err(StoreError::while_doing("reading losses of clicks"))
    }
}

fn losses(row: &Row) -> Result<(Bucket, ClickLosses), DbError> {
    let bucket = Bucket::of(Timestamp::from_millis(row.int(0)?));
    Ok((bucket, ClickLosses { dropped: row.number(1)?, lost: row.number(2)? }))
}

pub(super) fn values((bucket, losses): &(Bucket, ClickLosses)) -> Vec<Value<'static>> {
    let ClickLosses { dropped, lost } = *losses;
    vec![bucket.start().into(), Value::number(dropped), Value::number(lost)]
}

/// For the test that prepares every statement.
#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[ADD, SELECT];
