//! API keys in requests and answers.

use curt_domain::{ApiKey, KeyName, Scope, Scopes, Timestamp};
use curt_store::{KEYS_PER_USER_MAX, KeyRecord};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    api::keys::schema,
    request::{fields::FieldErrors, schema as shared},
    response::{ApiError, FieldError},
};

/// A key to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewKey)]
pub(crate) struct KeyBody {
    #[schema(schema_with = schema::name)]
    name: String,
    #[schema(schema_with = schema::scopes)]
    scopes: Vec<String>,
    #[schema(schema_with = schema::expires_at)]
    expires_at: Option<String>,
}

/// An API key, without what makes it one.
#[derive(Serialize, ToSchema)]
#[schema(as = Key)]
pub(crate) struct KeyView {
    #[schema(schema_with = shared::key_id)]
    id: u64,
    #[serde(flatten)]
    rest: RestView,
}

/// What an old key and a new one have.
#[derive(Serialize, ToSchema)]
#[schema(as = KeyRest)]
struct RestView {
    #[schema(schema_with = shared::user_id)]
    user_id: u64,
    #[schema(schema_with = schema::name)]
    name: String,
    #[schema(schema_with = schema::hint)]
    hint: String,
    #[schema(schema_with = schema::scopes)]
    scopes: Vec<&'static str>,
    #[schema(schema_with = schema::created_at)]
    created_at: String,
    #[schema(required = true, schema_with = schema::expires_at)]
    expires_at: Option<String>,
    #[schema(required = true, schema_with = schema::last_used_at)]
    last_used_at: Option<String>,
}

/// A new API key: `key` is in this answer and nowhere else.
#[derive(Serialize, ToSchema)]
#[schema(as = CreatedKey)]
pub(crate) struct CreatedView {
    #[schema(schema_with = schema::key)]
    key: String,
    #[schema(schema_with = shared::key_id)]
    id: u64,
    #[serde(flatten)]
    rest: RestView,
}

/// All API keys of a user.
#[derive(Serialize, ToSchema)]
#[schema(as = KeyList)]
pub(crate) struct KeysView {
    #[schema(max_items = 100)]
    items: Vec<KeyView>,
}

impl KeyBody {
    pub(super) fn parse(
        &self,
        now: Timestamp,
    ) -> Result<(KeyName, Scopes, Option<Timestamp>), ApiError> {
        let mut errors = FieldErrors::default();
        let name = KeyName::parse(&self.name).map_err(|error| FieldError::text("name", error));
        let name = errors.ok(name);
        let mut scopes = Vec::new();
        // A repeated scope counts once; an overlong list is not read to its end.
        for (index, word) in self.scopes.iter().take(Scope::ALL.len() + 1).enumerate() {
            let field = format!("scopes[{index}]");
            let scope = word.parse::<Scope>();
            let scope = scope.map_err(|error| FieldError::invalid(&field, error.to_string()));
            scopes.extend(errors.ok(scope));
        }
        if self.scopes.is_empty() || Scope::ALL.len() < self.scopes.len() {
            let words = format!("must be 1 to {} scopes", Scope::ALL.len());
            errors.add(FieldError::invalid("scopes", words));
        }
        let expires_at = self.expires_at.as_deref();
        let expires_at = expires_at.and_then(|text| errors.time("expires_at", text));
        if expires_at.is_some_and(|at| at <= now) {
            errors.add(FieldError::invalid("expires_at", "must lie in the future"));
        }
        errors.finish()?;
        let name = name.expect("nothing was wrong with the fields, so there is a name");
        Ok((name, scopes.into_iter().collect(), expires_at))
    }
}

impl KeysView {
    pub(super) fn new(records: &[KeyRecord]) -> Self {
        debug_assert!(records.len() <= KEYS_PER_USER_MAX as usize);
        Self { items: records.iter().map(KeyView::new).collect() }
    }
}

impl KeyView {
    fn new(record: &KeyRecord) -> Self {
        let text = |at: Option<Timestamp>| at.map(|at| at.to_string());
        let rest = RestView {
            user_id: record.user.get(),
            name: record.name.as_str().to_owned(),
            hint: record.hint.clone(),
            scopes: record.scopes.iter().map(Scope::as_str).collect(),
            created_at: record.created_at.to_string(),
            expires_at: text(record.expires_at),
            last_used_at: text(record.last_used_at),
        };
        Self { id: record.id.get(), rest }
    }
}

impl CreatedView {
    pub(super) fn new(key: &ApiKey, record: &KeyRecord) -> Self {
        let KeyView { id, rest } = KeyView::new(record);
        Self { key: key.as_str().to_owned(), id, rest }
    }
}
