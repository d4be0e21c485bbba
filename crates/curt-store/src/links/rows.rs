//! The mapping between rows and links: which columns there are, and in which order.

use curt_domain::{
    ClickTotals, Code, Dates, Link, LinkId, LinkRecord, MaxClicks, Note, PasswordHash,
    RedirectStatus, Route, Tag, TargetUrl, Timestamp, Title, UserId,
};

use crate::{
    db::{Row, Value},
    error::DbError,
    pages::search::without_case,
};

/// What an edit can change: the same columns in `links` and in `link_versions`.
macro_rules! settings_columns {
    () => {
        "target, title, note, redirect_status, forward_query, valid_from, expires_at, max_clicks, \
         fallback_url, disabled_at, deleted_at, revision, updated_at, password_hash"
    };
}

/// A link's own columns, as far as a [`Link`] has them.
macro_rules! link_columns {
    () => {
        concat!("id, code, created_at, owner_id, ", settings_columns!())
    };
}

/// A link with its totals and limits, from `links`, `link_totals` and `link_limits` joined.
macro_rules! record_columns {
    () => {
        concat!(
            link_columns!(),
            ", human, bot, preview, prefetch, suspicious, last_click_at, used, \
                abuse_at"
        )
    };
}

/// Inserts a new link, with the values of `inserted`.
macro_rules! insert_link {
    () => {
        concat!(
            "insert into links (",
            link_columns!(),
            ", target_host, target_hash, search_text)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, \
                     $18, $19, $20, $21)"
        )
    };
}

pub(super) use {insert_link, link_columns, record_columns, settings_columns};

/// How many columns `settings_columns!` names.
const SETTINGS_LEN: usize = 14;
/// Where the settings begin in `link_columns!`.
const SETTINGS_START: usize = 4;
/// Where the totals and limits begin in `record_columns!`.
const TOTALS_START: usize = SETTINGS_START + SETTINGS_LEN;

/// The settings of a link in the order of `settings_columns!`.
pub(super) fn settings(link: &Link) -> [Value<'_>; SETTINGS_LEN] {
    [
        link.target.as_str().into(),
        link.title.as_ref().map(Title::as_str).into(),
        link.note.as_ref().map(Note::as_str).into(),
        i64::from(link.redirect_status.code()).into(),
        i64::from(link.forward_query).into(),
        link.dates.valid_from().into(),
        link.dates.expires_at().into(),
        link.max_clicks.map(|max| max.get().cast_signed()).into(),
        link.fallback.as_ref().map(TargetUrl::as_str).into(),
        link.disabled_at.into(),
        link.deleted_at.into(),
        Value::number(link.revision),
        link.updated_at.into(),
        link.password.as_ref().map(PasswordHash::as_str).into(),
    ]
}

/// Columns derived from the link: `target_host`, `target_hash` and `search_text`.
pub(super) fn derived(link: &Link) -> [Value<'static>; 3] {
    [link.target.reversed_host().into(), link.target.hash().into(), search_text(link).into()]
}

/// All values that `insert into links` takes.
pub(super) fn inserted(link: &Link) -> Vec<Value<'_>> {
    let own =
        [link.id.into(), link.code.as_str().into(), link.created_at.into(), link.owner.into()];
    own.into_iter().chain(settings(link)).chain(derived(link)).collect()
}

/// The text that searches look into: code, title, host and path, one per line. Host and path appear
/// again in Unicode if that differs.
fn search_text(link: &Link) -> String {
    let target = link.target.as_str();
    let after_scheme = target.split_once("://").map_or(target, |(_, rest)| rest);
    let host_and_path = after_scheme.split(['?', '#']).next().unwrap_or_default();
    let title = link.title.as_ref().map_or("", Title::as_str);
    let mut text = format!("{}\n{title}\n{host_and_path}", link.code);
    let in_own_letters = link.target.in_own_letters();
    if !host_and_path.ends_with(&in_own_letters) {
        text.push('\n');
        text.push_str(&in_own_letters);
    }
    without_case(&text)
}

/// Reads `record_columns!`. Tags are in another table, so the link has none yet.
pub(super) fn record(row: &Row) -> Result<LinkRecord, DbError> {
    let count = |column| row.optional_number(TOTALS_START + column).map(Option::unwrap_or_default);
    Ok(LinkRecord {
        link: link(row)?,
        clicks: ClickTotals {
            human: count(0)?,
            bot: count(1)?,
            preview: count(2)?,
            prefetch: count(3)?,
            suspicious: count(4)?,
        },
        last_click_at: time(row, TOTALS_START + 5)?,
        used_clicks: count(6)?,
        abuse_at: time(row, TOTALS_START + 7)?,
    })
}

