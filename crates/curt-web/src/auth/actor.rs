//! Who sent a request, once that is proved, and what they may do.

use std::net::IpAddr;

use curt_domain::{Access, Author, Caller, Login, Role, Scope, Scopes, User};

/// Somebody who proved who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Actor {
    pub author: Author,
    /// What they may do, which for a key is never more than its owner may.
    pub(super) rights: Scopes,
    pub proof: Proof,
    pub(super) client: IpAddr,
}

/// What somebody proved it with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Proof {
    Key,
    /// Their password, when they logged in.
    Login(Login),
}

impl Actor {
    pub(super) fn user(user: &User, proof: Proof, client: IpAddr) -> Self {
        Self { author: Author::User(user.id), rights: rights(user.role), proof, client }
    }

    /// For what changes something, and for the log of that.
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

    /// Whose links they may see and change.
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

    /// Under which their idempotency keys are kept: the person, however they come.
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

/// Somebody who has not said who they are.
pub(crate) fn anonymous(client: IpAddr) -> Caller {
    Caller { author: Author::Anonymous, client: Some(client), ..Caller::SYSTEM }
}
