//! Reports of links, the administrators' decisions on them, and the links disabled for abuse.

use curt_domain::{
    Caller, Code, LinkId, Note, ReportReason, ReportState, TargetPattern, TargetUrl, Timestamp,
};

use serde_json::json;

use crate::{
    attribution::{Action, Attribution},
    db::{ChangeKind, Row, Sql, Tx, Value, Work},
    error::{DbError, StoreError},
    ids::Sequence,
    store::Store,
    target_blocks::{self, TargetBlockSource, words},
};

/// Most open reports of one link: further ones add nothing.
pub const OPEN_REPORTS_MAX: u64 = 100;

/// Most reports on a page, however many were requested.
pub const REPORT_PAGE_LEN_MAX: u32 = 200;

/// What a visitor says is wrong with a link.
#[derive(Debug, Clone)]
pub struct NewReport {
    pub link: LinkId,
    pub reason: ReportReason,
    pub note: Option<Note>,
    pub at: Timestamp,
}

/// A report with its link, as far as an administrator needs it to decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    pub id: u64,
    pub link: LinkId,
    pub code: Code,
    pub target: TargetUrl,
    /// The network of the reporter.
    pub reporter: String,
    pub reason: ReportReason,
    pub note: Option<String>,
    pub created_at: Timestamp,
    pub state: ReportState,
    pub resolved_at: Option<Timestamp>,
    pub resolved_by: Option<String>,
    /// When the link was disabled for abuse, if it is.
    pub abuse_at: Option<Timestamp>,
}

/// An administrator's decision; it settles all open reports of the link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// Nothing is wrong with the link.
    Dismiss,
    /// Disables the link for abuse.
    Disable,
    /// Enables the link again.
    Enable,
    /// Blocks the host that it leads to, for all links.
    BlockHost,
}

impl Resolution {
    const fn action(self) -> Action {
        match self {
            Self::Dismiss => Action::ReportDismiss,
            Self::Disable => Action::ReportDisable,
            Self::Enable => Action::ReportEnable,
            Self::BlockHost => Action::ReportBlockHost,
        }
    }

    const fn state(self) -> ReportState {
        match self {
            Self::Dismiss | Self::Enable => ReportState::Dismissed,
            Self::Disable => ReportState::Disabled,
            Self::BlockHost => ReportState::HostBlocked,
        }
    }
}

/// A link that is disabled for abuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AbuseLink {
    pub code: Code,
    pub target: TargetUrl,
    pub reason: ReportReason,
    pub at: Timestamp,
}

struct Resolving {
    report: u64,
    resolution: Resolution,
    /// For the block of a host.
    block_id: u64,
    attribution: Attribution,
}

const OPEN_OF_LINK: Sql =
    Sql::new("select count(*) from reports where link_id = $1 and state = 'open'");

const INSERT: Sql = Sql::new(
    "insert into reports (id, link_id, client, day, reason, note, created_at, state)
     values ($1, $2, $3, $4, $5, $6, $7, 'open') on conflict (link_id, client, day) do nothing",
)
.on_mysql(
    "insert into reports (id, link_id, client, day, reason, note, created_at, state)
     values ($1, $2, $3, $4, $5, $6, $7, 'open') on duplicate key update link_id = link_id",
);

const WRITTEN: Sql = Sql::new("select count(*) from reports where id = $1");

macro_rules! select {
    ($rest:literal) => {
        Sql::new(concat!(
            "select reports.id, reports.link_id, links.code, links.target, reports.client,
                    reports.reason, reports.note, reports.created_at, reports.state,
                    reports.resolved_at, reports.resolved_by, links.abuse_at
             from reports join links on links.id = reports.link_id
             where links.target <> '' and ",
            $rest
        ))
    };
}

const BY_ID: Sql = select!("reports.id = $1");
const NEWEST_FIRST: Sql = select!("reports.id < $1 order by reports.id desc limit $2");
const OF_STATE: Sql =
    select!("reports.state = $1 and reports.id < $2 order by reports.id desc limit $3");

const LOCK_LINK: Sql =
    Sql::new("select code, target, abuse_at from links where id = $1 and target <> ''").locking();

const SETTLE: Sql = Sql::new(
    "update reports set state = $1, resolved_at = $2, resolved_by = $3
     where link_id = $4 and (state = 'open' or id = $5)",
);

const SET_ABUSE: Sql = Sql::new("update links set abuse_at = $1 where id = $2");
const ADD_ABUSE: Sql =
    Sql::new("insert into abuse_links (at, link_id, reason) values ($1, $2, $3)");
const DELETE_ABUSE: Sql = Sql::new("delete from abuse_links where at = $1 and link_id = $2");

/// A link that its owner deleted is no danger any more.
const ABUSE: Sql = Sql::new(
    "select links.code, links.target, abuse_links.reason, abuse_links.at
     from abuse_links join links on links.id = abuse_links.link_id
     where links.deleted_at is null and links.target <> ''
     order by abuse_links.at desc, abuse_links.link_id desc limit $1",
);

