//! Clicks, added up: what a drain writes, and how it is read.
//!
//! A batch and the marks of the journal segments it was read from are one transaction. So a click
//! counts once, however often and by however many nodes its segment is read, and even if the answer
//! to a COMMIT is lost.

use std::collections::HashSet;

use curt_domain::{Bucket, ClickTotals, LinkId, Timestamp};

use crate::{
    db::{Sql, Tx, Value, Work},
    error::{DbError, StoreError},
    store::Store,
};

mod buckets;
mod losses;
mod marks;

pub use losses::ClickLosses;
pub use marks::{JournalMark, MarkMove};

/// Most rows of [`ClickBatch::clicks`] in a batch. Each is at most two rows of the database, and
/// SQLite's writer takes some 20 ms for all of them. A create may have to wait that long.
pub const CLICK_ROWS_MAX: usize = 2_000;

/// Clicks of one link in one bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkClicks {
    pub link: LinkId,
    pub bucket: Bucket,
    pub totals: ClickTotals,
    /// The time of the last of these clicks.
    pub last_at: Timestamp,
}

/// Clicks read from the journal, and how far it has been read.
#[derive(Debug, Clone, Default)]
pub struct ClickBatch {
    pub marks: Vec<MarkMove>,
    /// In any order, at most [`CLICK_ROWS_MAX`]; rows of the same link and bucket are added up.
    pub clicks: Vec<LinkClicks>,
    /// In any order, a row for each bucket.
    pub losses: Vec<(Bucket, ClickLosses)>,
}

/// Why a batch cannot be counted. None of it is counted then.
#[derive(Debug, thiserror::Error)]
pub enum AddClicksError {
    /// These records are already counted, perhaps by this node: read the marks and go on from
    /// there.
    #[error("a segment's mark is not where it was")]
    MarkMoved,
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<DbError> for AddClicksError {
    fn from(error: DbError) -> Self {
        StoreError::new("counting clicks", error).into()
    }
}

/// The rows of a batch, prepared before SQLite's writer would have to wait for them.
///
/// **Invariant:** the rows are in the order of their keys. Two batches then lock common rows in the
/// same order, which keeps them from waiting for each other in a circle.
struct BatchRows {
    marks: Vec<MarkMove>,
    totals: Vec<Vec<Value<'static>>>,
    buckets: Vec<Vec<Value<'static>>>,
    losses: Vec<Vec<Value<'static>>>,
}

const ADD_TOTALS: Sql = Sql::new(
    "insert into link_totals (link_id, human, bot, preview, prefetch, suspicious, last_click_at)
     values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (link_id) do update set
         human = link_totals.human + excluded.human,
         bot = link_totals.bot + excluded.bot,
         preview = link_totals.preview + excluded.preview,
         prefetch = link_totals.prefetch + excluded.prefetch,
         suspicious = link_totals.suspicious + excluded.suspicious,
         last_click_at = case when excluded.last_click_at < link_totals.last_click_at
             then link_totals.last_click_at else excluded.last_click_at end",
)
.on_mysql(
    "insert into link_totals (link_id, human, bot, preview, prefetch, suspicious, last_click_at)
     values ($1, $2, $3, $4, $5, $6, $7)
     on duplicate key update
         human = human + values(human),
         bot = bot + values(bot),
         preview = preview + values(preview),
         prefetch = prefetch + values(prefetch),
         suspicious = suspicious + values(suspicious),
         last_click_at = case when values(last_click_at) < last_click_at
             then last_click_at else values(last_click_at) end",
);

const KNOWN_LINKS: Sql = Sql::new(
    "select id from links where id = any(cast('{' || $1 || '}' as bigint[]))",
)
.on_sqlite("select id from links where id in (select value from json_each('[' || $1 || ']'))")
.on_mysql(
    "select links.id from json_table(concat('[', $1, ']'), '$[*]' columns (id bigint path '$')) as wanted
     join links on links.id = wanted.id",
);

impl Store {
    /// How many of these clicks are of links that this database does not have. At most
    /// [`CLICK_ROWS_MAX`] rows.
    pub async fn clicks_of_unknown_links(&self, clicks: &[LinkClicks]) -> Result<u64, StoreError> {
        let links: HashSet<_> = clicks.iter().map(|row| row.link.to_string()).collect();
        let links = links.into_iter().collect::<Vec<_>>().join(",");
        let read = async {
            let rows = self.db.rows(KNOWN_LINKS, &[links.into()]).await?;
            let known = rows.iter().map(|row| row.number(0));
            known.collect::<Result<HashSet<u64>, DbError>>()
        };
        let known =
            read.await.map_err(StoreError::while_doing("looking for the links of clicks"))?;
        let unknown = clicks.iter().filter(|row| !known.contains(&row.link.get()));
        Ok(unknown.map(|row| row.totals.total()).sum())
    }

    /// Counts a batch and moves the marks of its segments, or does neither.
    pub async fn add_clicks(&self, batch: ClickBatch) -> Result<(), AddClicksError> {
        self.db.transaction("add_clicks", BatchRows::of(batch), add).await
    }
}

/// The marks come first, so that the loser of a race for them has not changed anything yet.
fn add<'t>(tx: &'t mut Tx<'_>, rows: &'t BatchRows) -> Work<'t, (), AddClicksError> {
    Box::pin(async move {
        for mark in &rows.marks {
            if !marks::advance(tx, mark).await? {
                return Err(AddClicksError::MarkMoved);
            }
        }
        tx.execute_rows(ADD_TOTALS, &rows.totals).await?;
        tx.execute_rows(buckets::ADD, &rows.buckets).await?;
        tx.execute_rows(losses::ADD, &rows.losses).await?;
        Ok(())
    })
}

impl BatchRows {
    fn of(batch: ClickBatch) -> Self {
        let ClickBatch { mut marks, mut clicks, mut losses } = batch;
        marks.sort_unstable_by_key(|mark| mark.segment);
        losses.sort_unstable_by_key(|(bucket, _)| *bucket);
        clicks.sort_unstable_by_key(|row| (row.link, row.bucket));
        add_up(&mut clicks, |row| (row.link, row.bucket));
        let buckets =
            clicks.iter().map(|row| buckets::values(row.link, row.bucket, &row.totals)).collect();
        add_up(&mut clicks, |row| row.link);
        let totals = clicks.iter().map(totals_values).collect();
        let losses = losses.iter().map(losses::values).collect();
        Self { marks, totals, buckets, losses }
    }
}

/// Merges adjacent rows with the same key.
fn add_up<K: PartialEq>(rows: &mut Vec<LinkClicks>, key: impl Fn(&LinkClicks) -> K) {
    rows.dedup_by(|row, kept| {
        let is_same = key(row) == key(kept);
        if is_same {
            kept.totals.add(&row.totals);
            kept.last_at = kept.last_at.max(row.last_at);
        }
        is_same
    });
}

fn totals_values(row: &LinkClicks) -> Vec<Value<'static>> {
    let mut values = Vec::with_capacity(7);
    values.push(row.link.into());
    values.extend(buckets::class_values(&row.totals));
    values.push(row.last_at.into());
    values
}

/// For the test that prepares every statement.
#[cfg(test)]
pub(crate) fn statements() -> Vec<Sql> {
    [&[ADD_TOTALS, KNOWN_LINKS], buckets::STATEMENTS, losses::STATEMENTS, marks::STATEMENTS]
        .concat()
}

#[cfg(test)]
mod tests;
