//! Everything that the files of a journal say, without its database.

use std::{
    io,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use curt_domain::{Click, UndecodableClick};
use curt_journal::{
    Inspection, Listing, Liveness, OpenSegmentError, SegmentFile, SegmentState, damaged_directory,
    inspect, is_journal, survey,
};

use crate::{
    failure::{Exit, Failure},
    terminal::{output, progress::Progress, text::count},
    visible::visible,
};

/// How many files to name of a directory that is no journal: enough to recognize what it is.
const STRANGERS_NAMED: usize = 3;

/// The journal's name in a data directory, unless the configuration names another.
const USUAL_NAME: &str = "journal";

pub(super) struct Survey {
    pub(super) directory: PathBuf,
    /// Oldest first, like the other lists.
    pub(super) segments: Vec<Segment>,
    /// Those that were moved aside when they were counted.
    pub(super) damaged: Vec<Segment>,
    pub(super) foreign: Vec<PathBuf>,
}

/// A segment and what is in it.
pub(super) struct Segment {
    pub(super) file: SegmentFile,
    pub(super) content: Result<Content, OpenSegmentError>,
}

pub(super) struct Content {
    pub(super) found: Inspection,
    /// Whole records that are no clicks; counting treats them as lost.
    pub(super) undecodable: u64,
    /// Whole records that only a newer release can decode.
    pub(super) newer: u64,
}

impl Survey {
    /// Reads the whole journal.
    pub(super) fn of(directory: &Path) -> anyhow::Result<Self> {
        let (listing, liveness) = list(directory)?;
        let damaged_directory = damaged_directory(directory);
        let (damaged, damaged_liveness) =
            survey(&damaged_directory).with_context(|| reading(&damaged_directory))?;
        let files = || listing.segments.iter().chain(&damaged.segments);
        let progress = Progress::of_bytes(files().map(|file| file.len).sum());
        let mut read_bytes = 0;
        let mut read = |files: Vec<SegmentFile>, liveness| {
            let segments = files.into_iter().map(|file| {
                progress.set(read_bytes, format!("reading {}", file.id));
                read_bytes += file.len;
                Segment::read(file, liveness)
            });
            segments.filter(|segment| !segment.is_gone()).collect::<Vec<_>>()
        };
        Ok(Self {
            directory: directory.to_owned(),
            segments: read(listing.segments, liveness),
            damaged: read(damaged.segments, damaged_liveness),
            foreign: [listing.foreign, damaged.foreign].concat(),
        })
    }

    pub(super) fn damaged_directory(&self) -> PathBuf {
        damaged_directory(&self.directory)
    }
}

/// Refuses a directory that is no journal: a mistyped path must not look like an empty journal.
pub(super) fn list(directory: &Path) -> anyhow::Result<(Listing, Liveness)> {
    let place = directory.display();
    let metadata = match directory.metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let words = format_args!("there is no journal: {place} does not exist");
            return Err(Failure::new(Exit::NotFound, words).into());
        }
        metadata => metadata.with_context(|| reading(directory))?,
    };
    if !metadata.is_dir() {
        let words = format_args!("{place} is a file; name the directory of a journal");
        return Err(Failure::new(Exit::NotFound, words).into());
    }
    let surveyed = survey(directory).with_context(|| reading(directory))?;
    if !is_journal(directory, &surveyed.0) {
        let words = format!("{place} is no journal: {}", without_segments(directory, &surveyed.0));
        return Err(Failure::new(Exit::NotFound, words).into());
    }
    Ok(surveyed)
}

fn without_segments(directory: &Path, listing: &Listing) -> String {
    let inner = directory.join(USUAL_NAME);
    if inner.is_dir() {
        return format!("did you mean {}?", inner.display());
    }
    let names = listing.foreign.iter().filter_map(|path| path.file_name());
    let mut names: Vec<_> = names.map(|name| name.display().to_string()).collect();
    if names.is_empty() {
        return "it is empty".to_owned();
    }
    if STRANGERS_NAMED < names.len() {
        names.splice(STRANGERS_NAMED.., ["…".to_owned()]);
    }
    format!("it has no segments, but {}", names.join(", "))
}

impl Segment {
    fn read(file: SegmentFile, liveness: Liveness) -> Self {
        let (mut undecodable, mut newer) = (0, 0);
        let found = inspect(&file, liveness, &mut |payload| match Click::decode(payload) {
            Ok(_) => {}
            Err(UndecodableClick::Malformed) => undecodable += 1,
            Err(UndecodableClick::Newer { .. }) => newer += 1,
        });
        let content = found.map(|found| Content { found, undecodable, newer });
        Self { file, content }
    }

    /// Whether a server counted and removed it since the directory was listed.
    fn is_gone(&self) -> bool {
        matches!(&self.content, Err(OpenSegmentError::Io(error)) if error.kind() == io::ErrorKind::NotFound)
    }

    /// What keeps it from being counted completely, in words.
    pub(super) fn problem(&self) -> Option<String> {
        let problems = match &self.content {
            Ok(content) => content.problems(),
            Err(OpenSegmentError::Io(error)) => vec![format!("cannot be read: {error}")],
            Err(error) => vec![error.to_string()],
        };
        (!problems.is_empty()).then(|| problems.join(", "))
    }
}

impl Content {
    /// Clicks that were written but cannot be read.
    pub(super) fn lost(&self) -> u64 {
        self.found.lost + self.undecodable
    }

    fn problems(&self) -> Vec<String> {
        let Self { found, undecodable, newer } = self;
        let mut problems = Vec::new();
        let mut tell = |number: u64, noun: &str, words: &str| {
            if 0 < number {
                problems.push(format!("{} {words}", count(number, noun)));
            }
        };
        tell(found.lost, "record", "lost");
        tell(found.bytes_skipped, "byte", "unreadable");
        tell(*undecodable, "record", "without a click");
        tell(*newer, "record", "of a newer release");
        // In a segment that is being written, the count may be changing right now.
        if found.dropped.is_none() && found.state != SegmentState::Live {
            problems.push("count of dropped clicks damaged".to_owned());
        }
        if found.is_damaged && problems.is_empty() {
            problems.push("header damaged".to_owned());
        }
        problems
    }
}

fn reading(directory: &Path) -> String {
    format!("reading the journal in {}", directory.display())
}

/// Warns of foreign files: everything else ignores them.
pub(super) fn name_foreign(paths: &[PathBuf]) {
    let warning = |path: &PathBuf| {
        format!("{} is no part of a journal", visible(&path.display().to_string()))
    };
    output::warnings(&paths.iter().map(warning).collect::<Vec<_>>());
}
