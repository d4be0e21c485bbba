//! Creating a link: from a request body to one row, exactly once per `Idempotency-Key`.

use std::time::Duration;

use axum::{
    extract::State,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use curt_domain::{
    Caller, ClickTotals, Code, Dates, Link, LinkId, LinkRecord, MaxClicks, Note, Password,
    PasswordHash, RedirectStatus, Switch, Tag, TargetUrl, Timestamp, Title,
};
use curt_store::{CreateLinkError, NewReplay, Replay, StoreError};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    api::links::{
        fields::{SWITCH_WORDS, Whole, password_hash},
        schema,
        view::LinkView,
    },
    app::App,
    auth::Creator,
    request::{
        extract::{ApiJson, IdempotencyKey},
        fields::FieldErrors,
        tags,
    },
    response::{ApiError, ProblemCode},
    site::Site,
};

/// Ids tried before giving up on a generated code. Permuted and sequential codes never collide with
/// each other, but can collide with aliases, codes of earlier settings and imported links. Random
/// codes do collide: with half of a length's codes taken, one create in 2^8 gives up, which is when
/// to raise `codes.length`.
const CODE_ATTEMPTS_MAX: u32 = 8;

/// How long an answer is kept for its `Idempotency-Key`.
pub const REPLAY_AGE_MAX: Duration = Duration::from_hours(24);

pub(super) const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// A link to be made. Only `original_url` is needed; null is the same as leaving a field out.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewLink)]
pub(crate) struct CreateBody {
    #[schema(schema_with = schema::original_url)]
    original_url: String,
    #[schema(schema_with = schema::custom_alias)]
    custom_alias: Option<String>,
    #[schema(schema_with = schema::title)]
    title: Option<String>,
    #[schema(schema_with = schema::note)]
    note: Option<String>,
    #[schema(schema_with = schema::tags_or_null)]
    tags: Option<Vec<String>>,
    #[schema(schema_with = schema::redirect_status_or_null)]
    redirect_status: Option<Whole>,
    #[schema(schema_with = schema::forward_query_or_null)]
    forward_query: Option<bool>,
    #[schema(schema_with = schema::valid_from)]
    valid_from: Option<String>,
    #[schema(schema_with = schema::expires_at)]
    expires_at: Option<String>,
    #[schema(schema_with = schema::max_clicks)]
    max_clicks: Option<Whole>,
    #[schema(schema_with = schema::link_password)]
    password: Option<String>,
    #[schema(schema_with = schema::fallback_url)]
    fallback_url: Option<String>,
    #[schema(schema_with = schema::switch_or_null)]
    status: Option<String>,
}

/// A checked request, with its password not hashed yet.
pub(super) struct Checked {
    pub(super) draft: Draft,
    pub(super) password: Option<Password>,
}

/// A link without the parts that the server assigns.
pub(super) struct Draft {
    /// The requested code; generated if there is none.
    pub(super) alias: Option<Code>,
    pub(super) target: TargetUrl,
    title: Option<Title>,
    note: Option<Note>,
    tags: Vec<Tag>,
    redirect_status: RedirectStatus,
    forward_query: bool,
    dates: Dates,
    max_clicks: Option<MaxClicks>,
    password: Option<PasswordHash>,
    fallback: Option<TargetUrl>,
    switch: Switch,
}

