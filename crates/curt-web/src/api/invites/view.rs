//! Invitations in requests and answers.

use std::time::Duration;

use curt_domain::{Role, Timestamp, Token};
use curt_store::Invite;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    api::{accounts::schema as accounts_schema, invites::schema},
    request::{fields::FieldErrors, schema as shared},
    response::{ApiError, FieldError},
};

/// How long an invitation is valid if the request does not say.
const INVITE_AGE_DEFAULT: Duration = Duration::from_hours(7 * 24);
/// The maximum; after that, the person is invited again.
const INVITE_AGE_MAX: Duration = Duration::from_hours(90 * 24);

/// An invitation to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewInvite)]
pub(crate) struct InviteBody {
    #[schema(schema_with = accounts_schema::role_or_null)]
    role: Option<String>,
    #[schema(schema_with = schema::expires_at)]
    expires_at: Option<String>,
}

/// An invitation, without what makes it one.
#[derive(Serialize, ToSchema)]
#[schema(as = Invite)]
pub(crate) struct InviteView {
    #[schema(schema_with = shared::invite_id)]
    id: u64,
    #[serde(flatten)]
    rest: RestView,
}

/// What an old invitation and a new one have.
#[derive(Serialize, ToSchema)]
#[schema(as = InviteRest)]
struct RestView {
    #[schema(schema_with = accounts_schema::role)]
    role: &'static str,
    #[schema(schema_with = schema::created_at)]
    created_at: String,
    #[schema(schema_with = schema::ends_at)]
    expires_at: String,
    #[schema(required = true, schema_with = schema::used_at)]
    used_at: Option<String>,
}

/// A new invitation: `invite` is in this answer and nowhere else.
#[derive(Serialize, ToSchema)]
#[schema(as = CreatedInvite)]
pub(crate) struct CreatedView {
    #[schema(schema_with = schema::invite)]
    invite: String,
    #[schema(schema_with = shared::invite_id)]
    id: u64,
    #[serde(flatten)]
    rest: RestView,
}

/// The newest invitations.
#[derive(Serialize, ToSchema)]
#[schema(as = InviteList)]
pub(crate) struct InvitesView {
    items: Vec<InviteView>,
}

impl InviteBody {
    pub(super) fn parse(&self, now: Timestamp) -> Result<(Role, Timestamp), ApiError> {
        let mut errors = FieldErrors::default();
        let role = self.role.as_deref().and_then(|word| errors.role(word));
        let expires_at = self.expires_at.as_deref();
        let expires_at = expires_at.and_then(|text| errors.time("expires_at", text));
        let is_possible = |at: Timestamp| now < at && at <= now.plus(INVITE_AGE_MAX);
        if expires_at.is_some_and(|at| !is_possible(at)) {
            let words = "must lie in the future, and within 90 days";
            errors.add(FieldError::invalid("expires_at", words));
        }
        errors.finish()?;
        let expires_at = expires_at.unwrap_or_else(|| now.plus(INVITE_AGE_DEFAULT));
        Ok((role.unwrap_or(Role::User), expires_at))
    }
}

impl InviteView {
    fn new(invite: &Invite) -> Self {
        let rest = RestView {
            role: invite.role.as_str(),
            created_at: invite.created_at.to_string(),
            expires_at: invite.expires_at.to_string(),
            used_at: invite.used_at.map(|at| at.to_string()),
        };
        Self { id: invite.id, rest }
    }
}

impl CreatedView {
    pub(super) fn new(token: &Token, invite: &Invite) -> Self {
        let InviteView { id, rest } = InviteView::new(invite);
        Self { invite: token.as_str().to_owned(), id, rest }
    }
}

impl InvitesView {
    pub(super) fn new(invites: &[Invite]) -> Self {
        Self { items: invites.iter().map(InviteView::new).collect() }
    }
}
