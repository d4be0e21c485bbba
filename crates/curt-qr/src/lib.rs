//! QR codes of short links: as PNG and SVG images, and as text for terminals.
//!
//! Which modules are dark comes from the `qrcode` crate; how they are drawn is here.

use std::{fmt, str::FromStr};

use qrcode::EcLevel;

mod png;
mod svg;
mod terminal;

/// The quiet zone that ISO/IEC 18004 asks for, in modules.
pub const MARGIN_DEFAULT: u32 = 4;

/// How much of a symbol may be dirty or covered and can still be read: about 7, 15, 25 or 30 %.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Correction {
    Low,
    #[default]
    Medium,
    Quartile,
    High,
}

/// More text than a symbol holds with that much correction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the text is too long for a QR code")]
pub struct TooLong;

/// Fewer pixels than the symbol and its margins have modules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be at least {min} for this code, correction and margin")]
pub struct TooSmall {
    pub min: u32,
}

/// Red, green and blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Color(pub [u8; 3]);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not a colour like 1a2b3c or fff")]
pub struct InvalidColor;

impl Color {
    pub const BLACK: Self = Self([0; 3]);
    pub const WHITE: Self = Self([255; 3]);

    /// From 1 to 21, as WCAG 2 has it: how far apart people and cameras see two colours.
    pub fn contrast(self, other: Self) -> f64 {
        let (one, other) = (self.luminance(), other.luminance());
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    fn luminance(self) -> f64 {
        let linear = |channel: u8| {
            let value = f64::from(channel) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        let [red, green, blue] = self.0.map(linear);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
}

/// Reads `RRGGBB` or `RGB`, in hexadecimal.
impl FromStr for Color {
    type Err = InvalidColor;

    fn from_str(text: &str) -> Result<Self, InvalidColor> {
        let digits: Option<Vec<u8>> = text
            .chars()
            .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
            .collect();
        match digits.as_deref() {
            Some(&[r, g, b]) => Ok(Self([r, g, b].map(|digit| digit * 17))),
            Some(&[r1, r0, g1, g0, b1, b0]) => {
                Ok(Self([(r1, r0), (g1, g0), (b1, b0)].map(|(high, low)| high * 16 + low)))
            }
            _ => Err(InvalidColor),
        }
    }
}

/// As SVG writes it.
impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

/// How a symbol is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// The quiet zone on every side, in modules.
    pub margin: u32,
    pub foreground: Color,
    /// Transparent where there is none.
    pub background: Option<Color>,
}

impl Default for Style {
    fn default() -> Self {
        Self { margin: MARGIN_DEFAULT, foreground: Color::BLACK, background: Some(Color::WHITE) }
    }
}

/// A QR code: a square of dark and light modules.
#[derive(Debug, Clone)]
pub struct Symbol {
    width: u32,
    /// Row by row; `true` is dark.
    modules: Vec<bool>,
}

impl Symbol {
    /// The smallest symbol that holds the text.
    pub fn new(text: &str, correction: Correction) -> Result<Self, TooLong> {
        let level = match correction {
            Correction::Low => EcLevel::L,
            Correction::Medium => EcLevel::M,
            Correction::Quartile => EcLevel::Q,
            Correction::High => EcLevel::H,
        };
        let code = qrcode::QrCode::with_error_correction_level(text, level).map_err(|_| TooLong)?;
        let width =
            u32::try_from(code.width()).expect("a symbol has at most 177 modules on a side");
        let modules = code.to_colors().into_iter().map(|color| color == qrcode::Color::Dark);
        Ok(Self { width, modules: modules.collect() })
    }

    /// Modules on a side, with a margin on both ends.
    fn width_with(&self, margin: u32) -> u32 {
        self.width + 2 * margin
    }

    /// Rows of modules, without margins.
    fn rows(&self) -> impl Iterator<Item = &[bool]> {
        self.modules.chunks_exact(self.width as usize)
    }
}

#[cfg(test)]
mod tests;