/// All reports of a link disabled for abuse stay: the link can be enabled again only through them.
const LAST_OF_SLICE: Sql = Sql::new(
    "select max(resolved_at) from
         (select resolved_at from reports where resolved_at <= $1
              and not exists (select 1 from links
                  where links.id = reports.link_id and links.abuse_at is not null)
          order by resolved_at limit $2) as slice",
);

const PRUNE: Sql = Sql::new(
    "delete from reports where resolved_at <= $1
         and not exists (select 1 from links
             where links.id = reports.link_id and links.abuse_at is not null)",
);

/// Milliseconds of a day: a network can report a link once in that time.
const DAY: i64 = 24 * 60 * 60 * 1_000;

impl Store {
    /// Writes a report down. Returns false if it adds nothing: the same network reported the link
    /// today, or there are [`OPEN_REPORTS_MAX`] open reports.
    pub async fn add_report(&self, caller: &Caller, new: NewReport) -> Result<bool, StoreError> {
        let client = caller.client_network().map(|net| net.to_string()).unwrap_or_default();
        let written = async {
            let id = self.reserve(Sequence::Reports, 1).await?.start;
            self.db.transaction("add_report", (id, client, new), insert).await
        };
        written.await.map_err(StoreError::while_doing("writing a report down"))
    }

    pub async fn report(&self, id: u64) -> Result<Option<Report>, StoreError> {
        let read = async {
            self.db.row(BY_ID, &[Value::number(id)]).await?.as_ref().map(report).transpose()
        };
        read.await.map_err(StoreError::while_doing("reading a report"))
    }

    /// A page of reports, the latest first, with ids below `before`.
    pub async fn reports(
        &self,
        state: Option<ReportState>,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<Report>, StoreError> {
        let before = before.map_or(Value::from(i64::MAX), Value::number);
        let limit = i64::from(limit.min(REPORT_PAGE_LEN_MAX + 1)).into();
        let read = async {
            let rows = match state {
                Some(state) => {
                    self.db.rows(OF_STATE, &[state.as_str().into(), before, limit]).await?
                }
                None => self.db.rows(NEWEST_FIRST, &[before, limit]).await?,
            };
            rows.iter().map(report).collect::<Result<Vec<_>, _>>()
        };
        read.await.map_err(StoreError::while_doing("listing reports"))
    }

    /// Carries out the decision and settles all open reports of the link. Repeating a decision
    /// changes nothing. `None` if there is no such report or its link is erased.
    pub async fn resolve_report(
        &self,
        caller: &Caller,
        report: u64,
        resolution: Resolution,
        now: Timestamp,
    ) -> Result<Option<Report>, StoreError> {
        let resolved = async {
            let block_id = match resolution {
                Resolution::BlockHost => self.reserve(Sequence::TargetBlocks, 1).await?.start,
                Resolution::Dismiss | Resolution::Disable | Resolution::Enable => 0,
            };
            let attribution = self.attribute(caller, now);
            let input = Resolving { report, resolution, block_id, attribution };
            self.db.transaction("resolve_report", input, resolve).await
        };
        resolved.await.map_err(StoreError::while_doing("settling a report"))
    }

    /// Deletes reports that were settled at `until` or earlier and returns how many. Reports of
    /// disabled links stay.
    pub async fn prune_reports(&self, until: Timestamp) -> Result<u64, StoreError> {
        let pruned = self.db.prune(LAST_OF_SLICE, PRUNE, until).await;
        pruned.map_err(StoreError::while_doing("forgetting settled reports"))
    }

    /// The links disabled for abuse now, the latest first.
    pub async fn abuse_links(&self, limit: u32) -> Result<Vec<AbuseLink>, StoreError> {
        let read = async {
            let rows = self.db.rows(ABUSE, &[i64::from(limit).into()]).await?;
            rows.iter().map(abuse_link).collect::<Result<Vec<_>, _>>()
        };
        read.await.map_err(StoreError::while_doing("listing links disabled for abuse"))
    }
}

fn insert<'t>(tx: &'t mut Tx<'_>, input: &'t (u64, String, NewReport)) -> Work<'t, bool, DbError> {
    Box::pin(async move {
        let (id, client, new) = input;
        let open = tx.row(OPEN_OF_LINK, &[new.link.into()]).await?;
        if OPEN_REPORTS_MAX <= open.ok_or_else(DbError::row_missing)?.number(0)? {
            return Ok(false);
        }
        let values = [
            Value::number(*id),
            new.link.into(),
            client.as_str().into(),
            new.at.as_millis().div_euclid(DAY).into(),
            new.reason.as_str().into(),
            new.note.as_ref().map(Note::as_str).into(),
            new.at.into(),
        ];
        tx.execute(INSERT, &values).await?;
        let written = tx.row(WRITTEN, &[Value::number(*id)]).await?;
        Ok(written.ok_or_else(DbError::row_missing)?.number(0)? == 1)
    })
}

