//! `curt journal inspect`: a line for each segment, and the totals.

use std::{collections::HashMap, fmt::Write as _};

use comfy_table::Cell;
use curt_domain::Timestamp;
use curt_journal::{OpenSegmentError, SegmentState};
use curt_store::JournalMark;
use serde_json::{Value, json};

use super::survey::{Content, Segment, Survey};
use crate::{
    terminal::{
        table::{Column, Listing, cell},
        text::{self, count},
    },
    visible::visible,
};

const COLUMNS: &[Column] = &[
    Column::Word("SEGMENT"),
    Column::Word("CREATED"),
    Column::Word("STATE"),
    Column::Number("RECORDS"),
    Column::Number("COUNTED"),
    Column::Number("TO COUNT"),
    Column::Number("LOST"),
    Column::Number("DROPPED"),
    Column::Number("USED"),
];

/// Digits of an id: enough to tell segments apart, and to find one among the files.
const ID_DIGITS: usize = 8;

type Marks = HashMap<u128, JournalMark>;

/// How far a segment is counted, according to the database.
#[derive(Clone, Copy)]
struct CountedRecords {
    counted: u64,
    to_count: u64,
}

impl CountedRecords {
    fn of(segment: &Segment, marks: &Marks) -> Self {
        let mark = marks.get(&segment.file.id.0).copied().unwrap_or_default();
        let records = segment.content.as_ref().map_or(0, |Content { found, .. }| {
            // Every record has a number, lost ones included.
            found.records + found.lost
        });
        Self {
            counted: mark.records.saturating_sub(mark.lost),
            to_count: records.saturating_sub(mark.records),
        }
    }
}

pub(super) fn table(survey: &Survey, marks: Option<&Marks>) -> String {
    let row = |(segment, place)| row(segment, place, marks);
    let mut lines = Listing::new(COLUMNS).part(places(survey).map(row));
    // Below the table, which would be too wide with the problems in it.
    for (segment, _) in places(survey) {
        if let Some(problem) = segment.problem() {
            lines.extend([&short_id(segment), ": ", &problem, "\n"]);
        }
    }
    lines += &totals(&survey.segments, marks);
    if !survey.damaged.is_empty() {
        let segments = count(survey.damaged.len() as u64, "segment");
        let place = survey.damaged_directory().display().to_string();
        lines.extend([&segments, " put aside in ", &visible(&place), "\n"]);
    }
    lines
}

/// One object a line.
pub(super) fn json(survey: &Survey, marks: Option<&Marks>) -> String {
    let line = |(segment, place)| format!("{}\n", object(segment, place, marks));
    places(survey).map(line).collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Journal,
    Damaged,
}

fn places(survey: &Survey) -> impl Iterator<Item = (&Segment, Place)> {
    let journal = survey.segments.iter().map(|segment| (segment, Place::Journal));
    journal.chain(survey.damaged.iter().map(|segment| (segment, Place::Damaged)))
}

fn row(segment: &Segment, place: Place, marks: Option<&Marks>) -> Vec<Cell> {
    let number = |number: Option<u64>| number.map_or("-".to_owned(), |number| number.to_string());
    let content = segment.content.as_ref().ok();
    let found = content.map(|content| &content.found);
    let counted = marks.map(|marks| CountedRecords::of(segment, marks));
    let state = if place == Place::Damaged { "put aside" } else { state(segment) };
    let texts = [
        short_id(segment),
        time(segment.file.created_at).unwrap_or("-".to_owned()),
        state.to_owned(),
        number(found.map(|found| found.records)),
        number(counted.map(|counted| counted.counted)),
        number(counted.map(|counted| counted.to_count)),
        number(content.map(Content::lost)),
        number(found.and_then(|found| found.dropped)),
        text::size(found.map_or(segment.file.len, |found| found.bytes_used)),
    ];
    texts.iter().map(|text| cell(text)).collect()
}

fn object(segment: &Segment, place: Place, marks: Option<&Marks>) -> Value {
    let content = segment.content.as_ref().ok();
    let found = content.map(|content| &content.found);
    let counted = marks.map(|marks| CountedRecords::of(segment, marks));
    json!({
        "segment": segment.file.id.to_string(),
        "created_at": time(segment.file.created_at),
        "place": if place == Place::Damaged { "damaged" } else { "journal" },
        "state": state(segment),
        "records": found.map(|found| found.records),
        "counted": counted.map(|counted| counted.counted),
        "to_count": counted.map(|counted| counted.to_count),
        "dropped": found.and_then(|found| found.dropped),
        "lost": found.map(|found| found.lost),
        "undecodable": content.map(|content| content.undecodable),
        "newer": content.map(|content| content.newer),
        "bytes": segment.file.len,
        "bytes_used": found.map(|found| found.bytes_used),
        "bytes_unreadable": found.map(|found| found.bytes_skipped),
        "damage": segment.problem(),
        "file": segment.file.path.display().to_string(),
    })
}

fn short_id(segment: &Segment) -> String {
    let mut id = segment.file.id.to_string();
    id.truncate(ID_DIGITS);
    id
}

fn state(segment: &Segment) -> &'static str {
    match &segment.content {
        Ok(Content { found, .. }) => match found.state {
            SegmentState::Live => "live",
            SegmentState::Sealed => "sealed",
            SegmentState::Left => "left",
        },
        Err(OpenSegmentError::Newer { .. }) => "newer",
        Err(OpenSegmentError::Foreign) => "foreign",
        Err(OpenSegmentError::Io(_)) => "unreadable",
    }
}

/// The name of a file can hold any number; `None` for a time that no calendar has.
fn time(at: Timestamp) -> Option<String> {
    let mut text = String::new();
    write!(text, "{at}").ok().map(|()| text)
}

fn totals(segments: &[Segment], marks: Option<&Marks>) -> String {
    let (mut records, mut lost, mut dropped) = (0, 0, 0);
    let (mut bytes, mut counted, mut to_count) = (0, 0, 0);
    for segment in segments {
        bytes += segment.file.len;
        if let Ok(content) = &segment.content {
            records += content.found.records;
            lost += content.lost();
            dropped += content.found.dropped.unwrap_or(0);
        }
        if let Some(marks) = marks {
            let of_segment = CountedRecords::of(segment, marks);
            counted += of_segment.counted;
            to_count += of_segment.to_count;
        }
    }
    let segments = count(segments.len() as u64, "segment");
    let records = count(records, "record");
    let counted = match marks {
        Some(_) => format!("{counted} counted, {to_count} to count, "),
        None => String::new(),
    };
    let bytes = text::size(bytes);
    format!("{segments} of {bytes}: {records}, {counted}{lost} lost, {dropped} dropped\n")
}
