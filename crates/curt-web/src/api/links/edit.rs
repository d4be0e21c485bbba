//! The body of a PATCH: an absent field is kept, null clears.

use curt_domain::{LinkEdit, Password};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    api::links::{
        fields::{SWITCH_WORDS, Whole, password_hash},
        schema,
    },
    app::App,
    request::fields::{Field, FieldErrors, clearable, present},
    response::ApiError,
    site::Site,
};

/// What to change about a link: a field that is absent stays as it is, null clears it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = LinkChanges)]
pub(crate) struct EditBody {
    #[serde(default, deserialize_with = "present")]
    #[schema(schema_with = schema::original_url)]
    original_url: Field<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(schema_with = schema::title)]
    title: Field<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(schema_with = schema::note)]
    note: Field<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(schema_with = schema::tags)]
    tags: Field<Vec<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(schema_with = schema::redirect_status)]
    redirect_status: Field<Whole>,
    #[serde(default, deserialize_with = "present")]
    #[schema(schema_with = schema::forward_query)]
    forward_query: Field<bool>,
    #[serde(default, deserialize_with = "present")]
    #[schema(schema_with = schema::valid_from)]
    valid_from: Field<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(schema_with = schema::expires_at)]
    expires_at: Field<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(schema_with = schema::max_clicks)]
    max_clicks: Field<Whole>,
    #[serde(default, deserialize_with = "present")]
    #[schema(schema_with = schema::link_password)]
    password: Field<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(schema_with = schema::fallback_url)]
    fallback_url: Field<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(schema_with = schema::switch)]
    status: Field<String>,
}

/// A checked request, with its password not hashed yet.
pub(super) struct CheckedEdit {
    edit: LinkEdit,
    password: Field<Password>,
}

impl CheckedEdit {
    pub(super) async fn into_edit(self, app: &App) -> Result<LinkEdit, ApiError> {
        let password = match self.password {
            Some(Some(password)) => Some(Some(password_hash(password, app).await?)),
            Some(None) => Some(None),
            None => None,
        };
        Ok(LinkEdit { password, ..self.edit })
    }
}

impl EditBody {
    pub(super) fn parse(self, site: &Site) -> Result<CheckedEdit, ApiError> {
        let mut errors = FieldErrors::default();
        let target = errors.required("original_url", self.original_url);
        let tags = errors.required("tags", self.tags);
        let status = errors.required("redirect_status", self.redirect_status);
        let switch = errors.required("status", self.status);
        let password = clearable(self.password, |text| errors.link_password(&text));
        let edit = LinkEdit {
            target: target.and_then(|text| errors.target("original_url", &text, site)),
            title: clearable(self.title, |text| errors.title(&text)),
            note: clearable(self.note, |text| errors.note(&text)),
            tags: tags.map(|texts| errors.tags(&texts)),
            redirect_status: status.and_then(|code| errors.redirect_status(code)),
            forward_query: errors.required("forward_query", self.forward_query),
            valid_from: clearable(self.valid_from, |text| errors.time("valid_from", &text)),
            expires_at: clearable(self.expires_at, |text| errors.time("expires_at", &text)),
            max_clicks: clearable(self.max_clicks, |count| errors.max_clicks(count)),
            password: None,
            fallback: clearable(self.fallback_url, |text| {
                errors.target("fallback_url", &text, site)
            }),
            switch: switch.and_then(|word| errors.switch(&word, SWITCH_WORDS)),
        };
        errors.finish()?;
        Ok(CheckedEdit { edit, password })
    }
}