fn resolve<'t>(tx: &'t mut Tx<'_>, input: &'t Resolving) -> Work<'t, Option<Report>, DbError> {
    Box::pin(async move {
        let Some(row) = tx.row(BY_ID, &[Value::number(input.report)]).await? else {
            return Ok(None);
        };
        let found = report(&row)?;
        let Some(link) = tx.row(LOCK_LINK, &[found.link.into()]).await? else { return Ok(None) };
        let abuse_at = link.optional_int(2)?.map(Timestamp::from_millis);
        match (input.resolution, abuse_at) {
            (Resolution::Disable, None) => disable(tx, &found, input.attribution.at).await?,
            (Resolution::Enable, Some(at)) => enable(tx, &found, at, input.attribution.at).await?,
            (Resolution::BlockHost, _) => block_host(tx, &found, input).await?,
            (Resolution::Dismiss | Resolution::Disable | Resolution::Enable, _) => {}
        }
        let settled = [
            input.resolution.state().as_str().into(),
            input.attribution.at.into(),
            words(&input.attribution.caller.author).into(),
            found.link.into(),
            Value::number(input.report),
        ];
        tx.execute(SETTLE, &settled).await?;
        let details = json!({ "link": found.link.get(), "host": found.target.host() });
        let action = input.resolution.action();
        input.attribution.write(tx, action, Some(input.report), &details).await?;
        let row = tx.row(BY_ID, &[Value::number(input.report)]).await?;
        row.as_ref().map(report).transpose()
    })
}

async fn disable(tx: &mut Tx<'_>, report: &Report, now: Timestamp) -> Result<(), DbError> {
    tx.execute(SET_ABUSE, &[now.into(), report.link.into()]).await?;
    let reason = report.reason.as_str();
    tx.execute(ADD_ABUSE, &[now.into(), report.link.into(), reason.into()]).await?;
    tx.changed(ChangeKind::Link, report.code.as_str(), now);
    Ok(())
}

async fn enable(
    tx: &mut Tx<'_>,
    report: &Report,
    abuse_at: Timestamp,
    now: Timestamp,
) -> Result<(), DbError> {
    tx.execute(SET_ABUSE, &[Value::Int(None), report.link.into()]).await?;
    tx.execute(DELETE_ABUSE, &[abuse_at.into(), report.link.into()]).await?;
    tx.changed(ChangeKind::Link, report.code.as_str(), now);
    Ok(())
}

async fn block_host(tx: &mut Tx<'_>, report: &Report, input: &Resolving) -> Result<(), DbError> {
    let pattern = TargetPattern::of_host(&report.target);
    let reason = Some(report.reason.as_str());
    let row = target_blocks::row(
        input.block_id,
        &pattern,
        reason,
        TargetBlockSource::Report,
        &input.attribution.caller.author,
        input.attribution.at,
    );
    tx.execute(target_blocks::INSERT, &row).await?;
    tx.changed(ChangeKind::TargetBlocks, &input.block_id.to_string(), input.attribution.at);
    Ok(())
}

fn report(row: &Row) -> Result<Report, DbError> {
    let time = |column| Ok::<_, DbError>(row.optional_int(column)?.map(Timestamp::from_millis));
    let state = ReportState::from_word(row.text(8)?);
    Ok(Report {
        id: row.number(0)?,
        link: LinkId::new(row.number(1)?)
            .ok_or_else(|| DbError::unreadable("an id from 2^53 on"))?,
        code: row.text(2)?.parse().map_err(DbError::unreadable)?,
        target: TargetUrl::from_stored(row.text(3)?).map_err(DbError::unreadable)?,
        reporter: row.text(4)?.to_owned(),
        reason: reason(row, 5)?,
        note: row.optional_text(6)?.map(str::to_owned),
        created_at: Timestamp::from_millis(row.int(7)?),
        state: state.ok_or_else(|| DbError::unreadable("an unknown state of a report"))?,
        resolved_at: time(9)?,
        resolved_by: row.optional_text(10)?.map(str::to_owned),
        abuse_at: time(11)?,
    })
}

fn reason(row: &Row, column: usize) -> Result<ReportReason, DbError> {
    let reason = ReportReason::from_word(row.text(column)?);
    reason.ok_or_else(|| DbError::unreadable("an unknown reason of a report"))
}

fn abuse_link(row: &Row) -> Result<AbuseLink, DbError> {
    Ok(AbuseLink {
        code: row.text(0)?.parse().map_err(DbError::unreadable)?,
        target: TargetUrl::from_stored(row.text(1)?).map_err(DbError::unreadable)?,
        reason: reason(row, 2)?,
        at: Timestamp::from_millis(row.int(3)?),
    })
}

/// For the test that prepares every statement.
#[cfg(test)]
pub(crate) const STATEMENTS: &[Sql] = &[
    OPEN_OF_LINK,
    INSERT,
    WRITTEN,
    BY_ID,
    NEWEST_FIRST,
    OF_STATE,
    LOCK_LINK,
    SETTLE,
    SET_ABUSE,
    ADD_ABUSE,
    DELETE_ABUSE,
    LAST_OF_SLICE,
    PRUNE,
    ABUSE,
];
