//! The answer to a bulk request: one result per item, in request order.

use curt_domain::{Code, TargetUrl};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    api::links::{bulk::candidate::Candidate, schema, view::LinkView},
    request::schema as shared,
    response::{ApiError, Problem},
    site::Site,
};

/// The outcome for one item.
pub(super) enum ItemOutcome {
    /// It is a link, or will be when its chunk is committed.
    Link(Box<Candidate>),
    /// It would be a link if this were not a dry run.
    Valid {
        target: TargetUrl,
        alias: Option<Code>,
    },
    Refused(ApiError),
}

/// What became of the links to be made. Answers are put together from chunks; this describes them.
#[derive(ToSchema)]
#[schema(as = BulkResults)]
#[expect(dead_code, reason = "the document alone needs it")]
pub(super) struct BulkView {
    results: Vec<ResultView<'static>>,
}

/// What became of one item. It has one of `link`, `planned` and `problem`.
#[derive(Serialize, ToSchema)]
#[schema(as = BulkResult)]
struct ResultView<'a> {
    /// Which item of `links`, counted from 0.
    #[schema(minimum = 0, maximum = 9_999, examples(0))]
    index: usize,
    /// What a single create would be answered with; 200 in a dry run, since nothing was created.
    #[schema(minimum = 200, maximum = 599, examples(201))]
    status: u16,
    /// The new link.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = LinkView, required = false)]
    link: Option<Box<LinkView>>,
    /// In a dry run, what would have become a link.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = PlanView, required = false)]
    planned: Option<PlanView>,
    /// Why there is no link.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Problem<'static>, required = false)]
    problem: Option<Problem<'a>>,
}

/// A link that does not exist. Without an alias it has no code either.
#[derive(Serialize, ToSchema)]
#[schema(as = PlannedLink)]
struct PlanView {
    #[schema(schema_with = schema::original_url)]
    original_url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, schema_with = shared::short_code)]
    short_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, schema_with = schema::short_url)]
    short_url: Option<String>,
}

/// The results of a chunk as a JSON array.
pub(super) fn results(first: usize, outcomes: &[ItemOutcome], site: &Site) -> String {
    let views: Vec<_> = (first..).zip(outcomes).map(|(index, o)| o.view(index, site)).collect();
    serde_json::to_string(&views).expect("results are made of texts and numbers")
}

impl ItemOutcome {
    fn view(&self, index: usize, site: &Site) -> ResultView<'_> {
        let nothing = ResultView { index, status: 200, link: None, planned: None, problem: None };
        match self {
            Self::Link(candidate) => {
                let record = &candidate.record;
                let link = LinkView::new(record, site, record.link.created_at);
                ResultView { status: 201, link: Some(Box::new(link)), ..nothing }
            }
            Self::Valid { target, alias } => {
                let planned = PlanView {
                    original_url: target.to_string(),
                    short_code: alias.as_ref().map(Code::to_string),
                    short_url: alias.as_ref().map(|code| site.short_url(code)),
                };
                ResultView { planned: Some(planned), ..nothing }
            }
            Self::Refused(error) => {
                let status = error.status().as_u16();
                ResultView { status, problem: Some(error.problem()), ..nothing }
            }
        }
    }
}

/// A server error is not an item's answer: it would be stored and replayed.
pub(super) fn of_item<T>(done: Result<T, ApiError>) -> Result<Result<T, ApiError>, ApiError> {
    match done {
        Err(error) if error.status().is_server_error() => Err(error),
        done => Ok(done),
    }
}

/// The whole answer, built up chunk by chunk.
#[derive(Default)]
pub(super) struct BulkAnswer {
    /// Items of the JSON array, separated by commas.
    results: String,
    chunks: usize,
    replayed: usize,
}

impl BulkAnswer {
    /// Adds the results of the next chunk, a JSON array of at least one.
    pub(super) fn add(&mut self, array: &str) {
        let items = array.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        if 0 < self.chunks {
            self.results.push(',');
        }
        self.results.push_str(items.expect("results are an array"));
        self.chunks += 1;
    }

    /// Adds results that were given before.
    pub(super) fn add_replayed(&mut self, array: &str) {
        self.add(array);
        self.replayed += 1;
    }

    /// Whether every chunk of this request was answered from storage.
    pub(super) fn is_replay(&self) -> bool {
        0 < self.chunks && self.chunks == self.replayed
    }

    pub(super) fn into_body(self) -> String {
        format!("{{\"results\":[{}]}}", self.results)
    }
}
