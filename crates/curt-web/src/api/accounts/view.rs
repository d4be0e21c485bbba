//! An account in answers.

use curt_domain::User;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{api::accounts::schema, request::schema as shared};

/// Somebody with an account.
#[derive(Serialize, ToSchema)]
#[schema(as = User)]
pub(crate) struct UserView {
    #[schema(schema_with = shared::user_id)]
    id: u64,
    #[schema(schema_with = schema::email)]
    email: String,
    #[schema(required = true, schema_with = schema::full_name_or_null)]
    full_name: Option<String>,
    #[schema(schema_with = schema::role)]
    role: &'static str,
    #[schema(schema_with = schema::status)]
    status: &'static str,
    #[schema(schema_with = schema::created_at)]
    created_at: String,
    #[schema(schema_with = schema::updated_at)]
    updated_at: String,
}

impl UserView {
    pub(crate) fn new(user: &User) -> Self {
        Self {
            id: user.id.get(),
            email: user.email.to_string(),
            full_name: user.full_name.as_ref().map(|name| name.as_str().to_owned()),
            role: user.role.as_str(),
            status: if user.disabled_at.is_some() { "disabled" } else { "active" },
            created_at: user.created_at.to_string(),
            updated_at: user.updated_at.to_string(),
        }
    }
}
