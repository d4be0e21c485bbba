//! Turns what was given into values, and remembers every problem instead of stopping at one.
//!
//! An invalid value reads as its default, so that the sections after it are still checked. That
//! never starts a server: a problem anywhere refuses the whole configuration.

use std::{collections::BTreeMap, fmt::Display};

use super::{
    setting::{About, Fallback, Setting},
    sources::{Given, Source, Sources, problem},
};

pub(crate) struct Reader {
    given: BTreeMap<&'static str, Given>,
    problems: Vec<String>,
    warnings: Vec<String>,
    /// Values that were worked out because nobody gave them.
    derived: BTreeMap<&'static str, String>,
}

/// What [`Reader::finish`] leaves: the lines to print, and what `curt config` shows.
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

    /// The value of a setting if somebody gave a valid one.
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

    /// Says what holds where nobody gave a value.
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
