//! `curt journal`: which clicks the journal holds, whether it is whole, and counting it again.
//!
//! No command changes a file. All of them work beside a running server, on a copy, and on the
//! journal of a server that no longer exists.

use std::{collections::HashMap, path::PathBuf};

use clap::{Args, Subcommand};
use curt_store::JournalMark;

use self::{
    replay::ReplayArgs,
    survey::{Survey, name_foreign},
};
use crate::{
    api::opening::with_store,
    config::Config,
    failure::Exit,
    terminal::{output, text::count},
    visible::visible,
};

mod inspect;
mod replay;
mod survey;
mod verify;

#[derive(Debug, Subcommand)]
#[command(after_help = AFTER_HELP)]
pub(crate) enum JournalCommand {
    /// Show the segments there are, and how far each is counted
    Inspect(DirArgs),
    /// Read the journal from end to end and say what is lost of it
    ///
    /// What a running server is still writing is no damage.
    Verify(DirArgs),
    /// Count the clicks of a journal that are not counted yet
    ///
    /// The database knows how far it has counted each segment, for 400 days after its end. So no
    /// click counts twice, however often this is run, also beside a running server. Links are known
    /// by their number: replay a journal only into the database whose servers wrote it, or a copy
    /// of that.
    Replay(ReplayArgs),
}

const AFTER_HELP: &str = "\
Exit codes: 0 done (verify: sound), 1 failed (verify: damaged), 3 no journal there.

Examples:
  curt journal inspect
  curt journal verify data/journal/damaged
  curt journal replay /mnt/old-server/data/journal --dry-run";

#[derive(Debug, Args)]
pub(crate) struct DirArgs {
    /// The directory of a journal [default: the configured one]
    #[arg(value_name = "DIR")]
    directory: Option<PathBuf>,
    /// Write JSON, one object a line
    #[arg(long)]
    json: bool,
}

impl JournalCommand {
    pub(crate) fn run(self, config: &Config) -> anyhow::Result<Exit> {
        match self {
            Self::Inspect(arguments) => inspect_one(config, &arguments).map(|()| Exit::Success),
            Self::Verify(arguments) => verify_one(config, &arguments),
            Self::Replay(arguments) => arguments.run(config),
        }
    }
}

impl DirArgs {
    fn survey(&self, config: &Config) -> anyhow::Result<Survey> {
        Survey::of(self.directory.as_ref().unwrap_or(&config.journal.directory))
    }
}

fn inspect_one(config: &Config, arguments: &DirArgs) -> anyhow::Result<()> {
    let survey = arguments.survey(config)?;
    name_foreign(&survey.foreign);
    let segments = survey.segments.iter().chain(&survey.damaged);
    let ids: Vec<_> = segments.map(|segment| segment.file.id.0).collect();
    // The command is about files first, and the database may be lost.
    let asked = with_store(config, async |store| Ok(store.journal_marks(&ids).await?));
    let marks: Option<HashMap<u128, JournalMark>> = match asked {
        Ok(marks) => Some(marks),
        Err(error) => {
            output::note(&format!("what of it is counted is not known: {error:#}"));
            None
        }
    };
    let text = if arguments.json {
        inspect::json(&survey, marks.as_ref())
    } else {
        inspect::table(&survey, marks.as_ref())
    };
    output::result(text)
}

fn verify_one(config: &Config, arguments: &DirArgs) -> anyhow::Result<Exit> {
    let survey = arguments.survey(config)?;
    name_foreign(&survey.foreign);
    if arguments.json {
        output::line(verify::json(&survey))?;
    } else {
        output::result(verify::text(&survey))?;
    }
    for segment in &survey.segments {
        if let Some(problem) = segment.problem() {
            let path = segment.file.path.display().to_string();
            output::error_about(&path, &anyhow::Error::msg(problem));
        }
    }
    if !survey.damaged.is_empty() {
        let (segments, place) =
            (count(survey.damaged.len() as u64, "segment"), survey.damaged_directory());
        let place = place.display().to_string();
        output::note(&format!("{segments} with damage from before: {}", visible(&place)));
    }
    Ok(if verify::is_sound(&survey) { Exit::Success } else { Exit::Failed })
}
