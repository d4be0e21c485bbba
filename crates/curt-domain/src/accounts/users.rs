//! Users: what an account is, and how it may be edited.

use crate::{
    accounts::{Email, FullName, PasswordHash, Role},
    ids::UserId,
    switch::Switch,
    time::Timestamp,
};

/// A person with an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    pub email: Email,
    pub full_name: Option<FullName>,
    pub role: Role,
    /// Access tokens of an earlier epoch are void.
    pub token_epoch: u64,
    /// A disabled user cannot sign in, and their tokens and keys are void.
    pub disabled_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// What to change about a user: `None` keeps, `Some(None)` clears.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserEdit {
    pub email: Option<Email>,
    pub full_name: Option<Option<FullName>>,
    pub role: Option<Role>,
    pub switch: Option<Switch>,
    pub password: Option<PasswordHash>,
}

impl User {
    /// Whether this user counts as one of the administrators of whom at least one must remain.
    pub fn is_active_administrator(&self) -> bool {
        self.role == Role::Administrator && self.disabled_at.is_none()
    }

    /// The user after an edit; an edit that changes nothing returns the same user. Disabling,
    /// another role or another password requires new access tokens.
    #[must_use]
    pub fn edited(&self, edit: &UserEdit, now: Timestamp) -> Self {
        let mut user = self.clone();
        if let Some(email) = &edit.email {
            user.email = email.clone();
        }
        if let Some(full_name) = &edit.full_name {
            user.full_name.clone_from(full_name);
        }
        user.role = edit.role.unwrap_or(self.role);
        match edit.switch {
            None => {}
            Some(Switch::Active) => user.disabled_at = None,
            Some(Switch::Disabled) => user.disabled_at = self.disabled_at.or(Some(now)),
        }
        let is_switched_off = self.disabled_at.is_none() && user.disabled_at.is_some();
        if user.role != self.role || is_switched_off || edit.password.is_some() {
            user.token_epoch += 1;
        }
        // An address that differs only in spelling is equal, but the new spelling must be saved.
        if user != *self || user.email.as_str() != self.email.as_str() {
            user.updated_at = now;
        }
        user
    }
}

#[cfg(test)]
mod tests;
