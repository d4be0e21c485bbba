//! What a setting is: its key, its default, what it accepts and what it is for.
//!
//! Everything else follows from these descriptions: names in the environment, error texts,
//! `curt config`, the reference manual.

use std::{borrow::Cow, path::Path};

use curt_domain::KEY_LEN_MIN;

use crate::visible::visible;

/// What the environment's names of our settings begin with.
pub(crate) const ENV_PREFIX: &str = "CURT_";

/// A setting, and how its text becomes a value.
pub(crate) struct Setting<T> {
    pub(crate) about: About,
    pub(crate) parse: fn(&str) -> Result<T, Rejected>,
}

/// The part of a setting that does not depend on the type of its value.
pub(crate) struct About {
    /// `section.name`, or a bare name for what everyone sets.
    pub(crate) key: &'static str,
    /// Completes the sentence "expected …".
    pub(crate) accepts: &'static str,
    pub(crate) fallback: Fallback,
    pub(crate) disclosure: Disclosure,
    /// One sentence that reads alone.
    pub(crate) summary: &'static str,
    /// What else one should know before changing it; may be empty.
    pub(crate) details: &'static str,
}

/// What holds when nobody sets it.
pub(crate) enum Fallback {
    /// Read by the setting's own parser, so that there is one way in.
    Value(&'static str),
    /// A list of nothing; the setting's text has commas, and in a file it may be an array.
    EmptyList,
    /// Worked out from other settings, or nothing at all; this says which.
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
    /// Never shown, and refused where other users of the machine could read it.
    Secret,
}

/// Settings that belong together, in the file and in the manual.
pub(crate) struct Section {
    pub(crate) title: &'static str,
    pub(crate) settings: &'static [&'static About],
}

/// Why a text is not a value of its setting.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Rejected {
    /// Answered with what the setting accepts.
    Malformed,
    Because(Cow<'static, str>),
}

impl Rejected {
    /// Takes the message of an error that already names what is wrong.
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

    /// The value as it may be shown to people and written to logs.
    pub(crate) fn disclose(&self, value: &str) -> String {
        match self.disclosure {
            // Somebody may put a password where none belongs, which is what is then reported.
            Disclosure::Open if has_password(value) => printable(&without_password(value)),
            Disclosure::Open => printable(value),
            Disclosure::WithoutPassword => printable(&without_password(value)),
            Disclosure::PathOfSecret if value.len() < KEY_LEN_MIN => printable(value),
            Disclosure::PathOfSecret if Path::new(value).exists() => printable(value),
            Disclosure::PathOfSecret | Disclosure::Secret => HIDDEN.to_owned(),
        }
    }
}

/// Stands for a value that is not shown.
const HIDDEN: &str = "(set)";

/// Longest value that is shown: enough to recognise it, and a line stays a line.
const SHOWN_LEN_MAX: usize = 200;

/// One line of bounded length, whatever the value holds.
pub(crate) fn printable(text: &str) -> String {
    match text.char_indices().nth(SHOWN_LEN_MAX) {
        None => visible(text).into_owned(),
        Some((end, _)) => format!("{}…", visible(&text[..end])),
    }
}

fn has_password(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| url.password().is_some())
}

/// What cannot be parsed is not shown at all: the password could be anywhere in it.
fn without_password(text: &str) -> String {
    const MASK: &str = "***";
    let Ok(mut url) = url::Url::parse(text) else { return HIDDEN.to_owned() };
    if let Some(password) = url.password() {
        // Showing the one would tell the other.
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
