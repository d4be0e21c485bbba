//! QR codes of short links: as PNG and SVG images, and as text for terminals.
//!
//! The `qrcode` crate decides which modules are dark; this crate draws them.

mod color;
mod png;
mod style;
mod svg;
mod symbol;
mod terminal;

pub use color::{Color, InvalidColor};
pub use png::TooSmall;
pub use style::{MARGIN_DEFAULT, Style};
pub use symbol::{Correction, Symbol, TooLong};

#[cfg(test)]
mod tests;
