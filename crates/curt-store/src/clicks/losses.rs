//! Clicks that are known to be missing.

use curt_domain::{Bucket, Span};

use crate::{
    db::{Sql, Value},
    error::{DbError, StoreError},
    store::Store,
};

/// How many clicks are missing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ClickLosses {
    /// The journal could not store them: it was full, or its disk failed.
    pub dropped: u64,
    /// They were in the journal but could not be read from it.
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

const SUM: Sql = Sql::new(
    "select cast(coalesce(sum(dropped), 0) as bigint), cast(coalesce(sum(lost), 0) as bigint)
     from click_losses where $1 <= at and at < $2",
)
.on_mysql(
    "select cast(coalesce(sum(dropped), 0) as signed), cast(coalesce(sum(lost), 0) as signed)
     from click_losses where $1 <= at and at < $2",
);

impl Store {
    /// The losses within the span, of all links together.
    pub async fn click_losses(&self, span: Span) -> Result<ClickLosses, StoreError> {
        let read = async {
            let values = [span.from().start().into(), span.to().start().into()];
            let sum = self.db.row(SUM, &values).await?.ok_or_else(DbError::row_missing)?;
            Ok(ClickLosses { dropped: sum.number(0)?, lost: sum.number(1)? })
        };
        read.await.map_err(StoreError::while_doing("reading losses of clicks"))
    }
}

pub(super) fn values((bucket, losses): &(Bucket, ClickLosses)) -> Vec<Value<'static>> {
    let ClickLosses { dropped, lost } = *losses;
    vec![bucket.start().into(), Value::number(dropped), Value::number(lost)]
}

/// For the test that prepares every statement.
#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[ADD, SUM];
