//! Accounts in the requests and answers of administrators.

use curt_domain::{Role, UserEdit, UserId};
use curt_store::{Cursor, LinksOf, UserPage, UserQuery};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    api::{
        accounts::{register::AccountDraft, schema as accounts_schema, view::UserView},
        users::schema,
    },
    request::{
        extract::decimal,
        fields::{Field, FieldErrors, clearable, present},
        schema as shared,
    },
    response::{ApiError, FieldError},
};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    #[param(schema_with = schema::search)]
    q: Option<String>,
    #[param(schema_with = shared::limit)]
    limit: Option<String>,
    #[param(schema_with = shared::cursor)]
    cursor: Option<String>,
}

/// A page of users, oldest first.
#[derive(Serialize, ToSchema)]
#[schema(as = UserPage)]
pub(crate) struct UsersView {
    items: Vec<UserView>,
    #[schema(required = true, schema_with = shared::next_cursor)]
    next_cursor: Option<String>,
}

/// An account for somebody.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewUser)]
pub(crate) struct CreateBody {
    #[schema(schema_with = accounts_schema::email)]
    email: String,
    #[schema(schema_with = accounts_schema::new_password)]
    password: String,
    #[schema(schema_with = accounts_schema::full_name_or_null)]
    full_name: Option<String>,
    #[schema(schema_with = accounts_schema::role_or_null)]
    role: Option<String>,
}

/// What to change about a user: a field that is absent stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = UserChanges)]
pub(crate) struct EditBody {
    #[serde(default, deserialize_with = "present")]
    #[schema(schema_with = accounts_schema::email)]
    email: Field<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(schema_with = accounts_schema::full_name_or_null)]
    full_name: Field<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(schema_with = accounts_schema::role)]
    role: Field<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(schema_with = accounts_schema::status)]
    status: Field<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(schema_with = accounts_schema::new_password)]
    password: Field<String>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeleteQuery {
    #[param(schema_with = schema::links_to)]
    links_to: Option<String>,
}

impl ListQuery {
    pub(super) fn parse(self) -> Result<UserQuery, ApiError> {
        let mut errors = FieldErrors::default();
        let query = UserQuery {
            q: self.q.and_then(|text| errors.search(text)),
            limit: errors.limit(self.limit.as_deref()),
            cursor: self.cursor.as_deref().and_then(|text| errors.cursor(text)),
        };
        errors.finish()?;
        Ok(query)
    }
}

impl CreateBody {
    pub(super) fn parse(self) -> Result<(AccountDraft, Role), ApiError> {
        let mut errors = FieldErrors::default();
        let email = errors.email(&self.email);
        let full_name = self.full_name.and_then(|text| errors.full_name(&text));
        let role = self.role.and_then(|word| errors.role(&word)).unwrap_or(Role::User);
        errors.finish()?;
        let email = email.expect("nothing was wrong with the fields, so there is an address");
        Ok((AccountDraft { email, full_name, password: self.password }, role))
    }
}

impl EditBody {
    pub(super) fn parse(self) -> Result<(UserEdit, Option<String>), ApiError> {
        let mut errors = FieldErrors::default();
        let email = errors.required("email", self.email);
        let role = errors.required("role", self.role);
        let switch = errors.required("status", self.status);
        let password = errors.required("password", self.password);
        let words = "is neither active nor disabled";
        let edit = UserEdit {
            email: email.and_then(|text| errors.email(&text)),
            full_name: clearable(self.full_name, |text| errors.full_name(&text)),
            role: role.and_then(|word| errors.role(&word)),
            switch: switch.and_then(|word| errors.switch(&word, words)),
            password: None,
        };
        errors.finish()?;
        Ok((edit, password))
    }
}

impl DeleteQuery {
    pub(super) fn parse(&self) -> Result<LinksOf, ApiError> {
        let Some(text) = &self.links_to else { return Ok(LinksOf::Keep) };
        let heir = decimal(text).and_then(UserId::new).map(LinksOf::TransferTo);
        let mistake = || FieldError::invalid("links_to", "is no other user's id");
        heir.ok_or_else(|| ApiError::InvalidFields(vec![mistake()]))
    }
}

impl UsersView {
    pub(super) fn new(page: &UserPage) -> Self {
        Self {
            items: page.items.iter().map(UserView::new).collect(),
            next_cursor: page.next.as_ref().map(Cursor::to_string),
        }
    }
}