/// Create a link
///
/// Makes a short link, under a generated code or under the `custom_alias` you wish for. All
/// mistakes in the request are told at once. When the answer comes, the link is on disk.
#[utoipa::path(
    post,
    path = "/api/v1/urls",
    operation_id = "create_link",
    tag = tags::LINKS,
    params(IdempotencyKey),
    request_body = CreateBody,
    responses((
        status = 201,
        description = "The link was made.",
        body = LinkView,
        headers(
            ("Location" = String, description = "The path of the link in this API."),
            ("ETag" = String, description = "The link's revision in quotes, for `If-Match`."),
            ("Idempotent-Replayed" = bool, description = "`true` when this is the answer that an \
                earlier request with the same `Idempotency-Key` got; else absent."),
        ),
    )),
    security(("key" = ["links:write"])),
    extensions(("x-problems" = json!([
        ProblemCode::CodeTaken,
        ProblemCode::InvalidCode,
        ProblemCode::ReservedCode,
        ProblemCode::UnsupportedScheme,
        ProblemCode::UserinfoNotAllowed,
        ProblemCode::SelfRedirect,
        ProblemCode::BlockedDestination,
        ProblemCode::WeakPassword,
    ]))),
)]
pub(crate) async fn create(
    State(app): State<App>,
    creator: Creator,
    IdempotencyKey(key): IdempotencyKey,
    body: ApiJson<CreateBody>,
) -> Result<Response, ApiError> {
    let request = key.map(|key| {
        let body_hash = app.auth.bodies.of(&body.bytes);
        IdempotentRequest { caller: creator.name(&body_hash), key, body_hash }
    });
    if let Some(request) = &request
        && let Some(answer) = request.earlier_answer(&app).await?
    {
        return Ok(answer);
    }
    // Parsed only now: an earlier answer is repeated even if the rules have changed since.
    let draft = body.value.parse(&app.site)?.into_draft(&app).await?;
    match draft.store(&app, &creator.caller(), request.as_ref()).await {
        // Another request with the same key was faster; its answer is valid for this one too.
        Err(Refusal::ReplayExists) => {
            let request = request.expect("only a request with a key is kept for replay");
            request.earlier_answer(&app).await?.ok_or(ApiError::IdempotencyInProgress)
        }
        Err(Refusal::Api(error)) => Err(error),
        Ok(record) => {
            let now = record.link.created_at;
            let view = LinkView::new(&record, &app.site, now);
            let headers = created_headers(record.link.id.get());
            Ok((StatusCode::CREATED, headers, axum::Json(view)).into_response())
        }
    }
}

/// Where the new link is, and its first revision.
fn created_headers(id: u64) -> [(HeaderName, HeaderValue); 2] {
    let location = HeaderValue::try_from(format!("/api/v1/urls/{id}"));
    [
        (header::LOCATION, location.expect("a path with a number is visible ASCII")),
        (header::ETAG, HeaderValue::from_static("\"1\"")),
    ]
}

impl CreateBody {
    pub(super) fn parse(&self, site: &Site) -> Result<Checked, ApiError> {
        let mut errors = FieldErrors::default();
        let target = errors.target("original_url", &self.original_url, site);
        let alias = self.custom_alias.as_deref().and_then(|text| errors.alias(text, site));
        let fallback = self.fallback_url.as_deref();
        let fallback = fallback.and_then(|text| errors.target("fallback_url", text, site));
        let title = self.title.as_deref().and_then(|text| errors.title(text));
        let note = self.note.as_deref().and_then(|text| errors.note(text));
        let tags = errors.tags(self.tags.as_deref().unwrap_or_default());
        let status = self.redirect_status.and_then(|code| errors.redirect_status(code));
        let max_clicks = self.max_clicks.and_then(|count| errors.max_clicks(count));
        let password = self.password.as_deref().and_then(|text| errors.link_password(text));
        let valid_from = self.valid_from.as_deref();
        let valid_from = valid_from.and_then(|text| errors.time("valid_from", text));
        let expires_at = self.expires_at.as_deref();
        let expires_at = expires_at.and_then(|text| errors.time("expires_at", text));
        let dates = errors.dates(valid_from, expires_at);
        let switch = self.status.as_deref().and_then(|word| errors.switch(word, SWITCH_WORDS));
        errors.finish()?;
        let draft = Draft {
            alias,
            target: target.expect("nothing was wrong with the fields, so there is a target"),
            title,
            note,
            tags,
            redirect_status: status.unwrap_or_default(),
            forward_query: self.forward_query.unwrap_or(false),
            dates,
            max_clicks,
            password: None,
            fallback,
            switch: switch.unwrap_or(Switch::Active),
        };
        Ok(Checked { draft, password })
    }
}

impl Checked {
    pub(super) async fn into_draft(self, app: &App) -> Result<Draft, ApiError> {
        let password = match self.password {
            Some(password) => Some(password_hash(password, app).await?),
            None => None,
        };
        Ok(Draft { password, ..self.draft })
    }
}

/// Codes drawn at random have become too many for their length.
#[derive(Debug, thiserror::Error)]
#[error("of {CODE_ATTEMPTS_MAX} generated codes none was free")]
pub(super) struct NoFreeCode;

/// Why a draft did not become a link.
enum Refusal {
    ReplayExists,
    Api(ApiError),
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Api(error.into())
    }
}

