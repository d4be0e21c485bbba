//! The source of an import: a file or standard input, inspected before it is read.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Cursor, Read},
    path::Path,
};

use anyhow::Context as _;

use super::super::format::Format;
use crate::failure::{Exit, Failure};

/// Inspected to recognize the kind of file: more than any header of columns.
const HEAD_LEN: u64 = 8 << 10;

/// Read from the system at a time.
const BUFFER_LEN: usize = 64 << 10;

/// An input that is text in a format we know, judged by its first bytes.
pub(super) struct Source {
    pub(super) format: Format,
    /// The separator of CSV columns.
    pub(super) delimiter: u8,
    /// The number of the input's first line.
    pub(super) first_line: u64,
    pub(super) input: Box<dyn BufRead + Send>,
    /// In bytes, if known.
    pub(super) len: Option<u64>,
}

impl Source {
    /// `-` is standard input.
    pub(super) fn open(path: &Path, format: Option<Format>) -> anyhow::Result<Self> {
        if path == Path::new("-") {
            return Self::new("standard input", io::stdin(), None, format);
        }
        let name = path.display().to_string();
        let file = File::open(path).with_context(|| format!("opening {name}"))?;
        let metadata = file.metadata().with_context(|| format!("reading {name}"))?;
        anyhow::ensure!(!metadata.is_dir(), "{name} is a directory");
        let len = metadata.is_file().then_some(metadata.len());
        Self::new(&name, file, len, format.or_else(|| Format::of(path)))
    }

    fn new(
        name: &str,
        mut input: impl Read + Send + 'static,
        len: Option<u64>,
        format: Option<Format>,
    ) -> anyhow::Result<Self> {
        let mut head = Vec::new();
        (&mut input)
            .take(HEAD_LEN)
            .read_to_end(&mut head)
            .with_context(|| format!("reading {name}"))?;
        if let Some(kind) = foreign(&head) {
            return Err(Failure::new(Exit::Rejected, format_args!("{name} {kind}")).into());
        }
        let mut start = if head.starts_with(UTF8_BOM) { UTF8_BOM.len() } else { 0 };
        let text = head[start..].trim_ascii_start();
        let format = match format {
            Some(format) => format,
            None if text.starts_with(b"{") => Format::Ndjson,
            None => Format::Csv,
        };
        if text.is_empty() && format == Format::Csv {
            return Err(Failure::new(Exit::Rejected, format_args!("{name} is empty")).into());
        }
        let (mut first_line, mut delimiter) = (1, delimiter(&head));
        if format == Format::Csv
            && let Some(told) = Told::by(&head[start..])
        {
            (first_line, delimiter) = (2, told.delimiter);
            start += told.line_len;
        }
        let mut input = Cursor::new(head).chain(input);
        input.get_mut().0.set_position(start as u64);
        let input = Box::new(BufReader::with_capacity(BUFFER_LEN, input));
        Ok(Self { format, delimiter, first_line, input, len })
    }
}

const UTF8_BOM: &[u8] = b"\xef\xbb\xbf";

/// The kind of a file that is not text in one of our formats, by its first bytes.
fn foreign(head: &[u8]) -> Option<&'static str> {
    const KINDS: [(&[u8], &str); 11] = [
        (
            b"PK\x03\x04",
            "is an Excel workbook or a zip archive; save the sheet as CSV, or unpack it",
        ),
        (b"\xd0\xcf\x11\xe0", "is an Excel workbook; save the sheet as CSV"),
        (b"\x1f\x8b", "is compressed; try: gunzip -c FILE | curt links import -"),
        (b"BZh", "is compressed; try: bunzip2 -c FILE | curt links import -"),
        (b"\xfd7zXZ", "is compressed; try: unxz -c FILE | curt links import -"),
        (b"\x28\xb5\x2f\xfd", "is compressed; try: unzstd -c FILE | curt links import -"),
        (b"SQLite format 3", "is a database; only CSV and NDJSON are imported"),
        (b"%PDF", "is a PDF document; only CSV and NDJSON are imported"),
        (b"\xff\xfe", "is UTF-16; save it as UTF-8"),
        (b"\xfe\xff", "is UTF-16; save it as UTF-8"),
        (b"[", "is a JSON array; one object a line is needed: jq -c '.[]' FILE"),
    ];
    let known = KINDS.iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, kind)| *kind);
    let is_binary = || head.contains(&0).then_some("is no text; only CSV and NDJSON are imported");
    known.or_else(is_binary)
}

/// The first separator in the header; the names of columns contain none. Spreadsheets in half of
/// Europe write semicolons.
fn delimiter(head: &[u8]) -> u8 {
    let header = head.split(|&byte| byte == b'\n').next().unwrap_or_default();
    header.iter().copied().find(|&byte| is_delimiter(byte)).unwrap_or(b',')
}

fn is_delimiter(byte: u8) -> bool {
    matches!(byte, b',' | b';' | b'\t')
}

/// The line `sep=;` at the start, by which Excel learns the separator. It is no row.
struct Told {
    delimiter: u8,
    line_len: usize,
}

impl Told {
    fn by(text: &[u8]) -> Option<Self> {
        let end = text.iter().position(|&byte| byte == b'\n')?;
        let line = text[..end].strip_suffix(b"\r").unwrap_or(&text[..end]);
        let (name, sign) = line.split_at_checked(b"sep=".len())?;
        match sign {
            [delimiter] if name.eq_ignore_ascii_case(b"sep=") && is_delimiter(*delimiter) => {
                Some(Self { delimiter: *delimiter, line_len: end + 1 })
            }
            _ => None,
        }
    }
}
