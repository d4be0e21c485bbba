//! The rows of an import, one by one, in either format.

use std::io::BufRead;

use anyhow::Context as _;

use super::{super::format::Format, csv_rows::CsvRows, row::Row, source::Source};
use crate::{failure::Mistake, terminal::lines::Lines};

/// Reads rows one by one; each is bounded, so an input of any size needs little memory.
pub(super) enum Rows {
    Csv(Box<CsvRows>),
    Ndjson(Lines<Box<dyn BufRead + Send>>),
}

impl Rows {
    /// Fails if the input as a whole is wrong, for example if it has an unknown column.
    pub(super) fn new(source: Source) -> anyhow::Result<Self> {
        Ok(match source.format {
            Format::Csv => Self::Csv(Box::new(CsvRows::new(source)?)),
            Format::Ndjson => Self::Ndjson(Lines::new(source.input)),
        })
    }

    pub(super) fn next(&mut self) -> anyhow::Result<Option<Row>> {
        match self {
            Self::Csv(rows) => rows.next().context("reading the rows"),
            Self::Ndjson(lines) => next_object(lines),
        }
    }

    /// How many bytes have been read.
    pub(super) fn position(&self) -> u64 {
        match self {
            Self::Csv(rows) => rows.position(),
            Self::Ndjson(lines) => lines.position(),
        }
    }
}

fn next_object(lines: &mut Lines<impl BufRead>) -> anyhow::Result<Option<Row>> {
    while let Some(line) = lines.next().context("reading the rows")? {
        let fields = match line.text {
            Ok(text) if text.trim_ascii().is_empty() => continue,
            Ok(text) => {
                let object = serde_json::from_slice(text);
                object.map_err(|error| format!("is no JSON object: {error}"))
            }
            Err(too_long) => Err(too_long.to_string()),
        };
        let fields = fields.map_err(|why| vec![Mistake::new("", why)]);
        return Ok(Some(Row::new(line.number, fields)));
    }
    Ok(None)
}
