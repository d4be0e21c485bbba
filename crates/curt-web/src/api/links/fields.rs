//! The fields that creating and editing a link share, from JSON to domain values.
//!
//! Every field is checked before anything is refused, so that one answer names all mistakes.

use std::fmt;

use curt_domain::{
    Code, Dates, InvalidText, MaxClicks, Note, Password, PasswordHash, PasswordUse, RedirectStatus,
    TAGS_MAX, Tag, TargetUrl, Timestamp, Title,
};
use serde::{Deserialize, Deserializer, de};

use crate::{
    app::App,
    request::fields::FieldErrors,
    response::{ApiError, FieldError, ProblemCode},
    site::Site,
};

/// What an owner may do with a link's status.
pub(super) const SWITCH_WORDS: &str =
    "can be set to active or disabled; the others follow from the link";

const PASSWORD: &str = "password";

/// The hash of a link's new password, unless it is easy to guess.
pub(super) async fn password_hash(password: Password, app: &App) -> Result<PasswordHash, ApiError> {
    let hash = app.auth.hasher.hash(password, PasswordUse::Link).await?;
    hash.map_err(|weak| ApiError::InvalidFields(vec![FieldError::password(PASSWORD, weak)]))
}

/// Whether a link's new password is easy to guess, for a dry run.
pub(super) async fn check_password(password: Password, app: &App) -> Result<(), ApiError> {
    let checked = app.auth.hasher.check(password, PasswordUse::Link).await?;
    checked.map_err(|weak| ApiError::InvalidFields(vec![FieldError::password(PASSWORD, weak)]))
}

/// A whole number in JSON, which may also be written `5.0` or `5e0`: JSON has one kind of number,
/// JSON Schema also calls these integers, and some languages write every number like that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Whole(u64);

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_u64(WholeVisitor)
    }
}

struct WholeVisitor;

impl de::Visitor<'_> for WholeVisitor {
    type Value = Whole;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number")
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Whole, E> {
        Ok(Whole(number))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Whole, E> {
        Err(E::invalid_value(de::Unexpected::Signed(number), &self))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Whole, E> {
        if number.fract() != 0.0 || number.is_sign_negative() {
            return Err(E::invalid_value(de::Unexpected::Float(number), &self));
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "neither negative nor a fraction; beyond the range it becomes the largest \
                      number, which no field takes"
        )]
        Ok(Whole(number as u64))
    }
}

impl FieldErrors {
    pub(super) fn target(&mut self, field: &str, text: &str, site: &Site) -> Option<TargetUrl> {
        let parsed = TargetUrl::parse(text, &site.target_rules);
        let target = self.ok(parsed.map_err(|error| FieldError::target(field, &error)))?;
        if site.target_blocks.find(&target).is_some() {
            self.add(FieldError::blocked(field));
        }
        Some(target)
    }

    /// A requested code; the names of our own pages are refused.
    pub(super) fn alias(&mut self, text: &str, site: &Site) -> Option<Code> {
        let code = text.parse::<Code>().map_err(|error| FieldError::code("custom_alias", error));
        let code = self.ok(code)?;
        if site.reserved.contains(&code) {
            let words = "is reserved for a page of this server";
            self.add(FieldError::new("custom_alias", ProblemCode::ReservedCode, words));
        }
        Some(code)
    }

    /// The quick checks of a new password; the slow ones are made when it is hashed.
    pub(super) fn link_password(&mut self, text: &str) -> Option<Password> {
        let password = Password::new(text);
        let checked = PasswordUse::Link.check_len(&password).map(|()| password);
        self.ok(checked.map_err(|weak| FieldError::password(PASSWORD, weak)))
    }

    pub(super) fn dates(&mut self, from: Option<Timestamp>, until: Option<Timestamp>) -> Dates {
        let dates = Dates::new(from, until);
        self.ok(dates.map_err(|error| FieldError::invalid("expires_at", error.to_string())))
            .unwrap_or_default()
    }

    pub(super) fn title(&mut self, text: &str) -> Option<Title> {
        self.text("title", Title::parse(text))
    }

    pub(super) fn note(&mut self, text: &str) -> Option<Note> {
        self.text("note", Note::parse(text))
    }

    fn text<T>(&mut self, field: &str, parsed: Result<T, InvalidText>) -> Option<T> {
        self.ok(parsed.map_err(|error| FieldError::text(field, error)))
    }

    /// Sorted and without duplicates, as a link keeps them.
    pub(super) fn tags(&mut self, texts: &[String]) -> Vec<Tag> {
        if TAGS_MAX < texts.len() {
            self.add(FieldError::invalid("tags", format!("has more than {TAGS_MAX} tags")));
            return Vec::new();
        }
        let parsed = texts.iter().enumerate();
        let mut tags: Vec<Tag> = parsed
            .filter_map(|(index, text)| self.text(&format!("tags[{index}]"), Tag::parse(text)))
            .collect();
        tags.sort();
        tags.dedup();
        tags
    }

    pub(super) fn redirect_status(&mut self, code: Whole) -> Option<RedirectStatus> {
        let mistake = || {
            let codes = RedirectStatus::ALL.map(|status| status.code().to_string()).join(", ");
            FieldError::invalid("redirect_status", format!("is none of {codes}"))
        };
        let known = u16::try_from(code.0).ok().and_then(RedirectStatus::from_code);
        self.ok(known.ok_or_else(mistake))
    }

    pub(super) fn max_clicks(&mut self, count: Whole) -> Option<MaxClicks> {
        let mistake = || FieldError::invalid("max_clicks", "must be at least 1 and below 2^53");
        self.ok(MaxClicks::new(count.0).ok_or_else(mistake))
    }
}
