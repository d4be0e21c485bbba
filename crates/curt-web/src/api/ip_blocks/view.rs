//! Blocks as JSON.

use std::net::IpAddr;

use curt_domain::{BlockId, BlockKind, BlockReason, IpBlock, Network, Timestamp};
use curt_store::NewIpBlock;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    api::ip_blocks::schema,
    request::{fields::FieldErrors, schema as shared},
    response::{ApiError, FieldError},
};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct BlockQuery {
    #[param(schema_with = shared::limit)]
    limit: Option<String>,
    #[param(schema_with = shared::number_cursor)]
    cursor: Option<String>,
}

/// A page of blocked clients, the newest first.
#[derive(Serialize, ToSchema)]
#[schema(as = IpBlockPage)]
pub(crate) struct BlockPage {
    items: Vec<BlockView>,
    #[schema(required = true, schema_with = shared::next_cursor)]
    next_cursor: Option<String>,
}

/// A client that is refused.
#[derive(Serialize, ToSchema)]
#[schema(as = IpBlock)]
pub(crate) struct BlockView {
    #[schema(schema_with = shared::block_id)]
    id: u64,
    #[schema(schema_with = schema::network)]
    network: String,
    #[schema(schema_with = schema::kind)]
    kind: &'static str,
    #[schema(required = true, schema_with = schema::reason)]
    reason: Option<String>,
    #[schema(schema_with = schema::created_at)]
    created_at: String,
    #[schema(required = true, schema_with = schema::created_by)]
    created_by: Option<u64>,
    #[schema(required = true, schema_with = schema::until)]
    until: Option<String>,
}

/// A client to be refused.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewIpBlock)]
pub(crate) struct NewBlockBody {
    #[schema(schema_with = schema::network)]
    network: String,
    #[schema(schema_with = schema::reason)]
    reason: Option<String>,
    #[schema(schema_with = schema::until)]
    until: Option<String>,
    /// Block it even though you would be shut out yourself, or the server.
    #[serde(default)]
    force: bool,
}

impl BlockQuery {
    /// The id to start before, and how many blocks to show.
    pub(super) fn parse(&self) -> Result<(Option<BlockId>, u32), ApiError> {
        let mut errors = FieldErrors::default();
        let limit = errors.limit(self.limit.as_deref());
        let before = errors.before(self.cursor.as_deref(), BlockId::new);
        errors.finish()?;
        Ok((before, limit))
    }
}

impl NewBlockBody {
    pub(super) fn parse(self, now: Timestamp, client: IpAddr) -> Result<NewIpBlock, ApiError> {
        let mut errors = FieldErrors::default();
        let network = self.network.parse::<Network>();
        let network = errors.ok(network.map_err(|e| FieldError::invalid("network", e.to_string())));
        let shuts_out = |network: &Network| network.contains(client) || network.touches_loopback();
        if !self.force && network.as_ref().is_some_and(shuts_out) {
            let why = "would shut out yourself or the server; if you mean it, use force";
            errors.add(FieldError::invalid("network", why));
        }
        let reason = self.reason.as_deref().map(BlockReason::parse).transpose();
        let reason = errors.ok(reason.map_err(|error| FieldError::text("reason", error)));
        let until = self.until.as_deref().and_then(|text| errors.time("until", text));
        if until.is_some_and(|until| until <= now) {
            errors.add(FieldError::invalid("until", "must be in the future"));
        }
        errors.finish()?;
        Ok(NewIpBlock {
            network: network.expect("nothing was wrong with the fields, so there is a network"),
            kind: BlockKind::Manual,
            reason: reason.flatten(),
            until,
        })
    }
}

impl BlockPage {
    pub(super) fn new(blocks: &[IpBlock], limit: u32) -> Self {
        let full = u32::try_from(blocks.len()).is_ok_and(|len| limit <= len);
        let last = blocks.last().filter(|_| full);
        Self {
            items: blocks.iter().map(BlockView::new).collect(),
            next_cursor: last.map(|block| block.id.get().to_string()),
        }
    }
}

impl BlockView {
    pub(super) fn new(block: &IpBlock) -> Self {
        Self {
            id: block.id.get(),
            network: block.network.to_string(),
            kind: block.kind.as_str(),
            reason: block.reason.as_ref().map(|reason| reason.as_str().to_owned()),
            created_at: block.created_at.to_string(),
            created_by: block.created_by.map(curt_domain::UserId::get),
            until: block.until.map(|until| until.to_string()),
        }
    }
}
