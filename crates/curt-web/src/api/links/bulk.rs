//! Creating many links with one request, with one result per item.
//!
//! Items are written in chunks, one transaction each, so that a wrong item does not affect the
//! others. With an `Idempotency-Key`, each transaction also stores the answers of its chunk: a
//! repeated request gets the stored answers again and continues after the last stored chunk.

use std::time::Duration;

use axum::{
    extract::{Request, State},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use curt_domain::{Caller, Link, LinkId, Timestamp, UserId};
use curt_store::{CreateLinksError, StoreError};
use serde::Deserialize;
use tokio::time::{Instant, timeout_at};

use self::{
    body::{BulkBody, Chunk, read_chunks},
    candidate::Candidate,
    results::{BulkAnswer, BulkView, ItemOutcome, of_item, results},
};
use crate::{
    api::links::create::{Checked, IdempotentRequest, NoFreeCode, REPLAYED},
    app::App,
    auth::{By, WriteLinks},
    blocking::off_thread,
    request::{
        extract::{ApiQuery, IdempotencyKey, json_bytes},
        tags,
    },
    response::ApiError,
};

pub(crate) mod body;
mod candidate;
mod dry_run;
mod results;

/// Largest body, in bytes: 10 000 links of 1.6 kB.
const BULK_BODY_LEN_MAX: usize = 16 << 20;

/// After writing for this long, the remaining chunks are not tried: a client that hears nothing for
/// longer gives up, and then does not learn what was written.
const WRITING_TIME_MAX: Duration = Duration::from_secs(15);

/// How much longer the chunk being written at that time may take.
const LAST_CHUNK_TIME_MAX: Duration = Duration::from_secs(3);

#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct BulkQuery {
    /// `true` checks everything, also whether codes are taken, and writes nothing.
    #[serde(default)]
    dry_run: bool,
}

/// Create many links
///
/// Makes up to 10 000 links. Each item of `links` is what a single create takes, and has a result
/// of its own with the status that a single create would have: what is wrong with one costs no
/// other. Only a body that is no list of links is refused whole.
///
/// Passwords take their time: of 500 links in a row at most 35 can have one.
///
/// Should writing take longer than a quarter of a minute, the rest has the status 503. Send it
/// again with the same `Idempotency-Key`: what was written is answered again, and what was not is
/// tried. The items that were being written at that moment have a 503 too and may have been;
/// without a key nobody can tell.
#[utoipa::path(
    post,
    path = "/api/v1/urls/bulk",
    operation_id = "create_links",
    tag = tags::LINKS,
    params(IdempotencyKey, BulkQuery),
    request_body = BulkBody<'static>,
    responses((
        status = 200,
        description = "A result for each item, in their order.",
        body = BulkView,
        headers(
            ("Idempotent-Replayed" = bool, description = "`true` when all of this was answered \
                before, to the same `Idempotency-Key`; else absent."),
        ),
    )),
    security(("key" = ["links:write"])),
)]
pub(crate) async fn create_bulk(
    By { actor, .. }: By<WriteLinks>,
    State(app): State<App>,
    IdempotencyKey(key): IdempotencyKey,
    ApiQuery(query): ApiQuery<BulkQuery>,
    request: Request,
) -> Result<Response, ApiError> {
    let _slot = app.bulk_slots.try_acquire().map_err(|_| ApiError::TooBusy)?;
    let body = json_bytes(request, &app, BULK_BODY_LEN_MAX).await?;
    let bodies = app.auth.bodies.clone();
    let read = move || Ok::<_, ApiError>((read_chunks(&body)?, bodies.of(&body)));
    let (chunks, body_hash) = off_thread(read).await??;
    if query.dry_run {
        // Nothing is written, so an idempotency key has nothing to guard.
        let owner = actor.author.user();
        return dry_run::check(&app, owner, chunks).await.map(BulkAnswer::into_response);
    }
    let name = actor.name();
    let key = key.map(|key| BulkKey { caller: name, key, body_hash, created_at: app.clock.now() });
    // The time starts here: receiving a long body may take minutes on a slow line.
    let until = Instant::now() + WRITING_TIME_MAX;
    Writer { app: &app, caller: actor.caller(), key, until }
        .write(chunks)
        .await
        .map(BulkAnswer::into_response)
}

