//! How errors of store operations are answered.

use std::error::Error;

use curt_store::{
    AddIpBlockError, BlockTargetsError, ChangeUserError, CreateInviteError, CreateKeyError,
    CreateLoginError, CreateUserError, DeleteUserError, EditLinkError, INVITES_MAX,
    KEYS_PER_USER_MAX, ListError, StoreError, StoreErrorKind,
};

use super::errors::ApiError;

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error.kind() {
            StoreErrorKind::StorageFull => {
                tracing::warn!(error = &error as &dyn Error, "the disk is full");
                Self::StorageFull
            }
            StoreErrorKind::Unavailable => {
                tracing::warn!(error = &error as &dyn Error, "the database cannot be reached");
                Self::Unavailable
            }
            StoreErrorKind::Internal => Self::from_failure(&error),
        }
    }
}

impl From<BlockTargetsError> for ApiError {
    fn from(error: BlockTargetsError) -> Self {
        match error {
            BlockTargetsError::ListFull => Self::invalid_field("pattern", error.to_string()),
            BlockTargetsError::Store(error) => error.into(),
        }
    }
}

impl From<EditLinkError> for ApiError {
    fn from(error: EditLinkError) -> Self {
        match error {
            EditLinkError::NotFound => Self::NotFound,
            EditLinkError::RevisionMismatch => Self::PreconditionFailed,
            EditLinkError::Dates(invalid) => Self::invalid_field("expires_at", invalid.to_string()),
            EditLinkError::Store(error) => error.into(),
        }
    }
}

impl From<ListError> for ApiError {
    fn from(error: ListError) -> Self {
        match error {
            ListError::InvalidCursor(invalid) => Self::invalid_field("cursor", invalid.to_string()),
            ListError::Store(error) => error.into(),
        }
    }
}

impl From<CreateUserError> for ApiError {
    fn from(error: CreateUserError) -> Self {
        match error {
            CreateUserError::EmailTaken => Self::EmailTaken,
            CreateUserError::InviteInvalid => {
                Self::invalid_field("invite", "is unknown, used or expired")
            }
            // The link that would have set this server up no longer exists.
            CreateUserError::AlreadySetUp => Self::NotFound,
            CreateUserError::LoggedOut => Self::Unauthenticated,
            CreateUserError::Store(error) => error.into(),
        }
    }
}

impl From<ChangeUserError> for ApiError {
    fn from(error: ChangeUserError) -> Self {
        match error {
            ChangeUserError::NotFound => Self::NotFound,
            ChangeUserError::EmailTaken => Self::EmailTaken,
            ChangeUserError::LastAdministrator => Self::LastAdministrator,
            ChangeUserError::LoggedOut => Self::Unauthenticated,
            ChangeUserError::Store(error) => error.into(),
        }
    }
}

impl From<DeleteUserError> for ApiError {
    fn from(error: DeleteUserError) -> Self {
        match error {
            DeleteUserError::NotFound => Self::NotFound,
            DeleteUserError::NoSuchHeir => Self::invalid_field("links_to", "is no other user's id"),
            DeleteUserError::LastAdministrator => Self::LastAdministrator,
            DeleteUserError::LoggedOut => Self::Unauthenticated,
            DeleteUserError::Store(error) => error.into(),
        }
    }
}

impl From<CreateLoginError> for ApiError {
    fn from(error: CreateLoginError) -> Self {
        match error {
            CreateLoginError::UserChanged => Self::WrongPassword,
            CreateLoginError::Store(error) => error.into(),
        }
    }
}

impl From<CreateKeyError> for ApiError {
    fn from(error: CreateKeyError) -> Self {
        match error {
            CreateKeyError::NoSuchUser => Self::NotFound,
            CreateKeyError::LoggedOut => Self::Unauthenticated,
            CreateKeyError::TooMany => Self::LimitReached { max: KEYS_PER_USER_MAX },
            CreateKeyError::Store(error) => error.into(),
        }
    }
}

impl From<CreateInviteError> for ApiError {
    fn from(error: CreateInviteError) -> Self {
        match error {
            CreateInviteError::LoggedOut => Self::Unauthenticated,
            CreateInviteError::TooMany => Self::LimitReached { max: INVITES_MAX },
            CreateInviteError::Store(error) => error.into(),
        }
    }
}

impl From<AddIpBlockError> for ApiError {
    fn from(error: AddIpBlockError) -> Self {
        match error {
            AddIpBlockError::TooMany => {
                Self::invalid_field("network", format!("is one too many: {error}; lift some first"))
            }
            AddIpBlockError::Store(error) => error.into(),
        }
    }
}
