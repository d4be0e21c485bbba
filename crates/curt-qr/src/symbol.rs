//! Symbols: which modules are dark, from the `qrcode` crate. The files named after the output forms
//! draw them.

use qrcode::EcLevel;

/// How much of a symbol may be dirty or covered and still be read: about 7, 15, 25 or 30 %.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Correction {
    Low,
    #[default]
    Medium,
    Quartile,
    High,
}

/// The text is longer than a symbol with that much correction holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the text is too long for a QR code")]
pub struct TooLong;

/// A QR code: a square of dark and light modules.
#[derive(Debug, Clone)]
pub struct Symbol {
    pub(crate) width: u32,
    /// Row by row; `true` is dark.
    pub(crate) modules: Vec<bool>,
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

    /// Modules on a side, including a margin on both ends.
    pub(crate) fn width_with(&self, margin: u32) -> u32 {
        self.width + 2 * margin
    }

    /// Rows of modules, without margins.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &[bool]> {
        self.modules.chunks_exact(self.width as usize)
    }
}
