//! SVG: one path, a rectangle for each run of dark modules.

use std::fmt::Write as _;

use crate::{style::Style, symbol::Symbol};

impl Symbol {
    /// A square image that is displayed `size` pixels wide, and is sharp at any other size.
    pub fn svg(&self, size: u32, style: &Style) -> String {
        let width = self.width_with(style.margin);
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{size}\" height=\"{size}\" \
             viewBox=\"0 0 {width} {width}\" shape-rendering=\"crispEdges\">"
        );
        if let Some(background) = style.background {
            let square = format!("<path fill=\"{background}\" d=\"M0 0h{width}v{width}H0z\"/>");
            svg.push_str(&square);
        }
        let foreground = style.foreground;
        let path = self.path(style.margin);
        write!(svg, "<path fill=\"{foreground}\" d=\"{path}\"/></svg>")
            .expect("writing to a string cannot fail");
        svg
    }

    fn path(&self, margin: u32) -> String {
        let mut path = String::new();
        for (y, modules) in (margin..).zip(self.rows()) {
            let mut x = margin;
            for run in modules.chunk_by(|one, next| one == next) {
                let length = u32::try_from(run.len()).expect("no longer than a row");
                if run[0] {
                    write!(path, "M{x} {y}h{length}v1h-{length}z")
                        .expect("writing to a string cannot fail");
                }
                x += length;
            }
        }
        path
    }
}
