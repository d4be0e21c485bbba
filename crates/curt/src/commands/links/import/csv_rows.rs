//! Rows of CSV, by RFC 4180 and a little more.
//!
//! Uses `csv-core`, because the `csv` crate keeps a record however long it is: after one missing
//! quote, the rest of the file would be in memory.

use std::io::{self, BufRead};

use anyhow::Context as _;
use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
use serde_json::{Map, Value};

use super::{
    super::{
        cells::{split_tags, unguarded},
        columns::{COLUMNS, Column, HAS_PASSWORD, Import, column, settable},
    },
    row::Row,
    source::Source,
};
use crate::{
    config::hint,
    failure::{Exit, Failure, Mistake},
    terminal::lines::{LINE_LEN_MAX, TooLong},
    visible::visible,
};

/// Twice the number of known columns.
const FIELDS_MAX: usize = 2 * COLUMNS.len();

pub(super) struct CsvRows {
    input: Box<dyn BufRead + Send>,
    core: Reader,
    /// The fields of a record one after the other, and where each ends.
    fields: Box<[u8]>,
    ends: [usize; FIELDS_MAX],
    /// The column of each field, by the header.
    columns: Vec<&'static Column>,
    line: u64,
    position: u64,
}

/// How reading a record ended.
enum Record {
    /// With this many fields; ended by the end of the input if no line end came first.
    Whole {
        fields: usize,
        unclosed: bool,
    },
    TooLong,
    TooManyFields,
}

impl CsvRows {
    /// Reads the header, which names the columns.
    pub(super) fn new(source: Source) -> anyhow::Result<Self> {
        let mut rows = Self {
            input: source.input,
            core: ReaderBuilder::new().delimiter(source.delimiter).build(),
            fields: vec![0; LINE_LEN_MAX].into(),
            ends: [0; FIELDS_MAX],
            columns: Vec::new(),
            line: source.first_line,
            position: 0,
        };
        let header = rows.read_record().context("reading the header")?;
        let Some(Record::Whole { fields: header, .. }) = header else {
            return Err(no_header("is no list of columns"));
        };
        let names: Vec<_> = (0..header).map(|n| String::from_utf8_lossy(rows.field(n))).collect();
        rows.columns = names.iter().map(|name| meant(name)).collect::<Result<_, _>>()?;
        check_columns(&rows.columns)?;
        Ok(rows)
    }

    pub(super) fn next(&mut self) -> io::Result<Option<Row>> {
        self.skip_empty_lines()?;
        let line = self.line;
        let Some(record) = self.read_record()? else { return Ok(None) };
        let fields = match record {
            Record::TooLong => Err(format!("{TooLong}; is a quote missing?")),
            Record::TooManyFields => Err(format!("has more than {FIELDS_MAX} fields")),
            Record::Whole { unclosed: true, .. } => {
                Err("has a quote that is never closed".to_owned())
            }
            Record::Whole { fields, .. } if fields != self.columns.len() => {
                Err(format!("has {fields} fields, and the header has {}", self.columns.len()))
            }
            Record::Whole { .. } => Ok(()),
        };
        let fields = match fields {
            Ok(()) => self.read_fields(),
            Err(why) => Err(vec![Mistake::new("", why)]),
        };
        Ok(Some(Row::new(line, fields)))
    }

    /// How many bytes have been read.
    pub(super) fn position(&self) -> u64 {
        self.position
    }

    fn read_fields(&self) -> Result<Map<String, Value>, Vec<Mistake>> {
        let (mut fields, mut mistakes) = (Map::new(), Vec::new());
        for (n, &column) in self.columns.iter().enumerate() {
            let value = match str::from_utf8(self.field(n)) {
                Ok(cell) => value(column, unguarded(cell)),
                Err(_) => Err("is not UTF-8"),
            };
            match value {
                Ok(value) => drop(fields.insert(column.name.to_owned(), value)),
                Err(why) => mistakes.push(Mistake::new(column.name, why)),
            }
        }
        if mistakes.is_empty() { Ok(fields) } else { Err(mistakes) }
    }

