//! `curt links export`: every link, page by page, to standard output or to a file that appears
//! whole.

use std::{
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use clap::Args;
use serde_json::value::RawValue;

use super::{
    cells::guarded,
    columns::{exported_cells, exported_names},
    format::Format,
    list::Filters,
    object::LinkObject,
};
use crate::{
    api::{Api, pages::Pages},
    new_file::{Existing, NewFile},
    terminal::{output, progress::Progress},
};

/// So that an import makes the links in the order in which they were first made.
const ORDER: &str = "created_at";

#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// Write to this file; `-` is standard output [default: -]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// How to write the links [default: told by the file's name, else csv]
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Replace the file if it exists
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    filters: Filters,
}

impl ExportArgs {
    pub(super) async fn run(&self, api: &Api) -> anyhow::Result<()> {
        let is_file = |path: &&Path| *path != Path::new("-");
        let path = self.file.as_deref().filter(is_file);
        let format = self.format.or_else(|| path.and_then(Format::of)).unwrap_or(Format::Csv);
        let mut pages = self.filters.pages(api, ORDER, u64::MAX).await?;
        let Some(path) = path else {
            let stdout = BufWriter::new(io::stdout().lock());
            return write(&mut pages, format, stdout, None).await.map(drop);
        };
        let mut file = NewFile::create(path, Existing::replaced_if(self.force))?;
        let progress = Progress::open_ended();
        let output = BufWriter::new(file.file());
        let count = write(&mut pages, format, output, Some(&progress)).await?;
        drop(progress);
        file.keep()?;
        output::line(format!("wrote {count} links to {}", path.display()))
    }
}

/// Writes all pages and returns how many links they held.
async fn write(
    pages: &mut Pages<'_>,
    format: Format,
    output: impl Write,
    progress: Option<&Progress>,
) -> anyhow::Result<u64> {
    let mut links = Links::new(format, output)?;
    let mut count = 0;
    while let Some(page) = pages.next().await? {
        for link in &page.items {
            links.write(link)?;
        }
        count += page.items.len() as u64;
        if let Some(progress) = progress {
            progress.set(count, format!("{count} links, {}", progress.rate(count)));
        }
    }
    links.finish()?;
    Ok(count)
}

enum Links<W: Write> {
    Csv(Box<csv::Writer<W>>),
    Ndjson(W),
}

impl<W: Write> Links<W> {
    fn new(format: Format, output: W) -> anyhow::Result<Self> {
        Ok(match format {
            Format::Ndjson => Self::Ndjson(output),
            Format::Csv => {
                let mut writer = csv::Writer::from_writer(output);
                writer.write_record(exported_names()).map_err(csv_error)?;
                Self::Csv(Box::new(writer))
            }
        })
    }

    fn write(&mut self, link: &RawValue) -> anyhow::Result<()> {
        match self {
            Self::Ndjson(output) => writeln!(output, "{link}").map_err(output::not_written),
            Self::Csv(writer) => {
                let link: LinkObject = serde_json::from_str(link.get())?;
                writer.write_record(exported_cells(&link).map(guarded)).map_err(csv_error)
            }
        }
    }

    fn finish(self) -> anyhow::Result<()> {
        match self {
            Self::Ndjson(mut output) => output.flush(),
            Self::Csv(mut writer) => writer.flush(),
        }
        .map_err(output::not_written)
    }
}

fn csv_error(error: csv::Error) -> anyhow::Error {
    output::not_written(error.into())
}
