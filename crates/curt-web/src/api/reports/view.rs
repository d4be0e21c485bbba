//! Reports in requests and answers.

use std::borrow::Cow;

use curt_domain::{Code, Note, ReportId, ReportReason, ReportState};
use curt_store::{AbuseLink, LinkHits, Report};
use serde::{Deserialize, Serialize};
use url::{Url, form_urlencoded};
use utoipa::{IntoParams, ToSchema};

use crate::{
    api::{links::schema as links_schema, reports::schema, target_blocks::view::HitsView},
    request::{code_path::CodePath, fields::FieldErrors, schema as shared},
    response::{ApiError, FieldError, ProblemCode},
    site::Site,
};

/// A checked report.
pub(crate) struct ReportDraft {
    pub code: Code,
    pub reason: ReportReason,
    pub note: Option<Note>,
}

/// What is wrong with a link. It is named by its code or by its URL.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewReport)]
pub(crate) struct ReportBody {
    #[schema(schema_with = schema::reported_code)]
    short_code: Option<String>,
    #[schema(schema_with = schema::reported_url)]
    url: Option<String>,
    #[schema(schema_with = schema::reason)]
    reason: String,
    #[schema(schema_with = schema::note)]
    note: Option<String>,
}

/// The report has arrived, or had before.
#[derive(Serialize, ToSchema)]
#[schema(as = ReportReceived)]
pub(crate) struct ReceivedView {
    /// Always `true`.
    received: bool,
}

/// A report with the link that it is about.
#[derive(Serialize, ToSchema)]
#[schema(as = Report)]
pub(crate) struct ReportView {
    /// Identifies the report for ever.
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_u64, examples(1))]
    id: u64,
    #[schema(schema_with = schema::state)]
    state: &'static str,
    #[schema(schema_with = schema::reason)]
    reason: &'static str,
    #[schema(required = true, schema_with = schema::note)]
    note: Option<String>,
    /// The network that it came from.
    #[schema(examples("203.0.113.0/24"))]
    reporter: String,
    #[schema(schema_with = links_schema::created_at)]
    created_at: String,
    /// When it was decided; null while it is open.
    #[schema(required = true)]
    resolved_at: Option<String>,
    /// By whom; of a user the id.
    #[schema(required = true)]
    resolved_by: Option<String>,
    #[schema(schema_with = shared::link_id)]
    link_id: u64,
    #[schema(schema_with = shared::short_code)]
    short_code: String,
    #[schema(schema_with = links_schema::short_url)]
    short_url: String,
    #[schema(schema_with = links_schema::original_url)]
    original_url: String,
    /// Since when the link is disabled for abuse; null if it is not.
    #[schema(required = true)]
    link_disabled_at: Option<String>,
}

/// What became of a report.
#[derive(Serialize, ToSchema)]
#[schema(as = ReportResolved)]
pub(crate) struct ResolvedView {
    report: ReportView,
    /// Where a host was blocked, how many links lead to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = HitsView, required = false)]
    links: Option<HitsView>,
}

/// A page of reports.
#[derive(Serialize, ToSchema)]
#[schema(as = ReportPage)]
pub(crate) struct ReportPage {
    items: Vec<ReportView>,
    #[schema(required = true, schema_with = shared::next_cursor)]
    next_cursor: Option<String>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReportQuery {
    #[param(schema_with = schema::state)]
    state: Option<String>,
    #[param(schema_with = shared::limit)]
    limit: Option<String>,
    #[param(schema_with = shared::cursor)]
    cursor: Option<String>,
}

/// Links that were disabled for abuse.
#[derive(Serialize, ToSchema)]
#[schema(as = AbuseFeed)]
pub(crate) struct FeedView {
    items: Vec<FeedItemView>,
}

/// One of them.
#[derive(Serialize, ToSchema)]
#[schema(as = AbuseLink)]
pub(crate) struct FeedItemView {
    #[schema(schema_with = shared::short_code)]
    short_code: String,
    #[schema(schema_with = links_schema::short_url)]
    short_url: String,
    /// Of the target.
    #[schema(examples("evil.example"))]
    host: String,
    #[schema(schema_with = schema::reason)]
    reason: &'static str,
    #[schema(schema_with = links_schema::updated_at)]
    disabled_at: String,
}

impl ReportBody {
    /// What a browser sends from the form: the link's code or URL is in one field.
    pub(crate) fn from_form(form: &[u8]) -> Self {
        let mut body = Self::default();
        for (name, value) in form_urlencoded::parse(form) {
            let text =
                |value: Cow<'_, str>| Some(value.trim().to_owned()).filter(|text| !text.is_empty());
            match &*name {
                "link" if value.contains('/') => body.url = text(value),
                "link" => body.short_code = text(value),
                "reason" => body.reason = value.into_owned(),
                "note" => body.note = text(value),
                _ => {}
            }
        }
        body
    }

