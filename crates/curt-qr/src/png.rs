//! PNG: two colours from a palette, one bit a pixel, so that large images stay cheap.

use png::{BitDepth, ColorType, Encoder, Filter};

use crate::{color::Color, style::Style, symbol::Symbol};

/// The value of a dark pixel's bit: the place of its colour in the palette.
const DARK: u8 = 1;

/// Fewer pixels than the symbol and its margins have modules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be at least {min} for this code, correction and margin")]
pub struct TooSmall {
    pub min: u32,
}

impl Symbol {
    /// A square image of `size` pixels on a side. All modules have the same whole number of pixels;
    /// the rest widens the margins.
    pub fn png(&self, size: u32, style: &Style) -> Result<Vec<u8>, TooSmall> {
        let width = self.width_with(style.margin);
        let scale = size / width;
        if scale == 0 {
            return Err(TooSmall { min: width });
        }
        let start = (size - scale * self.width) / 2;
        let blank = vec![0; (size as usize).div_ceil(8)];
        let mut image = Vec::with_capacity(blank.len() * size as usize);
        fill(&mut image, &blank, start);
        for modules in self.rows() {
            let mut row = blank.clone();
            for (module, _) in (0..).zip(modules).filter(|(_, dark)| **dark) {
                for pixel in start + module * scale..start + (module + 1) * scale {
                    row[pixel as usize / 8] |= DARK << (7 - pixel % 8);
                }
            }
            fill(&mut image, &row, scale);
        }
        fill(&mut image, &blank, size - start - scale * self.width);
        Ok(encode(size, &image, style))
    }
}

fn fill(image: &mut Vec<u8>, row: &[u8], times: u32) {
    for _ in 0..times {
        image.extend_from_slice(row);
    }
}

fn encode(size: u32, image: &[u8], style: &Style) -> Vec<u8> {
    let Color(light) = style.background.unwrap_or(Color::WHITE);
    let Color(dark) = style.foreground;
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, size, size);
    encoder.set_color(ColorType::Indexed);
    encoder.set_depth(BitDepth::One);
    encoder.set_palette([light, dark].concat());
    if style.background.is_none() {
        // The opacity of the palette's first colour; the others are opaque.
        encoder.set_trns(vec![0]);
    }
    // Most rows repeat the row above, which the filter turns into zeros.
    encoder.set_filter(Filter::Up);
    let written = encoder.write_header().and_then(|mut writer| writer.write_image_data(image));
    written.expect("the image has the size that its header says, and memory takes it");
    file
}
