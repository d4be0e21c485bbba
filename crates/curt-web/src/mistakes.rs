//! What is wrong with a request, collected so that one answer names all of it.

use std::ops::RangeInclusive;

use curt_domain::Timestamp;

use crate::{
    errors::{ApiError, FieldError},
    extract::decimal,
};

/// Collects what is wrong while the fields are read. What only some fields need stands beside them.
#[derive(Default)]
pub(crate) struct Mistakes(Vec<FieldError>);

impl Mistakes {
    pub(crate) fn add(&mut self, mistake: FieldError) {
        self.0.push(mistake);
    }

    /// Refuses the request if anything was wrong with it.
    pub(crate) fn none(self) -> Result<(), ApiError> {
        if self.0.is_empty() { Ok(()) } else { Err(ApiError::InvalidFields(self.0)) }
    }

    pub(crate) fn keep<T>(&mut self, parsed: Result<T, FieldError>) -> Option<T> {
        parsed.map_err(|mistake| self.add(mistake)).ok()
    }

    pub(crate) fn time(&mut self, field: &str, text: &str) -> Option<Timestamp> {
        let parsed = text.parse::<Timestamp>();
        self.keep(parsed.map_err(|error| FieldError::invalid(field, format!("is {error}"))))
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
}