    pub(crate) fn code_or_url(&self) -> &str {
        self.short_code.as_deref().or(self.url.as_deref()).unwrap_or_default()
    }

    pub(crate) fn parse(&self, site: &Site) -> Result<ReportDraft, ApiError> {
        let mut errors = FieldErrors::default();
        let code = match (&self.short_code, &self.url) {
            (Some(code), None) => {
                let code = code.parse::<Code>();
                errors.ok(code.map_err(|error| FieldError::code("short_code", error)))
            }
            (None, Some(url)) => {
                let words = "is no link of this server";
                let code = code_of(url, site).ok_or_else(|| FieldError::invalid("url", words));
                errors.ok(code)
            }
            (None, None) => {
                errors.add(FieldError::invalid("short_code", "is missing"));
                None
            }
            (Some(_), Some(_)) => {
                errors.add(FieldError::invalid("url", "cannot stand beside short_code"));
                None
            }
        };
        let reason = ReportReason::from_word(&self.reason);
        let reason = errors.ok(reason.ok_or_else(|| {
            let words = ReportReason::ALL.map(ReportReason::as_str).join(", ");
            FieldError::invalid("reason", format!("is none of {words}"))
        }));
        let note = self.note.as_deref().map(Note::parse).transpose();
        let note = errors.ok(note.map_err(|error| FieldError::text("note", error))).flatten();
        errors.finish()?;
        Ok(ReportDraft { code: code.expect(CHECKED), reason: reason.expect(CHECKED), note })
    }
}

/// Why a required field cannot be absent.
const CHECKED: &str = "nothing was wrong with the fields, so they are there";

/// The code in the path of one of this server's short URLs.
fn code_of(text: &str, site: &Site) -> Option<Code> {
    let text = text.trim();
    let with_scheme =
        if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let url = Url::parse(&with_scheme).ok()?;
    if !site.hosts.is_own(&url) {
        return None;
    }
    let path = CodePath::parse(url.path())?;
    path.code.parse().ok()
}

impl ReceivedView {
    pub(crate) fn new() -> Self {
        Self { received: true }
    }
}

impl ReportQuery {
    pub(crate) fn parse(self) -> Result<(Option<ReportState>, Option<u64>, u32), ApiError> {
        let mut errors = FieldErrors::default();
        let state = self.state.as_deref().and_then(|word| {
            let words = ReportState::ALL.map(ReportState::as_str).join(", ");
            let known = ReportState::from_word(word);
            let mistake = || {
                FieldError::new("state", ProblemCode::InvalidField, format!("is none of {words}"))
            };
            errors.ok(known.ok_or_else(mistake))
        });
        let limit = errors.limit(self.limit.as_deref());
        let before = errors.before(self.cursor.as_deref(), ReportId::new).map(ReportId::get);
        errors.finish()?;
        Ok((state, before, limit))
    }
}

impl ReportView {
    fn new(report: Report, site: &Site) -> Self {
        Self {
            id: report.id,
            state: report.state.as_str(),
            reason: report.reason.as_str(),
            note: report.note,
            reporter: report.reporter,
            created_at: report.created_at.to_string(),
            resolved_at: report.resolved_at.map(|at| at.to_string()),
            resolved_by: report.resolved_by,
            link_id: report.link.get(),
            short_url: site.short_url(&report.code),
            short_code: report.code.to_string(),
            original_url: report.target.to_string(),
            link_disabled_at: report.abuse_at.map(|at| at.to_string()),
        }
    }
}

impl ResolvedView {
    pub(crate) fn new(report: Report, hits: Option<LinkHits>, site: &Site) -> Self {
        Self { report: ReportView::new(report, site), links: hits.map(HitsView::new) }
    }
}

impl ReportPage {
    /// From at most one report more than the page holds.
    pub(crate) fn new(mut reports: Vec<Report>, limit: u32, site: &Site) -> Self {
        let is_last = reports.len() <= limit as usize;
        reports.truncate(limit as usize);
        let next_cursor = reports.last().filter(|_| !is_last).map(|report| report.id.to_string());
        let items = reports.into_iter().map(|report| ReportView::new(report, site)).collect();
        Self { items, next_cursor }
    }
}

impl FeedView {
    pub(crate) fn new(links: &[AbuseLink], site: &Site) -> Self {
        let item = |link: &AbuseLink| FeedItemView {
            short_code: link.code.to_string(),
            short_url: site.short_url(&link.code),
            host: link.target.host(),
            reason: link.reason.as_str(),
            disabled_at: link.at.to_string(),
        };
        Self { items: links.iter().map(item).collect() }
    }
}
