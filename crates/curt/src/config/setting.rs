//! A setting: its key, its default, what it accepts and what it is for.
//!
//! Everything else follows from these descriptions: names in the environment, error texts, `curt
//! config`, the reference manual.

use std::{borrow::Cow, path::Path};

use curt_domain::KEY_LEN_MIN;

use crate::visible::visible;

/// The prefix of our settings in the environment.
pub(crate) const ENV_PREFIX: &str = "CURT_";

/// A setting, and how its text becomes a value.
pub(crate) struct Setting<T> {
    pub(crate) about: About,
    pub(crate) parse: fn(&str) -> Result<T, Rejected>,
}

/// The part of a setting that is independent of the type of its value.
pub(crate) struct About {
    /// `section.name`, or a bare name for the settings that everyone sets.
    pub(crate) key: &'static str,
    /// Completes the sentence "expected …".
    pub(crate) accepts: &'static str,
    pub(crate) fallback: Fallback,
    pub(crate) disclosure: Disclosure,
    /// One sentence that reads alone.
    pub(crate) summary: &'static str,
    /// What else the operator should know before changing it; may be empty.
    pub(crate) details: &'static str,
}

/// The value if no source sets one.
pub(crate) enum Fallback {
    /// Read by the setting's own parser, so that there is one way to make a value.
    Value(&'static str),
    /// An empty list. The setting's text has commas, and in a file it may be an array.
    EmptyList,
    /// Derived from other settings, or absent; the text says which.
    Described(&'static str),
}

/// How much of a value may be shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Disclosure {
    Open,
    /// A URL whose password is replaced.
    WithoutPassword,
    /// Shown unless it could be the secret itself, put where its file's name belongs.
    PathOfSecret,
    /// Never shown, and refused if other users of the machine could read it.
    Secret,
}

/// Settings that belong together, in the file and in the manual.
pub(crate) struct Section {
    pub(crate) title: &'static str,
    pub(crate) settings: &'static [&'static About],
}

/// Why a text is no value of its setting.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Rejected {
    /// The message says what the setting accepts.
    Malformed,
    Because(Cow<'static, str>),
}

impl Rejected {
    /// Uses the message of an error that already names the problem.
    pub(crate) fn by(error: &dyn std::error::Error) -> Self {
        Self::Because(error.to_string().into())
    }

    /// A fragment that completes a problem line.
    pub(crate) fn explain(self, about: &About) -> String {
        match self {
            Self::Malformed => format!("expected {}", about.accepts),
            Self::Because(reason) => reason.into_owned(),
        }
    }
}

impl About {
    /// `cache.max_bytes` is `CURT_CACHE__MAX_BYTES`.
    pub(crate) fn env_name(&self) -> String {
        format!("{ENV_PREFIX}{}", self.key.replace('.', "__").to_ascii_uppercase())
    }

    /// The value in a form that may be shown and logged.
    pub(crate) fn disclose(&self, value: &str) -> String {
        match self.disclosure {
            // A user may put a password where none belongs, and this value is then reported.
            Disclosure::Open if has_password(value) => printable(&without_password(value)),
            Disclosure::Open => printable(value),
            Disclosure::WithoutPassword => printable(&without_password(value)),
            Disclosure::PathOfSecret if value.len() < KEY_LEN_MIN => printable(value),
            Disclosure::PathOfSecret if Path::new(value).exists() => printable(value),
            Disclosure::PathOfSecret | Disclosure::Secret => HIDDEN.to_owned(),
        }
    }
}

/// Replaces a value that is not shown.
const HIDDEN: &str = "(set)";

/// Longest value that is shown: enough to recognize it, short enough for a line.
const SHOWN_LEN_MAX: usize = 200;

/// One line of bounded length, for any value.
pub(crate) fn printable(text: &str) -> String {
    match text.char_indices().nth(SHOWN_LEN_MAX) {
        None => visible(text).into_owned(),
        Some((end, _)) => format!("{}…", visible(&text[..end])),
    }
}

fn has_password(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| url.password().is_some())
}

/// Hides a URL that cannot be parsed: the password could be anywhere in it.
fn without_password(text: &str) -> String {
    const MASK: &str = "***";
    let Ok(mut url) = url::Url::parse(text) else { return HIDDEN.to_owned() };
    if let Some(password) = url.password() {
        // Showing the user name would reveal the password.
        let tells = url.username() == password;
        let hidden_user = if tells { url.set_username(MASK) } else { Ok(()) };
        if hidden_user.and_then(|()| url.set_password(Some(MASK))).is_err() {
            return HIDDEN.to_owned();
        }
    }
    if url.query_pairs().any(|(name, _)| name.contains("password")) {
        url.set_query(None);
    }
    url.into()
}

#[cfg(test)]
mod tests;
