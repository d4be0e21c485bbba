//! Blocked clients, as all nodes share them. A node keeps those that hold in memory and reads them
//! again whenever one is added or lifted; that one has ended, it sees by its clock.

use curt_domain::{
    BLOCKS_MAX, BlockId, BlockKind, BlockReason, Caller, IpBlock, Network, Timestamp, UserId,
};
use serde_json::json;

use crate::{
    ChangeKind, Store, StoreError,
    audit::{Action, Signature},
    db::{DbError, Row, Sql, Tx, Value, Work},
    ids::Sequence,
};

/// Most blocks that are added by one transaction.
pub const BLOCKS_AT_ONCE_MAX: usize = 100;

/// A block to be added, in place of one of the same kind and network if there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewBlock {
    pub network: Network,
    pub kind: BlockKind,
    pub reason: Option<BlockReason>,
    pub until: Option<Timestamp>,
}

#[derive(Debug, thiserror::Error)]
pub enum AddBlocksError {
    /// Of a kind; see [`BLOCKS_MAX`].
    #[error("there are {BLOCKS_MAX} blocks already")]
    TooMany,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<DbError> for AddBlocksError {
    fn from(error: DbError) -> Self {
        StoreError::new("blocking a client", error).into()
    }
}

struct Adding {
    blocks: Vec<NewBlock>,
    /// One for each.
    first_id: u64,
    signature: Signature,
}

struct Lifting {
    id: BlockId,
    signature: Signature,
}

const COUNT: Sql = Sql::new("select count(*) from ip_blocks where kind = $1");

const UPSERT: Sql = Sql::new(
    "insert into ip_blocks (id, network, kind, reason, created_at, created_by, ends_at)
     values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (network, kind) do update set reason = excluded.reason,
         created_at = excluded.created_at, created_by = excluded.created_by,
         ends_at = excluded.ends_at",
)
.on_mysql(
    "insert into ip_blocks (id, network, kind, reason, created_at, created_by, ends_at)
     values ($1, $2, $3, $4, $5, $6, $7)
     on duplicate key update reason = values(reason), created_at = values(created_at),
         created_by = values(created_by), ends_at = values(ends_at)",
);

const OF_NETWORK: Sql = Sql::new(
    "select id, network, kind, reason, created_at, created_by, ends_at from ip_blocks
     where network = $1 and kind = $2",
);

const ONE: Sql = Sql::new(
    "select id, network, kind, reason, created_at, created_by, ends_at from ip_blocks
     where id = $1",
)
.locking();

const PAGE: Sql = Sql::new(
    "select id, network, kind, reason, created_at, created_by, ends_at from ip_blocks
     where id < $1 and (ends_at is null or $2 < ends_at) order by id desc limit $3",
);

const LIFT: Sql = Sql::new("delete from ip_blocks where id = $1");

const PRUNE: Sql = Sql::new("delete from ip_blocks where ends_at <= $1");

impl Store {
    /// Blocks these, all or none; what holds afterwards is given back in their order.
    pub async fn add_blocks(
        &self,
        blocks: Vec<NewBlock>,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<Vec<IpBlock>, AddBlocksError> {
        let ids = self.reserve(Sequence::Blocks, blocks.len() as u64).await?;
        let adding = Adding { blocks, first_id: ids.start, signature: self.sign(caller, now) };
        self.db.transaction("add_blocks", adding, add).await
    }

    /// Lifts a block, and says what it was.
    pub async fn lift_block(
        &self,
        id: BlockId,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<Option<IpBlock>, StoreError> {
        let lifting = Lifting { id, signature: self.sign(caller, now) };
        let lifted = self.db.transaction("lift_block", lifting, lift).await;
        lifted.map_err(StoreError::while_doing("lifting a block"))
    }

    /// Those that hold, the newest first, from before that id.
    pub async fn blocks(
        &self,
        before: Option<BlockId>,
        limit: u32,
        now: Timestamp,
    ) -> Result<Vec<IpBlock>, StoreError> {
        let before = before.map_or(i64::MAX, |id| id.get().cast_signed());
        let values = [before.into(), now.into(), i64::from(limit).into()];
        let read = async {
            let rows = self.db.rows(PAGE, &values).await?;
            rows.iter().map(block).collect::<Result<_, _>>()
        };
        read.await.map_err(StoreError::while_doing("reading blocked clients"))
    }

    /// Forgets what ended then or earlier.
    pub async fn prune_blocks(&self, until: Timestamp) -> Result<u64, StoreError> {
        let pruned = self.db.execute(PRUNE, &[until.into()]).await;
        pruned.map_err(StoreError::while_doing("forgetting blocks that are over"))
    }
}

fn add<'t>(tx: &'t mut Tx<'_>, adding: &'t Adding) -> Work<'t, Vec<IpBlock>, AddBlocksError> {
    Box::pin(async move {
        let mut added = Vec::with_capacity(adding.blocks.len());
        for (id, block) in (adding.first_id..).zip(&adding.blocks) {
            added.push(add_one(tx, id, block, &adding.signature).await?);
        }
        // Addresses are people's: the log names blocks by their ids alone.
        let (object, details) = match added.as_slice() {
            [block] => (Some(block.id.get()), json!({ "kind": block.kind.as_str() })),
            blocks => (None, json!({ "count": blocks.len() })),
        };
        adding.signature.write(tx, Action::BlockCreate, object, &details).await?;
        Ok(added)
    })
}

async fn add_one(
    tx: &mut Tx<'_>,
    id: u64,
    new: &NewBlock,
    signature: &Signature,
) -> Result<IpBlock, AddBlocksError> {
    let kind = new.kind.as_str();
    let count = tx.row(COUNT, &[kind.into()]).await?.ok_or_else(DbError::row_missing)?.number(0)?;
    if u64::from(BLOCKS_MAX) <= count {
        return Err(AddBlocksError::TooMany);
    }
    let network = new.network.to_string();
    let values = [
        Value::number(id),
        network.as_str().into(),
        kind.into(),
        new.reason.as_ref().map(BlockReason::as_str).into(),
        signature.at.into(),
        signature.caller.author.user().map(|user| user.get().cast_signed()).into(),
        new.until.into(),
    ];
    tx.execute(UPSERT, &values).await?;
    let row = tx.row(OF_NETWORK, &[network.as_str().into(), kind.into()]).await?;
    let added = block(&row.ok_or_else(DbError::row_missing)?)?;
    tx.changed(ChangeKind::IpBlocks, &added.id.get().to_string(), signature.at);
    Ok(added)
}

fn lift<'t>(tx: &'t mut Tx<'_>, lifting: &'t Lifting) -> Work<'t, Option<IpBlock>, DbError> {
    Box::pin(async move {
        let id = || Value::number(lifting.id.get());
        let Some(row) = tx.row(ONE, &[id()]).await? else { return Ok(None) };
        let lifted = block(&row)?;
        tx.execute(LIFT, &[id()]).await?;
        let details = json!({ "kind": lifted.kind.as_str() });
        let (id, signature) = (lifted.id.get(), &lifting.signature);
        signature.write(tx, Action::BlockDelete, Some(id), &details).await?;
        tx.changed(ChangeKind::IpBlocks, &id.to_string(), signature.at);
        Ok(Some(lifted))
    })
}

fn block(row: &Row) -> Result<IpBlock, DbError> {
    let kind = row.text(2)?;
    let kind = BlockKind::ALL.into_iter().find(|known| known.as_str() == kind);
    let unreadable = || DbError::unreadable("a block with numbers or words that we never write");
    let user = |id: i64| u64::try_from(id).ok().and_then(UserId::new).ok_or_else(unreadable);
    Ok(IpBlock {
        id: BlockId::new(row.number(0)?).ok_or_else(unreadable)?,
        network: row.text(1)?.parse().map_err(DbError::unreadable)?,
        kind: kind.ok_or_else(unreadable)?,
        reason: row
            .optional_text(3)?
            .map(BlockReason::parse)
            .transpose()
            .map_err(DbError::unreadable)?,
        created_at: Timestamp::from_millis(row.int(4)?),
        created_by: row.optional_int(5)?.map(user).transpose()?,
        until: row.optional_int(6)?.map(Timestamp::from_millis),
    })
}

/// For the test that prepares every statement.
#[cfg(test)]
pub(crate) const STATEMENTS: &[Sql] = &[COUNT, UPSERT, OF_NETWORK, ONE, PAGE, LIFT, PRUNE];