/// The key of a request that its client may repeat.
struct BulkKey {
    caller: String,
    key: String,
    body_hash: [u8; 32],
    /// When the request first came: the answers of all chunks expire together.
    created_at: Timestamp,
}

impl BulkKey {
    /// Under which name one chunk's answers are stored. The first chunk has the name of a single
    /// create, so that a key means one request, whichever of the two it was.
    fn of_chunk(&self, number: usize) -> IdempotentRequest {
        let caller = match number {
            0 => self.caller.clone(),
            _ => format!("{} bulk {number}", self.caller),
        };
        IdempotentRequest { caller, key: self.key.clone(), body_hash: self.body_hash }
    }
}

/// A chunk's answers, written now or by an earlier request.
enum Written {
    Now(String),
    Before { results: String, created_at: Timestamp },
}

/// Writes one request.
struct Writer<'a> {
    app: &'a App,
    caller: Caller,
    key: Option<BulkKey>,
    until: Instant,
}

impl Writer<'_> {
    async fn write(mut self, chunks: Vec<Chunk>) -> Result<BulkAnswer, ApiError> {
        let mut answer = BulkAnswer::default();
        let mut may_go_on = true;
        for chunk in chunks {
            if !may_go_on || self.until <= Instant::now() {
                may_go_on = false;
                answer.add(&chunk.refused(&ApiError::NotTried, &self.app.site));
                continue;
            }
            let mut batch = Batch { first: chunk.first, outcomes: Vec::new() };
            let last_moment = self.until + LAST_CHUNK_TIME_MAX;
            let written = timeout_at(last_moment, self.write_chunk(&chunk, &mut batch)).await;
            match written.unwrap_or(Err(ApiError::TimedOut)) {
                Ok(Written::Now(results)) => answer.add(&results),
                Ok(Written::Before { results, created_at }) => {
                    if let Some(key) = &mut self.key {
                        key.created_at = created_at;
                    }
                    answer.add_replayed(&results);
                }
                // Nothing has been written yet, so the whole request can be refused.
                Err(error @ ApiError::IdempotencyKeyReused) => return Err(error),
                Err(error) => {
                    may_go_on = false;
                    // The chunk may still have been written: the store does not stop half-way.
                    batch.forget_absence(self.app);
                    answer.add(&batch.failed(&error, &chunk, self.app));
                }
            }
        }
        Ok(answer)
    }

    async fn write_chunk(&self, chunk: &Chunk, batch: &mut Batch) -> Result<Written, ApiError> {
        let request = self.key.as_ref().map(|key| (key.of_chunk(chunk.number), key.created_at));
        if let Some((request, _)) = &request
            && let Some(written) = self.earlier(request).await?
        {
            return Ok(written);
        }
        // Parsed only now, as with a single create.
        for checked in chunk.parse(self.app).await? {
            batch.outcomes.push(ItemOutcome::first(checked, self.app).await?);
        }
        loop {
            let results = results(batch.first, &batch.outcomes, &self.app.site);
            let links = batch.links(self.caller.author.user());
            let replay = request.as_ref().map(|(request, at)| request.kept(results.clone(), *at));
            if links.is_empty() && replay.is_none() {
                return Ok(Written::Now(results));
            }
            match self.app.store.create_links(&self.caller, links, replay).await {
                Ok(()) => {
                    batch.forget_absence(self.app);
                    return Ok(Written::Now(results));
                }
                Err(CreateLinksError::CodesTaken(ids)) => {
                    batch.avoid_taken(&ids, self.app).await?;
                }
                // A parallel request with the same key was faster; its answers hold here too.
                Err(CreateLinksError::ReplayExists) => {
                    let (request, _) = request.expect("only answers with a key are kept");
                    let written = self.earlier(&request).await?;
                    return written.ok_or(ApiError::IdempotencyInProgress);
                }
                Err(CreateLinksError::Store(error)) => return Err(error.into()),
            }
        }
    }

    async fn earlier(&self, request: &IdempotentRequest) -> Result<Option<Written>, ApiError> {
        let replay = request.earlier(self.app).await?;
        Ok(replay.map(|replay| Written::Before {
            results: replay.response,
            created_at: replay.created_at,
        }))
    }
}

