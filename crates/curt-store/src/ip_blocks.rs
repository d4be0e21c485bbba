//! Blocked clients, shared by all nodes. A node keeps the current blocks in memory and reads them
//! again when one is added or lifted; it sees by its clock when a block ends.

use curt_domain::{
    BLOCKS_MAX, BlockId, BlockKind, BlockReason, Caller, IpBlock, Network, Timestamp, UserId,
};
use serde_json::{Value as Json, json};

use crate::{
    attribution::{Action, Attribution},
    db::{ChangeKind, Row, Sql, Tx, Value, Work},
    error::{DbError, StoreError},
    ids::Sequence,
    store::Store,
};

/// Most blocks that one transaction adds.
pub const BLOCKS_AT_ONCE_MAX: usize = 100;

/// A block to add. It replaces one of the same kind and network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewIpBlock {
    pub network: Network,
    pub kind: BlockKind,
    pub reason: Option<BlockReason>,
    pub until: Option<Timestamp>,
}

#[derive(Debug, thiserror::Error)]
/// Of this kind, and none of them is of this network; see [`BLOCKS_MAX`].
pub enum AddIpBlockError {
    #[error("there are {BLOCKS_MAX} blocks already")]
    TooMany,
    #[error(transparent)]
    Store(#[from] StoreError),
}

struct Adding {
    /// The blocks get consecutive ids from this one on.
    blocks: Vec<NewIpBlock>,
    first_id: u64,
    /// [`BLOCKS_MAX`], fewer in tests.
    blocks_max: u32,
    attribution: Attribution,
}

struct Lifting {
    id: BlockId,
    attribution: Attribution,
}

/// Expired blocks do not count; their rows stay until they are pruned.
const COUNT: Sql = Sql::new(
    "select count(*) from ip_blocks where kind = $1 and (ends_at is null or $2 < ends_at)",
);

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
    /// Adds this block, if there is room or its network is already blocked.
    pub async fn add_ip_block(
        &self,
        block: NewIpBlock,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<IpBlock, AddIpBlockError> {
        let mut added = self.add_ip_blocks(vec![block], caller, now).await?;
        added.pop().ok_or(AddIpBlockError::TooMany)
    }

    /// Adds as many of these blocks as there is room for, one kind after the other; returns the
    /// added or replaced blocks.
    pub async fn add_ip_blocks(
        &self,
        blocks: Vec<NewIpBlock>,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<Vec<IpBlock>, StoreError> {
        let attribution = self.attribute(caller, now);
        let added = async {
            let first_id = self.reserve(Sequence::Blocks, blocks.len() as u64).await?.start;
            let adding = Adding { blocks, first_id, blocks_max: BLOCKS_MAX, attribution };
            self.db.transaction("add_blocks", adding, add).await
        };
        added.await.map_err(StoreError::while_doing("blocking clients"))
    }

    /// Lifts a block and returns it.
    pub async fn lift_ip_block(
        &self,
        id: BlockId,
        caller: &Caller,
        now: Timestamp,
    ) -> Result<Option<IpBlock>, StoreError> {
        let lifting = Lifting { id, attribution: self.attribute(caller, now) };
        let lifted = self.db.transaction("lift_block", lifting, lift).await;
        lifted.map_err(StoreError::while_doing("lifting a block"))
    }

    /// The current blocks, newest first, with ids below `before`.
    pub async fn ip_blocks(
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

    /// Deletes blocks that ended at `until` or earlier.
    pub async fn prune_ip_blocks(&self, until: Timestamp) -> Result<u64, StoreError> {
        let pruned = self.db.execute(PRUNE, &[until.into()]).await;
        pruned.map_err(StoreError::while_doing("forgetting blocks that are over"))
    }
}

fn add<'t>(tx: &'t mut Tx<'_>, adding: &'t Adding) -> Work<'t, Vec<IpBlock>, DbError> {
    Box::pin(async move {
        let Adding { blocks, first_id, blocks_max, attribution } = adding;
        let mut added = Vec::with_capacity(blocks.len());
        for kind in BlockKind::ALL {
            let of_kind: Vec<_> =
                (*first_id..).zip(blocks).filter(|(_, block)| block.kind == kind).collect();
            if of_kind.is_empty() {
                continue;
            }
            let mut room = count_room(tx, kind, *blocks_max, attribution.at).await?;
            for (id, block) in of_kind {
                if !holds(tx, block, attribution.at).await? {
                    let Some(left) = room.checked_sub(1) else { continue };
                    room = left;
                }
                added.push(add_one(tx, id, block, attribution).await?);
            }
        }
        Ok(added)
    })
}

/// How many more blocks of a kind may be added. Concurrent additions may exceed the limit by a few:
/// it guards against runaways.
async fn count_room(
    tx: &mut Tx<'_>,
    kind: BlockKind,
    blocks_max: u32,
    now: Timestamp,
) -> Result<u64, DbError> {
    let row = tx.row(COUNT, &[kind.as_str().into(), now.into()]).await?;
    let count = row.ok_or_else(DbError::row_missing)?.number(0)?;
    Ok(u64::from(blocks_max).saturating_sub(count))
}

/// Whether the network already has a current block of this kind; then the new one needs no room.
async fn holds(tx: &mut Tx<'_>, new: &NewIpBlock, now: Timestamp) -> Result<bool, DbError> {
    let network = new.network.to_string();
    let row = tx.row(OF_NETWORK, &[network.as_str().into(), new.kind.as_str().into()]).await?;
    let old = row.as_ref().map(block).transpose()?;
    Ok(old.is_some_and(|old| old.until.is_none_or(|until| now < until)))
}

async fn add_one(
    tx: &mut Tx<'_>,
    id: u64,
    new: &NewIpBlock,
    attribution: &Attribution,
) -> Result<IpBlock, DbError> {
    let kind = new.kind.as_str();
    let network = new.network.to_string();
    let values = [
        Value::number(id),
        network.as_str().into(),
        kind.into(),
        new.reason.as_ref().map(BlockReason::as_str).into(),
        attribution.at.into(),
        attribution.caller.author.user().map(|user| user.get().cast_signed()).into(),
        new.until.into(),
    ];
    tx.execute(UPSERT, &values).await?;
    let row = tx.row(OF_NETWORK, &[network.as_str().into(), kind.into()]).await?;
    let added = block(&row.ok_or_else(DbError::row_missing)?)?;
    attribution.write(tx, Action::BlockCreate, Some(added.id.get()), &details(&added)).await?;
    tx.changed(ChangeKind::IpBlocks, &added.id.get().to_string(), attribution.at);
    Ok(added)
}

fn lift<'t>(tx: &'t mut Tx<'_>, lifting: &'t Lifting) -> Work<'t, Option<IpBlock>, DbError> {
    Box::pin(async move {
        let id = || Value::number(lifting.id.get());
        let Some(row) = tx.row(ONE, &[id()]).await? else { return Ok(None) };
        let lifted = block(&row)?;
        tx.execute(LIFT, &[id()]).await?;
        let (id, attribution) = (lifted.id.get(), &lifting.attribution);
        attribution.write(tx, Action::BlockDelete, Some(id), &details(&lifted)).await?;
        tx.changed(ChangeKind::IpBlocks, &id.to_string(), attribution.at);
        Ok(Some(lifted))
    })
}

/// What the audit log keeps of a block, whose row is deleted when it is lifted or expires.
/// Addresses are personal, so the log names the network around a single address.
fn details(block: &IpBlock) -> Json {
    json!({ "kind": block.kind.as_str(), "within": block.network.as_kept().to_string() })
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

#[cfg(test)]
mod tests;
