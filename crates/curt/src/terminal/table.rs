//! Tables for people: as wide as the terminal, with colours unless the user declines them.

use std::env;

use comfy_table::{
    Attribute, Cell, CellAlignment, ColumnConstraint, ContentArrangement, Row, Table, Width,
    presets,
};

use crate::visible::visible;

/// Blanks between two columns.
const COLUMN_GAP: u16 = 2;

/// In less width a table shows nothing useful; some terminals claim to have no columns at all.
const WIDTH_MIN: u16 = 60;

/// What a column does if the terminal is too narrow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Column {
    /// Short words, which stay whole.
    Word(&'static str),
    /// Numbers: whole too, and aligned at the right.
    Number(&'static str),
    /// Longer text: cut, with `…` for the rest.
    Text(&'static str),
}

impl Column {
    fn name(self) -> &'static str {
        match self {
            Self::Word(name) | Self::Number(name) | Self::Text(name) => name,
        }
    }
}

/// A table that is written in parts, because it may be very long.
pub(crate) struct Listing {
    columns: &'static [Column],
    /// Of the parts so far: later parts keep these widths.
    widths: Vec<u16>,
}

impl Listing {
    pub(crate) fn new(columns: &'static [Column]) -> Self {
        Self { columns, widths: Vec::new() }
    }

    /// The next rows as text; the first rows follow the header.
    pub(crate) fn part(&mut self, rows: impl IntoIterator<Item = Vec<Cell>>) -> String {
        let mut table = Table::new();
        table.load_style(presets::NOTHING).set_truncation_indicator("…");
        if self.widths.is_empty() {
            let bold = |column: &Column| Cell::new(column.name()).add_attribute(Attribute::Bold);
            table.set_header(self.columns.iter().map(bold).collect::<Vec<_>>());
        }
        for cells in rows {
            let mut row = Row::from(cells);
            // On a terminal only: elsewhere no line is too long.
            row.max_height(1);
            table.add_row(row);
        }
        fit(&mut table);
        self.widths.resize(self.columns.len(), 0);
        let found = table.column_max_content_widths();
        for (width, found) in self.widths.iter_mut().zip(found) {
            *width = found.max(*width);
        }
        for ((column, kind), width) in table.column_iter_mut().zip(self.columns).zip(&self.widths) {
            column.set_padding((0, COLUMN_GAP));
            if let Column::Number(_) = kind {
                column.set_cell_alignment(CellAlignment::Right);
            }
            if !matches!(kind, Column::Text(_)) {
                let whole = Width::Fixed(*width + COLUMN_GAP);
                column.set_constraint(ColumnConstraint::Absolute(whole));
            }
        }
        format!("{}\n", table.trim_fmt())
    }
}

/// A cell with text from others in it.
pub(crate) fn cell(text: &str) -> Cell {
    Cell::new(visible(text))
}

/// Terminals have a width, and colours unless <https://no-color.org> says otherwise.
fn fit(table: &mut Table) {
    let Some(width) = table.width() else { return };
    table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width.max(WIDTH_MIN));
    if env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) {
        table.force_no_tty();
    }
}
