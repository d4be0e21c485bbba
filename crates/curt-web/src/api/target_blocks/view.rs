//! Blocked targets in requests and answers.

use curt_domain::{InvalidPattern, TargetBlockId, TargetPattern, Title};
use curt_store::{LinkHits, TargetBlock, TargetBlockSource};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{
    IntoParams, ToSchema,
    openapi::{ArrayBuilder, schema::Array},
};

use crate::{
    api::{links::schema as links_schema, target_blocks::schema},
    request::{fields::FieldErrors, schema as shared},
    response::{ApiError, FieldError},
};

/// Most patterns in one import; larger files are sent in parts.
const IMPORT_LEN_MAX: usize = 10_000;

/// A destination to be blocked.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewTargetBlock)]
pub(crate) struct BlockBody {
    #[schema(schema_with = schema::pattern)]
    pattern: String,
    #[schema(schema_with = schema::reason)]
    reason: Option<String>,
}

/// Many of them, all for the same reason.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewTargetBlocks)]
pub(crate) struct ImportBody {
    #[schema(schema_with = patterns)]
    patterns: Vec<String>,
    #[schema(schema_with = schema::reason)]
    reason: Option<String>,
}

fn patterns() -> Array {
    ArrayBuilder::new()
        .items(shared::text("").description(None::<String>).build())
        .max_items(Some(IMPORT_LEN_MAX))
        .description(Some("What is to be blocked, each as in a single block."))
        .examples([json!(["*.evil.example", "192.0.2.1"])])
        .build()
}

/// One entry of the list of blocked destinations.
#[derive(Serialize, ToSchema)]
#[schema(as = TargetBlock)]
pub(crate) struct BlockView {
    /// Identifies the entry for ever.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_u64, examples(1))]
    id: u64,
    #[schema(schema_with = schema::pattern)]
    pattern: String,
    #[schema(schema_with = schema::pattern_kind)]
    kind: &'static str,
    #[schema(required = true, schema_with = schema::reason)]
    reason: Option<String>,
    #[schema(schema_with = schema::source)]
    source: &'static str,
    #[schema(schema_with = links_schema::created_at)]
    created_at: String,
    /// Who did it; of a user the id.
    #[schema(examples("the admin key"))]
    created_by: String,
}

/// How many links lead there.
#[derive(Serialize, ToSchema)]
#[schema(as = LinkHits)]
pub(crate) struct HitsView {
    #[schema(minimum = 0, maximum = 100_000, examples(0))]
    count: u64,
    /// Whether all were counted; else there may be more.
    complete: bool,
}

/// An entry, and what it means for the links there are.
#[derive(Serialize, ToSchema)]
#[schema(as = TargetBlocked)]
pub(crate) struct BlockedView {
    block: BlockView,
    links: HitsView,
}

/// A page of the list.
#[derive(Serialize, ToSchema)]
#[schema(as = TargetBlockPage)]
pub(crate) struct BlockPage {
    items: Vec<BlockView>,
    #[schema(required = true, schema_with = shared::next_cursor)]
    next_cursor: Option<String>,
}

/// What became of an import.
#[derive(Serialize, ToSchema)]
#[schema(as = TargetBlocksImported)]
pub(crate) struct ImportView {
    /// New entries.
    #[schema(minimum = 0)]
    added: u64,
    /// Patterns that were on the list already, or stood there twice.
    #[schema(minimum = 0)]
    known: u64,
    /// What is no pattern.
    refused: Vec<RefusedView>,
}

