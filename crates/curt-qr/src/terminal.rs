//! Text for terminals: half blocks, two modules above each other in one character.

use crate::symbol::Symbol;

impl Symbol {
    /// Lines of Unicode block elements, each ended by a line break, with a margin of `margin`
    /// modules.
    ///
    /// The light modules are drawn: on a dark terminal the code looks as on paper. On a light one
    /// it is inverted, which most scanners read, unless the caller sets the colours.
    pub fn half_blocks(&self, margin: u32) -> String {
        let (width, margin) = (self.width_with(margin) as usize, margin as usize);
        let is_light = |x: usize, y: usize| {
            let inside = |at: usize| margin <= at && at < width - margin;
            let side = self.width as usize;
            !(inside(x) && inside(y) && self.modules[(y - margin) * side + x - margin])
        };
        let mut text = String::new();
        for y in (0..width).step_by(2) {
            for x in 0..width {
                // Symbols have an odd number of rows: below the last one there is nothing.
                let lower = y + 1 < width && is_light(x, y + 1);
                text.push(match (is_light(x, y), lower) {
                    (true, true) => '█',
                    (true, false) => '▀',
                    (false, true) => '▄',
                    (false, false) => ' ',
                });
            }
            text.push('\n');
        }
        text
    }
}
