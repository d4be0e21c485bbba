//! Clicks of a link over time: by quarters of an hour, and old ones by hours.

use curt_domain::{Bucket, ClickTotals, LinkId, Span, Timestamp};

use crate::{
    db::{Row, Sql, Tx, Value, Work},
    error::{DbError, StoreError},
    store::Store,
};

/// Buckets read at a time: three weeks of quarters of an hour, or twelve weeks of hours.
const READ_AT_ONCE: u32 = 2_000;

/// Rows added up in one transaction, so that no other write waits long for SQLite's writer.
const ROLLED_UP_AT_ONCE: u32 = 1_000;

pub(super) const ADD: Sql = Sql::new(
    "insert into click_buckets (link_id, at, human, bot, preview, prefetch, suspicious)
     values ($1, $2, $3, $4, $5, $6, $7)
     on conflict (link_id, at) do update set
         human = click_buckets.human + excluded.human,
         bot = click_buckets.bot + excluded.bot,
         preview = click_buckets.preview + excluded.preview,
         prefetch = click_buckets.prefetch + excluded.prefetch,
         suspicious = click_buckets.suspicious + excluded.suspicious",
)
.on_mysql(
    "insert into click_buckets (link_id, at, human, bot, preview, prefetch, suspicious)
     values ($1, $2, $3, $4, $5, $6, $7)
     on duplicate key update
         human = human + values(human),
         bot = bot + values(bot),
         preview = preview + values(preview),
         prefetch = prefetch + values(prefetch),
         suspicious = suspicious + values(suspicious)",
);

const SELECT: Sql = Sql::new(
    "select at, human, bot, preview, prefetch, suspicious from click_buckets
     where link_id = $1 and $2 <= at and at < $3 order by at limit $4",
);

const SUM: Sql = Sql::new(
    "select 0, cast(coalesce(sum(human), 0) as bigint), cast(coalesce(sum(bot), 0) as bigint),
            cast(coalesce(sum(preview), 0) as bigint), cast(coalesce(sum(prefetch), 0) as bigint),
            cast(coalesce(sum(suspicious), 0) as bigint)
     from click_buckets where link_id = $1 and $2 <= at and at < $3",
)
.on_mysql(
    "select 0, cast(coalesce(sum(human), 0) as signed), cast(coalesce(sum(bot), 0) as signed),
            cast(coalesce(sum(preview), 0) as signed), cast(coalesce(sum(prefetch), 0) as signed),
            cast(coalesce(sum(suspicious), 0) as signed)
     from click_buckets where link_id = $1 and $2 <= at and at < $3",
);

const NEXT: Sql = Sql::new("select min(at) from click_buckets where $1 < at and at < $2");

/// Locks the rows: none of them changes before it is deleted.
const SLICE: Sql = Sql::new(
    "select link_id, human, bot, preview, prefetch, suspicious from click_buckets
     where at = $1 order by link_id limit $2",
)
.locking();

/// Deletes rows by their keys. Clicks added to another link since then stay for the next slice.
const DELETE: Sql = Sql::new(
    "delete from click_buckets
     where link_id = any(cast('{' || $1 || '}' as bigint[])) and at = $2",
)
.on_sqlite(
    "delete from click_buckets
     where link_id in (select value from json_each('[' || $1 || ']')) and at = $2",
)
.on_mysql(
    "delete click_buckets
     from json_table(concat('[', $1, ']'), '$[*]' columns (id bigint path '$')) as wanted
     join click_buckets on click_buckets.link_id = wanted.id
     where click_buckets.at = $2",
);

impl Store {
    /// The link's clicks in the buckets of the span, in order, without buckets that have no click.
    /// Old clicks are in the first bucket of their hour.
    ///
    /// Passes the buckets on slice by slice, so that years of them take no more memory than weeks.
    pub async fn each_click_bucket(
        &self,
        link: LinkId,
        span: Span,
        mut work: impl FnMut(Bucket, &ClickTotals) + Send,
    ) -> Result<(), StoreError> {
        let mut from = span.from();
        while from < span.to() {
            let slice = self.click_buckets(link, from, span.to()).await;
            let slice = slice.map_err(StoreError::while_doing("reading clicks by time"))?;
            slice.buckets.iter().for_each(|(bucket, totals)| work(*bucket, totals));
            let Some(next) = slice.next else { break };
            from = next;
        }
        Ok(())
    }

    async fn click_buckets(
        &self,
        link: LinkId,
        from: Bucket,
        to: Bucket,
    ) -> Result<Slice, DbError> {
        let limit = i64::from(READ_AT_ONCE);
        let values = [link.into(), from.start().into(), to.start().into(), limit.into()];
        let rows = self.db.rows(SELECT, &values).await?;
        let found = |row: &Row| Ok((bucket(row.int(0)?), totals(row)?));
        let buckets: Vec<_> = rows.iter().map(found).collect::<Result<_, DbError>>()?;
        Ok(Slice::of(buckets))
    }

