//! The actions of the audit log.

macro_rules! actions {
    ($($(#[doc = $about:literal])* $action:ident = $word:literal,)*) => {
        /// What was done. The word before the dot is the kind of object.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Action {
            $($(#[doc = $about])* $action,)*
        }

        impl Action {
            pub const ALL: &[Self] = &[$(Self::$action),*];

            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$action => $word,)*
                }
            }
        }
    };
}

actions! {
    BlockCreate = "block.create",
    BlockDelete = "block.delete",
    TargetBlock = "destination.block",
    TargetUnblock = "destination.unblock",
    InviteCreate = "invite.create",
    InviteDelete = "invite.delete",
    KeyCreate = "key.create",
    KeyDelete = "key.delete",
    LinkCreate = "link.create",
    /// Many at once.
    LinkImport = "link.import",
    LinkDelete = "link.delete",
    LinkEdit = "link.edit",
    LinkRestore = "link.restore",
    ReportBlockHost = "report.block_host",
    ReportDisable = "report.disable",
    ReportDismiss = "report.dismiss",
    ReportEnable = "report.enable",
    UserCreate = "user.create",
    UserDelete = "user.delete",
    UserDisable = "user.disable",
    UserEdit = "user.edit",
    UserEnable = "user.enable",
    UserEndSessions = "user.end_sessions",
    UserPassword = "user.password",
    UserRole = "user.role",
    /// A refresh token was used a second time: there is a copy.
    UserTokenReused = "user.token_reused",
}

impl Action {
    pub(super) fn object_kind(self) -> &'static str {
        self.as_str().split('.').next().unwrap_or_default()
    }
}
