//! What is wrong with a request's fields, collected so that one answer names all of it.

use std::ops::RangeInclusive;

use curt_domain::{Email, FullName, Role, Switch, Timestamp};
use curt_store::{Cursor, PAGE_LEN_MAX};
use serde::{Deserialize, Deserializer};

use crate::{
    request::extract::decimal,
    response::{ApiError, FieldError},
};

/// Items on a page if the request does not say: a screenful.
pub(crate) const LIMIT_DEFAULT: u32 = 50;

/// Longest text to search for, in characters.
pub(crate) const SEARCH_LEN_MAX: usize = 200;

/// `None` if the field is absent, `Some(None)` if it is null.
pub(crate) type Field<T> = Option<Option<T>>;

/// Called only for present fields, so that null becomes `Some(None)`.
pub(crate) fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Field<T>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// A field that null clears: only a value is parsed.
pub(crate) fn clearable<T, U>(field: Field<T>, parse: impl FnOnce(T) -> Option<U>) -> Field<U> {
    field.map(|value| value.and_then(parse))
}

/// What is wrong with a request, collected while its fields are read. Rules for a single noun are
/// in that noun's files.
#[derive(Default)]
pub(crate) struct FieldErrors(Vec<FieldError>);

impl FieldErrors {
    pub(crate) fn add(&mut self, error: FieldError) {
        self.0.push(error);
    }

    /// Refuses the request if anything was wrong with it.
    pub(crate) fn finish(self) -> Result<(), ApiError> {
        if self.0.is_empty() { Ok(()) } else { Err(ApiError::InvalidFields(self.0)) }
    }

    /// The value, or `None` after its error was collected.
    pub(crate) fn ok<T>(&mut self, parsed: Result<T, FieldError>) -> Option<T> {
        parsed.map_err(|error| self.add(error)).ok()
    }

    pub(crate) fn time(&mut self, field: &str, text: &str) -> Option<Timestamp> {
        let parsed = text.parse::<Timestamp>();
        self.ok(parsed.map_err(|error| FieldError::invalid(field, format!("is {error}"))))
    }

    /// A whole number in decimal digits, from a query.
    pub(crate) fn number(
        &mut self,
        field: &str,
        text: Option<&str>,
        range: RangeInclusive<u32>,
        default: u32,
    ) -> u32 {
        let Some(text) = text else { return default };
        match decimal(text) {
            Some(number) if range.contains(&number) => number,
            _ => {
                let words = format!("must be from {} to {}", range.start(), range.end());
                self.add(FieldError::invalid(field, words));
                default
            }
        }
    }

    /// For fields that are never empty.
    pub(crate) fn required<T>(&mut self, name: &str, field: Field<T>) -> Option<T> {
        if let Some(None) = field {
            self.add(FieldError::invalid(name, "cannot be null; leave it out to keep it"));
        }
        field.flatten()
    }

    /// Pages have 1 to [`PAGE_LEN_MAX`] items, [`LIMIT_DEFAULT`] if the request does not say.
    pub(crate) fn limit(&mut self, text: Option<&str>) -> u32 {
        self.number("limit", text, 1..=PAGE_LEN_MAX, LIMIT_DEFAULT)
    }

    pub(crate) fn search(&mut self, text: String) -> Option<String> {
        if SEARCH_LEN_MAX < text.chars().count() {
            let words = format!("has more than {SEARCH_LEN_MAX} characters");
            self.add(FieldError::invalid("q", words));
            return None;
        }
        // Searching for nothing finds everything, like an empty search box.
        (!text.trim().is_empty()).then_some(text)
    }

    pub(crate) fn cursor(&mut self, text: &str) -> Option<Cursor> {
        let cursor = text.parse::<Cursor>();
        cursor.map_err(|error| self.add(FieldError::invalid("cursor", error.to_string()))).ok()
    }

    /// Where a page of numbered items ended: its last number, if `number` takes it.
    pub(crate) fn before<T>(
        &mut self,
        text: Option<&str>,
        number: impl FnOnce(u64) -> Option<T>,
    ) -> Option<T> {
        let before = decimal(text?).and_then(number);
        if before.is_none() {
            self.add(FieldError::invalid("cursor", "is not a cursor of this list"));
        }
        before
    }

    pub(crate) fn email(&mut self, text: &str) -> Option<Email> {
        self.ok(Email::parse(text).map_err(|error| FieldError::invalid("email", error.to_string())))
    }

    pub(crate) fn full_name(&mut self, text: &str) -> Option<FullName> {
        self.ok(FullName::parse(text).map_err(|error| FieldError::text("full_name", error)))
    }

    pub(crate) fn role(&mut self, word: &str) -> Option<Role> {
        let role = Role::from_word(word);
        self.ok(role.ok_or_else(|| {
            let words = Role::ALL.map(Role::as_str).join(", ");
            FieldError::invalid("role", format!("is none of {words}"))
        }))
    }

    /// Whether something is switched off, from its word.
    pub(crate) fn switch(&mut self, word: &str, about: &str) -> Option<Switch> {
        match word {
            "active" => Some(Switch::Active),
            "disabled" => Some(Switch::Disabled),
            _ => {
                self.add(FieldError::invalid("status", about));
                None
            }
        }
    }
}
