//! Lists on standard output, page after page: a table for people, or JSON for programs.

use comfy_table::Cell;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::{
    api::pages::Pages,
    terminal::{
        output,
        table::{Column, Listing},
    },
};

/// How a list is written.
pub(crate) enum ListOutput<T> {
    /// The API's own text, one item a line.
    Json,
    Table {
        listing: Listing,
        row: fn(&T) -> Vec<Cell>,
    },
}

impl<T: DeserializeOwned> ListOutput<T> {
    pub(crate) fn table(columns: &'static [Column], row: fn(&T) -> Vec<Cell>) -> Self {
        Self::Table { listing: Listing::new(columns), row }
    }

    /// Writes all pages, and returns how many items there were.
    pub(crate) async fn write_all(mut self, pages: &mut Pages<'_>) -> anyhow::Result<u64> {
        let mut count = 0;
        while let Some(page) = pages.next().await? {
            self.write(&page.items)?;
            count += page.items.len() as u64;
        }
        Ok(count)
    }

    /// Writes the next part of the list.
    pub(crate) fn write(&mut self, items: &[Box<RawValue>]) -> anyhow::Result<()> {
        if items.is_empty() {
            return Ok(());
        }
        match self {
            Self::Json => {
                let lines = items.iter().flat_map(|item| [item.get(), "\n"]);
                output::result(lines.collect::<String>())
            }
            Self::Table { listing, row } => {
                let items: Result<Vec<T>, _> =
                    items.iter().map(|item| serde_json::from_str(item.get())).collect();
                output::result(listing.part(items?.iter().map(row)))
            }
        }
    }
}
