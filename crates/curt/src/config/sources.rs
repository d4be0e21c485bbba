//! Where settings come from, and which of them wins: defaults < `DATABASE_URL` < file <
//! environment < flags.
//!
//! What is gathered here is text with its source; nothing is parsed yet.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fmt,
    path::{Path, PathBuf},
    rc::Rc,
};

use super::{
    environment, file, flags,
    setting::{About, Disclosure, printable},
    suggest,
};

/// Read when it exists and no other file was named.
const FILE_DEFAULT: &str = "curt.toml";
const FILE_ENV: &str = "CURT_CONFIG";

/// What the command line says about settings, already taken apart by its parser.
#[derive(Debug, Default)]
pub(crate) struct Flags {
    pub(crate) config: Option<PathBuf>,
    /// Settings with a flag of their own: the flag, the key, the value.
    pub(crate) named: Vec<(&'static str, &'static str, String)>,
    /// `--set key=value`, as typed.
    pub(crate) set: Vec<String>,
}

/// The names and values of the process environment.
pub(crate) type Environment = [(OsString, OsString)];

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    Default,
    File { path: Rc<Path>, line: usize },
    Environment(String),
    Flag(String),
}

impl Source {
    pub(super) fn is_flag(&self) -> bool {
        matches!(self, Self::Flag(_))
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Environment(name) | Self::Flag(name) => f.write_str(name),
        }
    }
}

/// The text of a setting, and who gave it.
#[derive(Debug)]
pub(crate) struct Given {
    pub(crate) text: String,
    pub(crate) source: Source,
}

/// All settings that somebody gave, and everything that was wrong on the way.
pub(crate) struct Sources<'a> {
    abouts: &'a [&'static About],
    pub(crate) given: BTreeMap<&'static str, Given>,
    pub(crate) problems: Vec<String>,
    pub(crate) warnings: Vec<String>,
}

impl<'a> Sources<'a> {
    /// Reads them from the weakest to the strongest, so that the last one stays.
    pub(crate) fn gather(
        abouts: &'a [&'static About],
        flags: &Flags,
        environment: &Environment,
    ) -> Self {
        let mut sources =
            Self { abouts, given: BTreeMap::new(), problems: Vec::new(), warnings: Vec::new() };
        environment::read_foreign(environment, &mut sources);
        if let Some(text_file) = sources.open_file(flags, environment) {
            file::read(&text_file, &mut sources);
        }
        environment::read(environment, &mut sources);
        flags::read(flags, &mut sources);
        sources
    }

    pub(super) fn about(&self, key: &str) -> Option<&'static About> {
        self.abouts.iter().copied().find(|about| about.key == key)
    }

    pub(super) fn about_env(&self, name: &str) -> Option<&'static About> {
        self.abouts.iter().copied().find(|about| about.env_name() == name)
    }

    pub(super) fn give(&mut self, about: &'static About, text: &str, source: Source) {
        self.given.insert(about.key, Given { text: text.trim().to_owned(), source });
    }

    /// A problem with what was given for a known setting; the value is shown if it may be.
    pub(super) fn reject(&mut self, about: &About, text: &str, source: &Source, why: &str) {
        self.problems.push(problem(about, text, source, why));
    }

    /// A key that no setting has: the value stays unsaid, it may be a secret under a wrong name.
    pub(super) fn reject_unknown(&mut self, key: &str, source: &Source) {
        let keys = self.abouts.iter().map(|about| about.key.to_owned());
        let hint = suggest::hint(key, keys);
        self.problems.push(format!("unknown setting {} ({source}){hint}", printable(key)));
    }

    pub(super) fn env_hint(&self, name: &str) -> String {
        suggest::hint(name, self.abouts.iter().map(|about| about.env_name()))
    }

    /// The file that was named, else the usual one if there is one.
    fn open_file(&mut self, flags: &Flags, environment: &Environment) -> Option<file::TextFile> {
        let by_flag = flags.config.clone().map(|path| (path, "--config"));
        let named = by_flag.or_else(|| Some((file_of_environment(environment)?, FILE_ENV)));
        let path = named.as_ref().map_or(Path::new(FILE_DEFAULT), |(path, _)| path);
        let shown = printable(&path.display().to_string());
        match (file::TextFile::open(path), &named) {
            (Ok(text_file), _) => return Some(text_file),
            (Err(file::OpenError::NotFound), None) => {}
            (Err(error), None) => self.problems.push(format!("settings file {shown}: {error}")),
            (Err(error), Some((_, by))) => {
                self.problems.push(format!("settings file {shown} (from {by}): {error}"));
            }
        }
        None
    }
}

fn file_of_environment(environment: &Environment) -> Option<PathBuf> {
    let (_, path) = environment.iter().find(|(name, _)| name == FILE_ENV)?;
    if path.is_empty() { None } else { Some(path.into()) }
}

/// One line: the setting, its value if it may be shown, its source, what is wrong.
pub(super) fn problem(about: &About, text: &str, source: &Source, why: &str) -> String {
    let key = about.key;
    match about.disclosure {
        Disclosure::Secret => format!("{key} ({source}): {why}"),
        Disclosure::Open | Disclosure::WithoutPassword | Disclosure::PathOfSecret => {
            format!("{key} = \"{}\" ({source}): {why}", about.disclose(text))
        }
    }
}