impl Draft {
    /// Writes the link under the requested code, or under the first free generated one.
    async fn store(
        &self,
        app: &App,
        caller: &Caller,
        request: Option<&IdempotentRequest>,
    ) -> Result<LinkRecord, Refusal> {
        let mut attempts = 0;
        while let Some(mut record) = self.candidate(app, &mut attempts).await? {
            record.link.owner = caller.author.user();
            let replay = request.map(|request| request.replay(&record, app));
            match app.store.create_link(caller, record.link.clone(), replay).await {
                Ok(()) => {
                    app.cache.invalidate(record.link.code.as_str());
                    return Ok(record);
                }
                Err(CreateLinkError::CodeTaken) => {
                    if let Some(alias) = &self.alias {
                        return Err(Refusal::Api(ApiError::CodeTaken { code: alias.to_string() }));
                    }
                    app.ids.leave(record.link.id, attempts).await?;
                }
                Err(CreateLinkError::ReplayExists) => return Err(Refusal::ReplayExists),
                Err(CreateLinkError::Store(error)) => return Err(error.into()),
            }
        }
        Err(Refusal::Api(ApiError::from_failure(&NoFreeCode)))
    }

    /// The link to try next: under the requested code or the next generated one, without an owner.
    /// `None` when none of [`CODE_ATTEMPTS_MAX`] codes was free.
    pub(super) async fn candidate(
        &self,
        app: &App,
        attempts: &mut u32,
    ) -> Result<Option<LinkRecord>, StoreError> {
        while *attempts < CODE_ATTEMPTS_MAX {
            *attempts += 1;
            let id = app.ids.next().await?;
            let code = match &self.alias {
                Some(alias) => alias.clone(),
                None => app.codes.code(id, crate::ids::entropy),
            };
            if !app.site.reserved.contains(&code) {
                return Ok(Some(self.record(id, code, app.clock.now())));
            }
        }
        Ok(None)
    }

    fn record(&self, id: LinkId, code: Code, now: Timestamp) -> LinkRecord {
        let link = Link {
            id,
            code,
            owner: None,
            target: self.target.clone(),
            title: self.title.clone(),
            note: self.note.clone(),
            tags: self.tags.clone(),
            redirect_status: self.redirect_status,
            forward_query: self.forward_query,
            dates: self.dates,
            max_clicks: self.max_clicks,
            password: self.password.clone(),
            fallback: self.fallback.clone(),
            disabled_at: match self.switch {
                Switch::Active => None,
                Switch::Disabled => Some(now),
            },
            deleted_at: None,
            revision: 1,
            created_at: now,
            updated_at: now,
        };
        LinkRecord {
            link,
            clicks: ClickTotals::default(),
            last_click_at: None,
            used_clicks: 0,
            abuse_at: None,
        }
    }
}

/// A create that its client may repeat to get the same answer.
pub(super) struct IdempotentRequest {
    pub(super) caller: String,
    pub(super) key: String,
    pub(super) body_hash: [u8; 32],
}

/// The part of an earlier answer that is needed to give it again.
#[derive(Deserialize)]
struct CreatedLink {
    id: u64,
}

impl IdempotentRequest {
    /// The answer given for this key less than a day ago, if there is one.
    pub(super) async fn earlier(&self, app: &App) -> Result<Option<Replay>, ApiError> {
        let Some(replay) = app.store.replay(&self.caller, &self.key).await? else {
            return Ok(None);
        };
        let now = app.clock.now();
        if REPLAY_AGE_MAX <= now.since(replay.created_at) {
            app.store.prune_replays(now.minus(REPLAY_AGE_MAX)).await?;
            return Ok(None);
        }
        if replay.body_hash != self.body_hash {
            return Err(ApiError::IdempotencyKeyReused);
        }
        Ok(Some(replay))
    }

    async fn earlier_answer(&self, app: &App) -> Result<Option<Response>, ApiError> {
        let Some(replay) = self.earlier(app).await? else { return Ok(None) };
        let created: CreatedLink = serde_json::from_str(&replay.response)
            .map_err(|error| ApiError::from_failure(&error))?;
        let json = HeaderValue::from_static("application/json");
        let yes = HeaderValue::from_static("true");
        let marks = [(header::CONTENT_TYPE, json), (REPLAYED, yes)];
        let headers = created_headers(created.id);
        Ok(Some((StatusCode::CREATED, headers, marks, replay.response).into_response()))
    }

    fn replay(&self, record: &LinkRecord, app: &App) -> NewReplay {
        let created_at = record.link.created_at;
        let view = LinkView::new(record, &app.site, created_at);
        let response = serde_json::to_string(&view).expect("a link is made of texts and numbers");
        self.kept(response, created_at)
    }

    pub(super) fn kept(&self, response: String, created_at: Timestamp) -> NewReplay {
        NewReplay {
            caller: self.caller.clone(),
            key: self.key.clone(),
            body_hash: self.body_hash,
            response,
            created_at,
        }
    }
}
