//! The sources of settings, from the weakest to the strongest: defaults < `DATABASE_URL` < file <
//! environment < flags.
//!
//! The sources hold text; nothing is parsed yet.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fmt,
    path::{Path, PathBuf},
    rc::Rc,
};

use super::{
    setting::{About, Disclosure, printable},
    suggest,
};

/// The command line's settings, already parsed into flags.
#[derive(Debug, Default)]
pub(crate) struct Flags {
    pub(crate) config: Option<PathBuf>,
    /// Settings that have their own flag: the flag, the key, the value.
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

/// The text of a setting, and its source.
#[derive(Debug)]
pub(crate) struct Given {
    pub(crate) text: String,
    pub(crate) source: Source,
}

/// All settings that a source set, and every problem so far.
pub(crate) struct Sources<'a> {
    abouts: &'a [&'static About],
    pub(crate) given: BTreeMap<&'static str, Given>,
    pub(crate) problems: Vec<String>,
    pub(crate) warnings: Vec<String>,
}

impl<'a> Sources<'a> {
    /// Empty so far; it knows which settings exist.
    pub(super) fn new(abouts: &'a [&'static About]) -> Self {
        Self { abouts, given: BTreeMap::new(), problems: Vec::new(), warnings: Vec::new() }
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

    /// A problem with the value of a known setting; the value is shown if it may be.
    pub(super) fn reject(&mut self, about: &About, text: &str, source: &Source, why: &str) {
        self.problems.push(problem(about, text, source, why));
    }

    /// A key that no setting has. Its value is not shown: it may be a secret under a wrong name.
    pub(super) fn reject_unknown(&mut self, key: &str, source: &Source) {
        let keys = self.abouts.iter().map(|about| about.key.to_owned());
        let hint = suggest::hint(key, keys);
        self.problems.push(format!("unknown setting {} ({source}){hint}", printable(key)));
    }

    pub(super) fn env_hint(&self, name: &str) -> String {
        suggest::hint(name, self.abouts.iter().map(|about| about.env_name()))
    }
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