fn link(row: &Row) -> Result<Link, DbError> {
    let origin = Origin {
        id: id(row, 0)?,
        code: code(row, 1)?,
        created_at: some_time(row, 2)?,
        owner: owner(row, 3)?,
    };
    origin.with_settings(row, SETTINGS_START, Vec::new())
}

/// The fields of a link that no edit changes.
pub(super) struct Origin {
    pub(super) id: LinkId,
    pub(super) code: Code,
    pub(super) created_at: Timestamp,
    pub(super) owner: Option<UserId>,
}

impl Origin {
    /// Reads `settings_columns!`, starting at the column `start`.
    pub(super) fn with_settings(
        self,
        row: &Row,
        start: usize,
        tags: Vec<Tag>,
    ) -> Result<Link, DbError> {
        let title = row.optional_text(start + 1)?.map(Title::parse);
        let note = row.optional_text(start + 2)?.map(Note::parse);
        Ok(Link {
            id: self.id,
            code: self.code,
            owner: self.owner,
            target: target(row, start)?,
            title: title.transpose().map_err(DbError::unreadable)?,
            note: note.transpose().map_err(DbError::unreadable)?,
            tags,
            redirect_status: redirect_status(row, start + 3)?,
            forward_query: row.int(start + 4)? != 0,
            dates: dates(row, start + 5)?,
            max_clicks: max_clicks(row, start + 7)?,
            fallback: optional_target(row, start + 8)?,
            disabled_at: time(row, start + 9)?,
            deleted_at: time(row, start + 10)?,
            revision: row.number(start + 11)?,
            created_at: self.created_at,
            updated_at: some_time(row, start + 12)?,
            password: password(row, start + 13)?,
        })
    }
}

/// Reads the columns of the redirect's statement.
pub(super) fn route(row: &Row) -> Result<Route, DbError> {
    Ok(Route {
        id: id(row, 0)?,
        target: target(row, 1)?,
        redirect_status: redirect_status(row, 2)?,
        forward_query: row.int(3)? != 0,
        dates: dates(row, 4)?,
        max_clicks: max_clicks(row, 6)?,
        fallback: optional_target(row, 7)?,
        disabled: row.optional_int(8)?.is_some(),
        revision: row.number(9)?,
        abuse: row.optional_int(10)?.is_some(),
        password: password(row, 11)?,
    })
}

pub(super) fn id(row: &Row, column: usize) -> Result<LinkId, DbError> {
    let id = LinkId::new(row.number(column)?);
    id.ok_or_else(|| DbError::unreadable("an id from 2^53 on"))
}

pub(super) fn owner(row: &Row, column: usize) -> Result<Option<UserId>, DbError> {
    let Some(id) = row.optional_number(column)? else { return Ok(None) };
    let id = UserId::new(id);
    id.map(Some).ok_or_else(|| DbError::unreadable("an id from 2^53 on"))
}

pub(super) fn code(row: &Row, column: usize) -> Result<Code, DbError> {
    row.text(column)?.parse().map_err(DbError::unreadable)
}

pub(super) fn some_time(row: &Row, column: usize) -> Result<Timestamp, DbError> {
    row.int(column).map(Timestamp::from_millis)
}

fn time(row: &Row, column: usize) -> Result<Option<Timestamp>, DbError> {
    Ok(row.optional_int(column)?.map(Timestamp::from_millis))
}

fn target(row: &Row, column: usize) -> Result<TargetUrl, DbError> {
    TargetUrl::from_stored(row.text(column)?).map_err(DbError::unreadable)
}

fn optional_target(row: &Row, column: usize) -> Result<Option<TargetUrl>, DbError> {
    let target = row.optional_text(column)?.map(TargetUrl::from_stored);
    target.transpose().map_err(DbError::unreadable)
}

fn password(row: &Row, column: usize) -> Result<Option<PasswordHash>, DbError> {
    Ok(row.optional_text(column)?.map(PasswordHash::new))
}

fn redirect_status(row: &Row, column: usize) -> Result<RedirectStatus, DbError> {
    let status = u16::try_from(row.int(column)?).ok().and_then(RedirectStatus::from_code);
    status.ok_or_else(|| DbError::unreadable("a status that is no redirect"))
}

fn dates(row: &Row, column: usize) -> Result<Dates, DbError> {
    Dates::new(time(row, column)?, time(row, column + 1)?).map_err(DbError::unreadable)
}

fn max_clicks(row: &Row, column: usize) -> Result<Option<MaxClicks>, DbError> {
    let Some(max) = row.optional_number(column)? else { return Ok(None) };
    let max = MaxClicks::new(max);
    max.map(Some).ok_or_else(|| DbError::unreadable("a limit of no clicks"))
}