/// An item of an import that is no pattern.
#[derive(Serialize, ToSchema)]
#[schema(as = RefusedPattern)]
pub(crate) struct RefusedView {
    /// Which item of `patterns`, counted from 0.
    #[schema(minimum = 0, maximum = 9_999)]
    index: usize,
    /// What is wrong with it.
    message: String,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct BlockQuery {
    #[param(schema_with = schema::target)]
    target: Option<String>,
    #[param(schema_with = shared::limit)]
    limit: Option<String>,
    #[param(schema_with = shared::cursor)]
    cursor: Option<String>,
}

/// A checked request for a part of the list.
pub(super) enum ListRequest {
    Page {
        before: Option<u64>,
        limit: u32,
    },
    /// What blocks this URL.
    Blocking(String),
}

impl BlockQuery {
    pub(super) fn parse(self) -> Result<ListRequest, ApiError> {
        let mut errors = FieldErrors::default();
        let limit = errors.limit(self.limit.as_deref());
        let before =
            errors.before(self.cursor.as_deref(), TargetBlockId::new).map(TargetBlockId::get);
        errors.finish()?;
        Ok(match self.target {
            Some(target) => ListRequest::Blocking(target),
            None => ListRequest::Page { before, limit },
        })
    }
}

impl BlockBody {
    pub(super) fn parse(self) -> Result<(TargetPattern, Option<String>), ApiError> {
        let mut errors = FieldErrors::default();
        let pattern = self.pattern.parse::<TargetPattern>();
        let pattern =
            errors.ok(pattern.map_err(|error| FieldError::invalid("pattern", error.to_string())));
        let reason = self.reason.as_deref().and_then(|text| errors.block_reason(text));
        errors.finish()?;
        Ok((pattern.expect("nothing was wrong with the fields, so there is a pattern"), reason))
    }
}

/// The patterns of an import, and what is wrong with the rest.
pub(super) struct Import {
    pub(super) patterns: Vec<TargetPattern>,
    pub(super) reason: Option<String>,
    pub(super) refused: Vec<RefusedView>,
}

impl ImportBody {
    pub(super) fn parse(self) -> Result<Import, ApiError> {
        let mut errors = FieldErrors::default();
        if IMPORT_LEN_MAX < self.patterns.len() {
            let words = format!("has more than {IMPORT_LEN_MAX} items");
            errors.add(FieldError::invalid("patterns", words));
        }
        let reason = self.reason.as_deref().and_then(|text| errors.block_reason(text));
        errors.finish()?;
        let (mut patterns, mut refused) = (Vec::new(), Vec::new());
        for (index, text) in self.patterns.iter().enumerate() {
            match text.parse() {
                Ok(pattern) => patterns.push(pattern),
                Err(error) => refused.push(RefusedView::new(index, error)),
            }
        }
        Ok(Import { patterns, reason, refused })
    }
}

impl RefusedView {
    fn new(index: usize, error: InvalidPattern) -> Self {
        Self { index, message: error.to_string() }
    }
}

impl FieldErrors {
    fn block_reason(&mut self, text: &str) -> Option<String> {
        let parsed = Title::parse(text).map(|line| line.as_str().to_owned());
        self.ok(parsed.map_err(|error| FieldError::text("reason", error)))
    }
}

impl BlockView {
    fn new(block: TargetBlock) -> Self {
        Self {
            id: block.id,
            kind: block.pattern.kind().as_str(),
            pattern: block.pattern.to_string(),
            reason: block.reason,
            source: TargetBlockSource::as_str(block.source),
            created_at: block.created_at.to_string(),
            created_by: block.created_by,
        }
    }
}

impl HitsView {
    pub(crate) fn new(hits: LinkHits) -> Self {
        Self { count: hits.count, complete: hits.is_all }
    }
}

impl BlockedView {
    pub(super) fn new(block: TargetBlock, hits: LinkHits) -> Self {
        Self { block: BlockView::new(block), links: HitsView::new(hits) }
    }
}

impl BlockPage {
    /// From at most one entry more than the page holds.
    pub(super) fn new(mut blocks: Vec<TargetBlock>, limit: u32) -> Self {
        let is_last = blocks.len() <= limit as usize;
        blocks.truncate(limit as usize);
        let next_cursor = blocks.last().filter(|_| !is_last).map(|block| block.id.to_string());
        Self { items: blocks.into_iter().map(BlockView::new).collect(), next_cursor }
    }
}

impl ImportView {
    pub(super) fn new(patterns: usize, added: u64, refused: Vec<RefusedView>) -> Self {
        Self { added, known: (patterns as u64).saturating_sub(added), refused }
    }
}
