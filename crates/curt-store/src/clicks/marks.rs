//! Marks: how far each segment of a journal is counted.

use std::collections::HashMap;

use curt_domain::Timestamp;

use crate::{
    db::{Sql, Tx, Value},
    error::{DbError, DbErrorKind, StoreError},
    store::Store,
};

/// Segments whose marks are read at a time: each adds 34 bytes to the statement.
const SEGMENTS_AT_ONCE: usize = 500;

/// How far a segment is counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct JournalMark {
    /// The number of the next record to count: earlier records are counted or known to be lost.
    pub records: u64,
    /// How many dropped clicks of the segment are accounted for; the journal never stored them.
    pub dropped: u64,
    /// How many of `records` were lost.
    pub lost: u64,
    /// When the drain reached the segment's end, as far as it was known then. Only housekeeping
    /// uses it: a copy of the segment that turns up later may go further.
    pub finished_at: Option<Timestamp>,
}

/// One step of a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MarkMove {
    /// The random number that the segment got when it was created.
    pub segment: u128,
    /// Where the mark must be before the step; `None` for a segment without a mark.
    pub from: Option<JournalMark>,
    pub to: JournalMark,
}

/// The ids come as one text, `"a","b"`, which each engine splits differently.
const SELECT: Sql = Sql::new(
    "select segment_id, records, dropped, lost, finished_at from journal_marks
     where segment_id = any(cast('{' || $1 || '}' as varchar[]))",
)
.on_sqlite(
    "select segment_id, records, dropped, lost, finished_at from journal_marks
     where segment_id in (select value from json_each('[' || $1 || ']'))",
)
.on_mysql(
    "select segment_id, records, dropped, lost, finished_at
     from json_table(concat('[', $1, ']'), '$[*]' columns (id varchar(32) path '$')) as wanted
     join journal_marks on journal_marks.segment_id = wanted.id",
);

const INSERT: Sql = Sql::new(
    "insert into journal_marks (segment_id, records, dropped, lost, finished_at)
     values ($1, $2, $3, $4, $5)",
);

const MOVE: Sql = Sql::new(
    "update journal_marks set records = $1, dropped = $2, lost = $3, finished_at = $4
     where segment_id = $5 and records = $6 and dropped = $7 and lost = $8",
);

const LAST_OF_SLICE: Sql = Sql::new(
    "select max(finished_at) from
         (select finished_at from journal_marks where finished_at <= $1
          order by finished_at limit $2) as slice",
);

const DELETE: Sql = Sql::new("delete from journal_marks where finished_at <= $1");

impl Store {
    /// The marks of these segments; a segment that was never counted has none.
    pub async fn journal_marks(
        &self,
        segments: &[u128],
    ) -> Result<HashMap<u128, JournalMark>, StoreError> {
        self.read_marks(segments)
            .await
            .map_err(StoreError::while_doing("reading the marks of the journal"))
    }

    async fn read_marks(&self, segments: &[u128]) -> Result<HashMap<u128, JournalMark>, DbError> {
        let mut marks = HashMap::with_capacity(segments.len());
        for segments in segments.chunks(SEGMENTS_AT_ONCE) {
            let list: Vec<String> =
                segments.iter().map(|id| format!("\"{}\"", text(*id))).collect();
            for row in self.db.rows(SELECT, &[list.join(",").into()]).await? {
                let id = u128::from_str_radix(row.text(0)?, 16).map_err(DbError::unreadable)?;
                let mark = JournalMark {
                    records: row.number(1)?,
                    dropped: row.number(2)?,
                    lost: row.number(3)?,
                    finished_at: row.optional_int(4)?.map(Timestamp::from_millis),
                };
                marks.insert(id, mark);
            }
        }
        Ok(marks)
    }

    /// Deletes the marks of segments that were finished at `until` or earlier; returns how many.
    ///
    /// A segment whose node died with its disk is never finished, and its mark stays: some rows for
    /// each such death, so that a copy of the disk cannot be counted twice.
    pub async fn prune_journal_marks(&self, until: Timestamp) -> Result<u64, StoreError> {
        let pruned = self.db.prune(LAST_OF_SLICE, DELETE, until).await;
        pruned.map_err(StoreError::while_doing("forgetting marks of the journal"))
    }
}

/// Compares and sets; returns whether the mark was where the step begins. Of two transactions that
/// take the same step, the second waits for the first and loses.
pub(super) async fn advance(tx: &mut Tx<'_>, step: &MarkMove) -> Result<bool, DbError> {
    let id = Value::from(text(step.segment));
    let JournalMark { records, dropped, lost, finished_at } = step.to;
    let to = [records, dropped, lost].map(Value::number);
    let Some(from) = step.from else {
        let [records, dropped, lost] = to;
        return match tx.execute(INSERT, &[id, records, dropped, lost, finished_at.into()]).await {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == DbErrorKind::UniqueViolation => Ok(false),
            Err(error) => Err(error),
        };
    };
    let from = [from.records, from.dropped, from.lost].map(Value::number);
    let values = [to.as_slice(), &[finished_at.into(), id], &from].concat();
    Ok(tx.execute(MOVE, &values).await? == 1)
}

fn text(segment: u128) -> String {
    format!("{segment:032x}")
}

/// For the test that prepares every statement.
#[cfg(test)]
pub(super) const STATEMENTS: &[Sql] = &[SELECT, INSERT, MOVE, LAST_OF_SLICE, DELETE];
