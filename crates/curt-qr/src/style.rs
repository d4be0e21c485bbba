//! How a symbol is drawn as an image: its colours and its margin.

use crate::color::Color;

/// The quiet zone that ISO/IEC 18004 asks for, in modules.
pub const MARGIN_DEFAULT: u32 = 4;

/// How a symbol is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// The quiet zone on every side, in modules.
    pub margin: u32,
    pub foreground: Color,
    /// Transparent if absent.
    pub background: Option<Color>,
}

impl Default for Style {
    fn default() -> Self {
        Self { margin: MARGIN_DEFAULT, foreground: Color::BLACK, background: Some(Color::WHITE) }
    }
}
