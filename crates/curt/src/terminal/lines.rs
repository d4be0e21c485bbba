//! Lines of any input; a line that is too long is not kept in memory.

use std::io::{self, BufRead};

/// Far above any useful line: a link with every field set has 20 kB.
pub(crate) const LINE_LEN_MAX: usize = 1 << 20;

pub(crate) struct Lines<R> {
    input: R,
    line: Vec<u8>,
    number: u64,
    position: u64,
}

/// A line without its end, or the fact that it was longer than [`LINE_LEN_MAX`].
pub(crate) struct Line<'a> {
    /// Counted from 1.
    pub(crate) number: u64,
    pub(crate) text: Result<&'a [u8], TooLong>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is longer than {LINE_LEN_MAX} bytes")]
pub(crate) struct TooLong;

impl<R: BufRead> Lines<R> {
    pub(crate) fn new(input: R) -> Self {
        Self { input, line: Vec::new(), number: 0, position: 0 }
    }

    /// How many bytes have been read.
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// The next line; `None` at the end.
    pub(crate) fn next(&mut self) -> io::Result<Option<Line<'_>>> {
        self.line.clear();
        let (mut len, mut ended) = (0, false);
        while !ended {
            let chunk = self.input.fill_buf()?;
            if chunk.is_empty() {
                break;
            }
            let end = chunk.iter().position(|&byte| byte == b'\n');
            let used = end.map_or(chunk.len(), |end| end + 1);
            let text = &chunk[..end.unwrap_or(used)];
            if len + text.len() <= LINE_LEN_MAX {
                self.line.extend_from_slice(text);
            }
            len += text.len();
            ended = end.is_some();
            self.input.consume(used);
            self.position += used as u64;
        }
        if len == 0 && !ended {
            return Ok(None);
        }
        self.number += 1;
        let text = if len <= LINE_LEN_MAX {
            Ok(self.line.strip_suffix(b"\r").unwrap_or(&self.line))
        } else {
            Err(TooLong)
        };
        Ok(Some(Line { number: self.number, text }))
    }
}

#[cfg(test)]
mod tests;
