//! `curt links`: everything that the API does with links, for people and scripts.

use clap::Subcommand;

use self::{
    add::AddArgs,
    edit::EditArgs,
    export::ExportArgs,
    import::ImportArgs,
    list::ListArgs,
    show::ShowArgs,
    switch::{Deed, Names},
};
use super::outcome::succeeded;
use crate::{
    api::{Start, with_api},
    config::Config,
    failure::{Exit, Failure},
};

mod add;
mod cells;
mod columns;
mod edit;
mod export;
mod fields;
mod format;
mod import;
mod list;
pub(super) mod name;
mod object;
mod show;
mod switch;

#[derive(Debug, Subcommand)]
pub(crate) enum LinksCommand {
    /// Shorten URLs
    #[command(visible_alias = "create", after_help = ADD_EXAMPLES)]
    Add(Box<AddArgs>),
    /// List links, the newest first
    #[command(visible_alias = "ls", after_help = LIST_EXAMPLES)]
    List(ListArgs),
    /// Show a link, and what it was before
    Show(ShowArgs),
    /// Change a link
    #[command(after_help = EDIT_EXAMPLES)]
    Edit(Box<EditArgs>),
    /// Switch links off: visitors find nothing there
    Disable(Names),
    /// Switch links on again
    Enable(Names),
    /// Delete links; they can be restored for 30 days
    #[command(visible_alias = "delete")]
    Rm(Names),
    /// Bring deleted links back
    Restore(Names),
    /// Make the links of a file
    ///
    /// Reads CSV whose first line names the columns, or NDJSON: what `export` writes, or the fields
    /// that the API's create takes. Of an exported link everything is set but its clicks, revision
    /// and times. A row that is wrong is told with its line and does not stop the others.
    #[command(after_help = IMPORT_EXAMPLES)]
    Import(ImportArgs),
    /// Write links to a file, to keep or to import
    ///
    /// In the order in which they were made. Cells of CSV that a spreadsheet would take for a
    /// formula begin with an apostrophe, which an import takes away.
    #[command(after_help = EXPORT_EXAMPLES)]
    Export(ExportArgs),
}

const ADD_EXAMPLES: &str = "\
Examples:
  curt links add https://www.rust-lang.org/learn
  curt links add https://blog.rust-lang.org/ --alias blog --tag news --expires-in 30d
  curt links add - < urls.txt";

const LIST_EXAMPLES: &str = "\
Examples:
  curt links list --tag news
  curt links list --q rust-lang --status expired --sort -clicks
  curt links list --all --json | jq -r .short_url";

const EDIT_EXAMPLES: &str = "\
Examples:
  curt links edit blog --url https://this-week-in-rust.org/
  curt links edit https://go.example.com/blog --clear expires-at --add-tag archive
  curt links edit blog --password < password.txt";

const IMPORT_EXAMPLES: &str = "\
Columns:
  original_url, short_code (or custom_alias), title, note, tags (with commas between them), status,
  redirect_status, forward_query, valid_from, expires_at, max_clicks, password, fallback_url

Passwords are in no export. A row with has_password needs a password, or has_password set to false.

An import that was broken off is repeated: within a day rows without a code are not made twice, and
with --on-conflict skip rows whose code is taken by the same target are passed over.

Examples:
  curt links import links.csv --dry-run
  curt links import links.ndjson --on-conflict skip --report failed.csv
  gunzip -c links.csv.gz | curt links import -";

const EXPORT_EXAMPLES: &str = "\
Examples:
  curt links export links.csv
  curt links export --format ndjson --tag news | gzip > news.ndjson.gz";

impl LinksCommand {
    pub(crate) fn run(mut self, config: Config) -> anyhow::Result<Exit> {
        self.check()?;
        match &mut self {
            Self::Add(args) => args.fields.ask_password()?,
            Self::Edit(args) => args.fields.ask_password()?,
            _ => {}
        }
        let start = match &self {
            Self::Add(_) => Start::Fresh,
            Self::Import(args) if !args.dry_run => Start::Fresh,
            _ => Start::Existing,
        };
        with_api(config, start, async |api| match &self {
            Self::Add(args) => args.run(api).await,
            Self::List(args) => args.run(api).await.map(succeeded),
            Self::Show(args) => args.run(api).await.map(succeeded),
            Self::Edit(args) => args.run(api).await.map(succeeded),
            Self::Import(args) => args.run(api).await,
            Self::Export(args) => args.run(api).await.map(succeeded),
            Self::Disable(names) => names.run(api, Deed::Disable).await,
            Self::Enable(names) => names.run(api, Deed::Enable).await,
            Self::Rm(names) => names.run(api, Deed::Delete).await,
            Self::Restore(names) => names.run(api, Deed::Restore).await,
        })
    }

    /// Checks what the parser alone cannot.
    fn check(&self) -> Result<(), Failure> {
        match self {
            Self::Add(args) => args.check(),
            Self::Edit(args) => args.check(),
            _ => Ok(()),
        }
    }
}