    fn field(&self, n: usize) -> &[u8] {
        let start = n.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.fields[start..self.ends[n]]
    }

    fn read_record(&mut self) -> io::Result<Option<Record>> {
        let (mut fields_len, mut ends_len) = (0, 0);
        let (mut quotes_open, first_line) = (false, self.line);
        loop {
            let input = self.input.fill_buf()?;
            let at_end = input.is_empty();
            let (result, read, written, ended) = self.core.read_record(
                input,
                &mut self.fields[fields_len..],
                &mut self.ends[ends_len..],
            );
            for byte in &input[..read] {
                quotes_open ^= *byte == b'"';
                self.line += u64::from(*byte == b'\n');
            }
            self.position += read as u64;
            self.input.consume(read);
            fields_len += written;
            ends_len += ended;
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::End => return Ok(None),
                ReadRecordResult::Record => {
                    // A quote that is never closed swallows all following lines.
                    let unclosed = at_end && quotes_open && first_line < self.line;
                    return Ok(Some(Record::Whole { fields: ends_len, unclosed }));
                }
                ReadRecordResult::OutputFull => return self.give_up(Record::TooLong),
                ReadRecordResult::OutputEndsFull => return self.give_up(Record::TooManyFields),
            }
        }
    }

    /// Continues at the next line, whatever it belongs to: one bad record must not cost the rest.
    fn give_up(&mut self, record: Record) -> io::Result<Option<Record>> {
        self.core.reset();
        loop {
            let input = self.input.fill_buf()?;
            let end = input.iter().position(|&byte| byte == b'\n');
            let (used, is_over) = (end.map_or(input.len(), |end| end + 1), input.is_empty());
            self.input.consume(used);
            self.position += used as u64;
            self.line += u64::from(end.is_some());
            if end.is_some() || is_over {
                return Ok(Some(record));
            }
        }
    }

    /// The parser skips them too, but does not count their lines.
    fn skip_empty_lines(&mut self) -> io::Result<()> {
        while let Some(byte @ (b'\n' | b'\r')) = self.input.fill_buf()?.first().copied() {
            self.line += u64::from(byte == b'\n');
            self.position += 1;
            self.input.consume(1);
        }
        Ok(())
    }
}

/// The column that a header names: in any case, with blanks or hyphens for underscores.
fn meant(name: &str) -> anyhow::Result<&'static Column> {
    let wanted = name.trim().to_ascii_lowercase().replace([' ', '-'], "_");
    column(&wanted).ok_or_else(|| {
        let hint = hint(&wanted, settable().map(str::to_owned));
        let columns = settable().collect::<Vec<_>>().join(", ");
        let name = visible(name.trim());
        no_header(&format!("names the unknown column {name:?}{hint}; the columns are {columns}"))
    })
}

fn check_columns(columns: &[&Column]) -> anyhow::Result<()> {
    let names: Vec<_> = columns.iter().map(|column| column.name).collect();
    for (n, name) in names.iter().enumerate() {
        if names[..n].contains(name) {
            return Err(no_header(&format!("names the column {name} twice")));
        }
    }
    if !names.contains(&"original_url") {
        return Err(no_header("has no column original_url"));
    }
    Ok(())
}

fn no_header(why: &str) -> anyhow::Error {
    let line = format!("the first line, which names the columns, {why}");
    Failure::new(Exit::Rejected, line).into()
}

/// A cell as the API expects it; an empty cell becomes null.
fn value(column: &Column, cell: &str) -> Result<Value, &'static str> {
    if cell.is_empty() || column.import == Import::PassesOver {
        return Ok(Value::Null);
    }
    match column.name {
        "tags" => Ok(split_tags(cell).into()),
        "redirect_status" | "max_clicks" => {
            cell.trim().parse::<u64>().map(Value::from).map_err(|_| "is no whole number")
        }
        "forward_query" | HAS_PASSWORD => match cell.trim().to_ascii_lowercase().as_str() {
            "true" | "yes" | "1" => Ok(true.into()),
            "false" | "no" | "0" => Ok(false.into()),
            _ => Err("is neither true nor false"),
        },
        _ => Ok(cell.into()),
    }
}