    /// The sum of the buckets of the span.
    pub async fn clicks_within(&self, link: LinkId, span: Span) -> Result<ClickTotals, StoreError> {
        let read = async {
            let values = [link.into(), span.from().start().into(), span.to().start().into()];
            let sum = self.db.row(SUM, &values).await?;
            totals(&sum.ok_or_else(DbError::row_missing)?)
        };
        read.await.map_err(StoreError::while_doing("adding up clicks"))
    }

    /// Adds up the buckets of each hour that ended before `until`; returns how many buckets became
    /// part of an hour. May be repeated, and may run beside drains that add to the same buckets.
    ///
    /// Skips buckets before `since`: they are already rolled up.
    pub async fn roll_up_click_buckets(
        &self,
        since: Option<Timestamp>,
        until: Timestamp,
    ) -> Result<u64, StoreError> {
        let since = since.map(|since| Bucket::of(since).first_of_hour());
        let rolled_up = self.roll_up_between(since, Bucket::of(until).first_of_hour()).await;
        rolled_up.map_err(StoreError::while_doing("adding up old clicks by the hour"))
    }

    // Each existing bucket costs one lookup through the index.
    async fn roll_up_between(&self, start: Option<Bucket>, end: Bucket) -> Result<u64, DbError> {
        let mut rolled_up = 0;
        let mut after = start.map_or(Timestamp::from_millis(i64::MIN), Bucket::start);
        loop {
            let next = self.db.row(NEXT, &[after.into(), end.start().into()]).await?;
            let Some(next) = next.ok_or_else(DbError::row_missing)?.optional_int(0)? else {
                return Ok(rolled_up);
            };
            let next = bucket(next);
            if next != next.first_of_hour() {
                rolled_up += self.roll_up_bucket(next).await?;
            }
            after = next.start();
        }
    }

    async fn roll_up_bucket(&self, bucket: Bucket) -> Result<u64, DbError> {
        let mut rolled_up = 0;
        loop {
            match self.db.transaction("fold_click_buckets", bucket, roll_up).await? {
                0 => return Ok(rolled_up),
                slice => rolled_up += slice,
            }
        }
    }
}

/// Some buckets of a span in order and, if this slice is full, the start of the next one.
struct Slice {
    buckets: Vec<(Bucket, ClickTotals)>,
    next: Option<Bucket>,
}

impl Slice {
    /// Ends a full slice with a whole hour. A roll-up between two slices then moves clicks only
    /// within the slice already read or within the next ones.
    fn of(mut buckets: Vec<(Bucket, ClickTotals)>) -> Self {
        let last = buckets.last().filter(|_| READ_AT_ONCE as usize <= buckets.len());
        let next = last.map(|(bucket, _)| bucket.first_of_hour());
        if let Some(next) = next {
            buckets.truncate(buckets.partition_point(|(bucket, _)| *bucket < next));
        }
        Self { buckets, next }
    }
}

fn roll_up<'t>(tx: &'t mut Tx<'_>, bucket: &'t Bucket) -> Work<'t, u64, DbError> {
    Box::pin(async move {
        let at = Value::from(bucket.start());
        let slice = tx.rows(SLICE, &[at.clone(), i64::from(ROLLED_UP_AT_ONCE).into()]).await?;
        if slice.is_empty() {
            return Ok(0);
        }
        let (mut ids, mut hours) = (Vec::new(), Vec::new());
        for row in &slice {
            let link = row.number(0)?;
            let link =
                LinkId::new(link).ok_or_else(|| DbError::unreadable("not the id of a link"))?;
            ids.push(link.to_string());
            hours.push(values(link, bucket.first_of_hour(), &totals(row)?));
        }
        tx.execute_rows(ADD, &hours).await?;
        tx.execute(DELETE, &[ids.join(",").into(), at]).await
    })
}

fn bucket(start: i64) -> Bucket {
    Bucket::of(Timestamp::from_millis(start))
}

/// Reads the columns after the first.
fn totals(row: &Row) -> Result<ClickTotals, DbError> {
    Ok(ClickTotals {
        human: row.number(1)?,
        bot: row.number(2)?,
        preview: row.number(3)?,
        prefetch: row.number(4)?,
        suspicious: row.number(5)?,
    })
}

/// Values in the order of [`ADD`].
pub(super) fn values(link: LinkId, bucket: Bucket, totals: &ClickTotals) -> Vec<Value<'static>> {
    let mut values = Vec::with_capacity(7);
    values.extend([link.into(), bucket.start().into()]);
    values.extend(class_values(totals));
    values
}

/// Values in the order of the columns.
pub(super) fn class_values(totals: &ClickTotals) -> [Value<'static>; 5] {
    let ClickTotals { human, bot, preview, prefetch, suspicious } = *totals;
    [human, bot, preview, prefetch, suspicious].map(Value::number)
}

/// For the test that prepares every statement.
#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[ADD, SELECT, SUM, NEXT, SLICE, DELETE];

/// Statements that must find old rows among all rows.
#[cfg(test)]
pub(super) const FOLDING: &[Sql] = &[NEXT, SLICE];