/// A chunk's items on their way into the store, in request order.
struct Batch {
    first: usize,
    outcomes: Vec<ItemOutcome>,
}

impl ItemOutcome {
    async fn first(checked: Result<Checked, ApiError>, app: &App) -> Result<Self, ApiError> {
        let draft = match checked {
            Ok(checked) => of_item(checked.into_draft(app).await)?,
            Err(error) => Err(error),
        };
        let draft = match draft {
            Ok(draft) => draft,
            Err(error) => return Ok(Self::Refused(error)),
        };
        let mut attempts = 0;
        Ok(match draft.candidate(app, &mut attempts).await? {
            Some(record) => Self::Link(Box::new(Candidate { draft, attempts, record })),
            None => Self::Refused(ApiError::from_failure(&NoFreeCode)),
        })
    }
}

impl Batch {
    fn candidates(&self) -> impl Iterator<Item = &Candidate> {
        self.outcomes.iter().filter_map(|outcome| match outcome {
            ItemOutcome::Link(candidate) => Some(&**candidate),
            ItemOutcome::Valid { .. } | ItemOutcome::Refused(_) => None,
        })
    }

    fn links(&self, owner: Option<UserId>) -> Vec<Link> {
        let link = |candidate: &Candidate| Link { owner, ..candidate.record.link.clone() };
        self.candidates().map(link).collect()
    }

    /// Taken aliases are refused for good; generated codes are replaced with new ones.
    async fn avoid_taken(&mut self, taken: &[LinkId], app: &App) -> Result<(), StoreError> {
        for outcome in &mut self.outcomes {
            let ItemOutcome::Link(candidate) = outcome else { continue };
            let Candidate { draft, attempts, record } = &mut **candidate;
            if !taken.contains(&record.link.id) {
                continue;
            }
            if let Some(alias) = &draft.alias {
                *outcome = ItemOutcome::Refused(ApiError::CodeTaken { code: alias.to_string() });
                continue;
            }
            app.ids.leave(record.link.id, *attempts).await?;
            match draft.candidate(app, attempts).await? {
                Some(next) => *record = next,
                None => *outcome = ItemOutcome::Refused(ApiError::from_failure(&NoFreeCode)),
            }
        }
        Ok(())
    }

    /// The codes may be cached as absent.
    fn forget_absence(&self, app: &App) {
        for candidate in self.candidates() {
            app.cache.invalidate(candidate.record.link.code.as_str());
        }
    }

    /// Answers for a chunk that was not written. Items with their own errors keep them.
    fn failed(&mut self, error: &ApiError, chunk: &Chunk, app: &App) -> String {
        for outcome in &mut self.outcomes {
            if let ItemOutcome::Link(_) = outcome {
                *outcome = ItemOutcome::Refused(error.clone());
            }
        }
        // The chunk may have failed before all items were checked.
        self.outcomes.resize_with(chunk.items.len(), || ItemOutcome::Refused(error.clone()));
        results(self.first, &self.outcomes, &app.site)
    }
}

impl IntoResponse for BulkAnswer {
    fn into_response(self) -> Response {
        let json = HeaderValue::from_static("application/json");
        let replayed = self.is_replay().then_some([(REPLAYED, HeaderValue::from_static("true"))]);
        ([(header::CONTENT_TYPE, json)], replayed, self.into_body()).into_response()
    }
}

#[cfg(test)]
mod tests;
