//! QR codes of short links: as PNG and SVG images, and as text for terminals.
//!
//! Which modules are dark comes from the `qrcode` crate; how they are drawn is here.

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
