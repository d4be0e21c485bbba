//! The body of a PATCH: an absent field keeps, null clears.

use curt_domain::{LinkEdit, TargetRules};
use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use super::fields::Whole;
use crate::{
    errors::{ApiError, FieldError},
    mistakes::Mistakes,
    openapi::fields,
};

/// `None` where the field is absent, `Some(None)` where it is null.
type Field<T> = Option<Option<T>>;

/// What to change about a link: a field that is absent stays as it is, null clears it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = LinkChanges)]
pub(crate) struct EditBody {
    #[serde(default, deserialize_with = "present")]
    #[schema(schema_with = fields::original_url)]
    original_url: Field<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(schema_with = fields::title)]
    title: Field<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(schema_with = fields::note)]
    note: Field<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(schema_with = fields::tags)]
    tags: Field<Vec<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(schema_with = fields::redirect_status)]
    redirect_status: Field<Whole>,
    #[serde(default, deserialize_with = "present")]
    #[schema(schema_with = fields::forward_query)]
    forward_query: Field<bool>,
    #[serde(default, deserialize_with = "present")]
    #[schema(schema_with = fields::valid_from)]
    valid_from: Field<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(schema_with = fields::expires_at)]
    expires_at: Field<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(schema_with = fields::max_clicks)]
    max_clicks: Field<Whole>,
    #[serde(default, deserialize_with = "present")]
    #[schema(schema_with = fields::fallback_url)]
    fallback_url: Field<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(schema_with = fields::switch)]
    status: Field<String>,
}

/// Called only for fields that are there, so that null becomes `Some(None)`.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Field<T>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// A field that null clears: only what is there is parsed.
fn clearable<T, U>(field: Field<T>, parse: impl FnOnce(T) -> Option<U>) -> Field<U> {
    field.map(|value| value.and_then(parse))
}

impl EditBody {
    pub(super) fn parse(self, rules: &TargetRules) -> Result<LinkEdit, ApiError> {
        let mut mistakes = Mistakes::default();
        let target = mistakes.required("original_url", self.original_url);
        let tags = mistakes.required("tags", self.tags);
        let status = mistakes.required("redirect_status", self.redirect_status);
        let switch = mistakes.required("status", self.status);
        let edit = LinkEdit {
            target: target.and_then(|text| mistakes.target("original_url", &text, rules)),
            title: clearable(self.title, |text| mistakes.title(&text)),
            note: clearable(self.note, |text| mistakes.note(&text)),
            tags: tags.map(|texts| mistakes.tags(&texts)),
            redirect_status: status.and_then(|code| mistakes.redirect_status(code)),
            forward_query: mistakes.required("forward_query", self.forward_query),
            valid_from: clearable(self.valid_from, |text| mistakes.time("valid_from", &text)),
            expires_at: clearable(self.expires_at, |text| mistakes.time("expires_at", &text)),
            max_clicks: clearable(self.max_clicks, |count| mistakes.max_clicks(count)),
            fallback: clearable(self.fallback_url, |text| {
                mistakes.target("fallback_url", &text, rules)
            }),
            switch: switch.and_then(|word| mistakes.switch(&word)),
        };
        mistakes.none()?;
        Ok(edit)
    }
}

impl Mistakes {
    /// For fields that a link cannot do without.
    fn required<T>(&mut self, name: &str, field: Field<T>) -> Option<T> {
        if let Some(None) = field {
            self.add(FieldError::invalid(name, "cannot be null; leave it out to keep it"));
        }
        field.flatten()
    }
}
