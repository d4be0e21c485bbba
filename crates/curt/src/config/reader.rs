//! Parses the given texts into values, and collects every problem instead of stopping at the first.
//!
//! An invalid value is read as its default, so that later sections are still checked. It never
//! starts a server: a problem anywhere refuses the whole configuration.

use std::{
    collections::BTreeMap,
    fmt::Display,
    path::{Path, PathBuf},
};

use super::{
    environment,
    file::{self, OpenError, TextFile},
    flags,
    setting::{About, Fallback, Setting, printable},
    sources::{Environment, Flags, Given, Source, Sources, problem},
};

/// Read if it exists and no other file was named.
const FILE_DEFAULT: &str = "curt.toml";
const FILE_ENV: &str = "CURT_CONFIG";

pub(crate) struct Reader {
    given: BTreeMap<&'static str, Given>,
    problems: Vec<String>,
    warnings: Vec<String>,
    /// Derived values of settings that no source set.
    derived: BTreeMap<&'static str, String>,
}

/// The result of [`Reader::finish`]: the lines to print, and what `curt config` shows.
pub(super) struct Findings {
    pub(super) problems: Vec<String>,
    pub(super) warnings: Vec<String>,
    pub(super) given: BTreeMap<&'static str, Given>,
    pub(super) derived: BTreeMap<&'static str, String>,
}

impl Reader {
    pub(super) fn new(sources: Sources<'_>) -> Self {
        let Sources { given, problems, warnings, .. } = sources;
        Self { given, problems, warnings, derived: BTreeMap::new() }
    }

    /// The value of a setting that always has one.
    pub(super) fn value<T>(&mut self, setting: &Setting<T>) -> T {
        let default = match setting.about.fallback {
            Fallback::Value(default) => default,
            Fallback::EmptyList => "",
            Fallback::Described(_) => {
                unreachable!("{} has no default text; ask for it with `given`", setting.about.key)
            }
        };
        let given = self.given(setting);
        given
            .unwrap_or_else(|| (setting.parse)(default).expect("every default is parsed by a test"))
    }

    /// The value of a setting if a source set a valid one.
    pub(super) fn given<T>(&mut self, setting: &Setting<T>) -> Option<T> {
        let given = self.given.get(setting.about.key)?;
        match (setting.parse)(&given.text) {
            Ok(value) => Some(value),
            Err(rejected) => {
                self.reject(&setting.about, rejected.explain(&setting.about));
                None
            }
        }
    }

    pub(super) fn source(&self, about: &About) -> Source {
        self.given.get(about.key).map_or(Source::Default, |given| given.source.clone())
    }

    pub(super) fn is_given(&self, about: &About) -> bool {
        self.given.contains_key(about.key)
    }

    /// Records the value in effect for a setting that no source set.
    pub(super) fn derive(&mut self, about: &About, value: impl Display) {
        if !self.is_given(about) {
            self.derived.insert(about.key, value.to_string());
        }
    }

    pub(super) fn reject(&mut self, about: &About, why: impl Display) {
        let line = self.line(about, why);
        self.problems.push(line);
    }

    pub(super) fn warn(&mut self, about: &About, why: impl Display) {
        let line = self.line(about, why);
        self.warnings.push(line);
    }

    pub(super) fn finish(self) -> Findings {
        let Self { problems, warnings, given, derived } = self;
        Findings { problems, warnings, given, derived }
    }

    fn line(&self, about: &About, why: impl Display) -> String {
        let why = why.to_string();
        match (self.given.get(about.key), &about.fallback) {
            (Some(given), _) => problem(about, &given.text, &given.source, &why),
            (None, Fallback::Value(text)) => problem(about, text, &Source::Default, &why),
            (None, Fallback::EmptyList | Fallback::Described(_)) => {
                format!("{} (not set): {why}", about.key)
            }
        }
    }
}

impl<'a> Sources<'a> {
    /// Reads the sources from the weakest to the strongest, so that the last one wins.
    pub(super) fn read(
        abouts: &'a [&'static About],
        flags: &Flags,
        environment: &Environment,
    ) -> Self {
        let mut sources = Self::new(abouts);
        environment::read_foreign(environment, &mut sources);
        if let Some(text_file) = open_file(flags, environment, &mut sources) {
            file::read(&text_file, &mut sources);
        }
        environment::read(environment, &mut sources);
        flags::read(flags, &mut sources);
        sources
    }
}

/// The file that was named, or else the default file if it exists.
fn open_file(
    flags: &Flags,
    environment: &Environment,
    sources: &mut Sources<'_>,
) -> Option<TextFile> {
    let by_flag = flags.config.clone().map(|path| (path, "--config"));
    let named = by_flag.or_else(|| Some((file_of_environment(environment)?, FILE_ENV)));
    let path = named.as_ref().map_or(Path::new(FILE_DEFAULT), |(path, _)| path);
    let shown = printable(&path.display().to_string());
    match (TextFile::open(path), &named) {
        (Ok(text_file), _) => return Some(text_file),
        (Err(OpenError::NotFound), None) => {}
        (Err(error), None) => sources.problems.push(format!("settings file {shown}: {error}")),
        (Err(error), Some((_, by))) => {
            sources.problems.push(format!("settings file {shown} (from {by}): {error}"));
        }
    }
    None
}

fn file_of_environment(environment: &Environment) -> Option<PathBuf> {
    let (_, path) = environment.iter().find(|(name, _)| name == FILE_ENV)?;
    if path.is_empty() { None } else { Some(path.into()) }
}
