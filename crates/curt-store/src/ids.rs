//! Ids, reserved in blocks: the only thing that all nodes must agree on before they create links.

use std::ops::Range;

use crate::{
    db::{Sql, Tx, Value, Work},
    error::{DbError, StoreError},
    store::Store,
};

/// The kind of thing that the ids are for: each kind counts from 1.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Sequence {
    Invites,
    Keys,
    Links,
    Tags,
    TargetBlocks,
    Reports,
    Users,
    Blocks,
}

impl Sequence {
    const fn name(self) -> &'static str {
        match self {
            Self::Invites => "invites",
            Self::Keys => "api_keys",
            Self::Links => "links",
            Self::Tags => "tags",
            Self::TargetBlocks => "target_blocks",
            Self::Reports => "reports",
            Self::Users => "users",
            Self::Blocks => "ip_blocks",
        }
    }
}

struct Reservation {
    sequence: Sequence,
    count: u64,
}

/// Comes before the read: the transaction that wrote the row holds it until it ends.
const ADVANCE: Sql = Sql::new(
    "insert into id_blocks (name, next_id) values ($1, 1 + $2)
     on conflict (name) do update set next_id = id_blocks.next_id + $3",
)
.on_mysql(
    "insert into id_blocks (name, next_id) values ($1, 1 + $2)
     on duplicate key update next_id = next_id + $3",
);

const NEXT_ID: Sql = Sql::new("select next_id from id_blocks where name = $1");

impl Store {
    /// Reserves that many ids for new links; no other node gets them. The first is 1.
    pub async fn reserve_ids(&self, count: u64) -> Result<Range<u64>, StoreError> {
        self.reserve(Sequence::Links, count).await.map_err(StoreError::while_doing("reserving ids"))
    }

    /// The next id of a thing that is created one by one.
    pub(crate) async fn next_id(&self, sequence: Sequence) -> Result<u64, DbError> {
        Ok(self.reserve(sequence, 1).await?.start)
    }

    pub(crate) async fn reserve(
        &self,
        sequence: Sequence,
        count: u64,
    ) -> Result<Range<u64>, DbError> {
        self.db.transaction("reserve_ids", Reservation { sequence, count }, advance).await
    }
}

fn advance<'t>(tx: &'t mut Tx<'_>, wanted: &'t Reservation) -> Work<'t, Range<u64>, DbError> {
    Box::pin(async move {
        let Reservation { sequence, count } = *wanted;
        tx.execute(ADVANCE, &[sequence.name().into(), Value::number(count), Value::number(count)])
            .await?;
        let row = tx.row(NEXT_ID, &[sequence.name().into()]).await?;
        let end = row.ok_or_else(DbError::row_missing)?.number(0)?;
        Ok(end - count..end)
    })
}

/// For the test that prepares every statement.
#[cfg(test)]
pub(crate) const STATEMENTS: &[Sql] = &[ADVANCE, NEXT_ID];
