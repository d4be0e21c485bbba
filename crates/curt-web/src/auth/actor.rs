//! The proven sender of a request, and what the sender may do.

use std::net::IpAddr;

use curt_domain::{Access, Author, Caller, Login, Role, Scope, Scopes, User};

/// A caller who proved an identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Actor {
    pub author: Author,
    /// What the caller may do. For a key, never more than the owner's rights.
    pub(super) rights: Scopes,
    pub proof: Proof,
    pub(super) client: IpAddr,
}

/// How the caller proved the identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    Key,
    /// The user's password, at login.
    Login(Login),
}

impl Actor {
    pub(super) fn user(user: &User, proof: Proof, client: IpAddr) -> Self {
        Self { author: Author::User(user.id), rights: rights(user.role), proof, client }
    }

    /// For changes, and for the audit log about them.
    pub(crate) fn caller(&self) -> Caller {
        let is_remote = !matches!(self.author, Author::CommandLine(_));
        Caller {
            access: self.access(),
            author: self.author.clone(),
            client: is_remote.then_some(self.client),
            login: match self.proof {
                Proof::Key => None,
                Proof::Login(login) => Some(login),
            },
        }
    }

    /// Whose links the caller may see and change.
    pub(crate) fn access(&self) -> Access {
        match self.author.user() {
            Some(user) if !self.may(Scope::Admin) => Access::Of(user),
            _ => Access::All,
        }
    }

    pub(crate) fn may(&self, scope: Scope) -> bool {
        self.rights.covers(scope)
    }

    pub(crate) fn rights(&self) -> Scopes {
        self.rights
    }

    /// Under which name idempotency keys are kept: the user's, however the user authenticated.
    pub(crate) fn name(&self) -> String {
        match self.author.user() {
            Some(user) => format!("user {user}"),
            None => "administrator".to_owned(),
        }
    }
}

pub(super) fn rights(role: Role) -> Scopes {
    match role {
        Role::Administrator => Scopes::ALL,
        Role::User => Scopes::ALL.iter().filter(|scope| *scope != Scope::Admin).collect(),
    }
}

/// A caller without an identity.
pub(crate) fn anonymous(client: IpAddr) -> Caller {
    Caller { author: Author::Anonymous, client: Some(client), ..Caller::SYSTEM }
}
