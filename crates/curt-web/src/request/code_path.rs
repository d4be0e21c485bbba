//! Paths that name a link.

use curt_domain::Code;

/// A path that can only name a link: `/code`, `/code/`, or `/code+` for the preview.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CodePath<'a> {
    pub code: &'a str,
    pub preview: bool,
}

impl<'a> CodePath<'a> {
    /// Takes the path as it was sent: `%2F` is no slash here, and not part of a code.
    pub(crate) fn parse(path: &'a str) -> Option<Self> {
        let text = path.strip_prefix('/')?;
        let text = text.strip_suffix('/').unwrap_or(text);
        let (code, preview) = text.strip_suffix('+').map_or((text, false), |code| (code, true));
        Code::check(code).ok()?;
        Some(Self { code, preview })
    }
}

#[cfg(test)]
mod tests;
