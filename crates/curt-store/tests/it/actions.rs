//! Each action of the audit log is written by the deed that it names, and by no other.

use std::time::Duration;

use curt_domain::{
    BlockKind, IpBlock, LinkEdit, ReportReason, Role, Switch, Title, User, UserEdit,
};
use curt_store::{
    Action, AuditQuery, AuditRecord, ExpectedRevision, Invite, KeyRecord, LinksOf, NewInvite,
    NewIpBlock, NewLogin, NewReport, NewTargetBlocks, REUSE_GRACE, Resolution, Rotation, Store,
    TargetBlockSource,
};

use crate::{
    accounts::{admin, create_user, email, hash, token},
    keys::new_key,
    stores::{create, for_each_store, id, later, link, now},
};

/// The objects of a deed are created first; a number tells them from those of other deeds.
struct Deed<'a> {
    store: &'a Store,
    number: u8,
}

impl Deed<'_> {
    async fn link(&self) {
        create(self.store, &link(self.number.into(), &format!("code{}", self.number))).await;
    }

    async fn user(&self) -> User {
        create_user(self.store, &format!("user{}", self.number), Role::User).await
    }

    async fn edit(&self, edits: impl IntoIterator<Item = UserEdit>) {
        let user = self.user().await;
        for edit in edits {
            self.store.edit_user(&admin(), user.id, edit, later(1)).await.unwrap();
        }
    }

    async fn key(&self) -> KeyRecord {
        let user = self.user().await;
        self.store.create_key(&admin(), new_key(&user, self.number), now()).await.unwrap()
    }

    async fn invite(&self) -> Invite {
        let (role, expires_at) = (Role::User, later(1_000));
        let new = NewInvite { token: token(self.number), role, expires_at };
        self.store.create_invite(&admin(), new, now()).await.unwrap()
    }

    async fn block(&self) -> IpBlock {
        let network = format!("203.0.113.{}", self.number).parse().unwrap();
        let block = NewIpBlock { network, kind: BlockKind::Manual, reason: None, until: None };
        self.store.add_ip_block(block, &admin(), now()).await.unwrap()
    }

    async fn destination(&self) -> u64 {
        let pattern = format!("host{}.example", self.number).parse().unwrap();
        let new = NewTargetBlocks {
            patterns: vec![pattern],
            reason: None,
            source: TargetBlockSource::File,
            at: now(),
        };
        self.store.block_targets(&admin(), new).await.unwrap();
        self.store.target_blocks(None, 1).await.unwrap()[0].id
    }

    async fn settle(&self, resolution: Resolution) {
        self.link().await;
        let link = id(self.number.into());
        let new = NewReport { link, reason: ReportReason::Phishing, note: None, at: now() };
        assert!(self.store.add_report(&admin(), new).await.unwrap());
        let report = self.store.reports(None, None, 1).await.unwrap()[0].id;
        let settled = self.store.resolve_report(&admin(), report, resolution, later(1)).await;
        assert!(settled.unwrap().is_some());
    }

    async fn reuse_a_token(&self) {
        let user = self.user().await;
        let (old, new) = (token(self.number), token(self.number + 100));
        let expires_at = now().plus(Duration::from_hours(1));
        let login =
            NewLogin { user: user.id, token_epoch: user.token_epoch, token: old, expires_at };
        self.store.create_refresh_token(login, now()).await.unwrap();
        let late = later(1).plus(REUSE_GRACE);
        for at in [now(), late] {
            let rotated = self.store.rotate_refresh_token(old, new, expires_at, at).await.unwrap();
            assert_eq!(rotated == Rotation::Reused(user.id), at == late);
        }
    }

    async fn delete_link(&self) {
        self.link().await;
        let (link, any) = (id(self.number.into()), ExpectedRevision::Any);
        self.store.delete_link(&admin(), link, any, later(1)).await.unwrap();
    }

    async fn restore_link(&self) {
        self.delete_link().await;
        let (link, any) = (id(self.number.into()), ExpectedRevision::Any);
        self.store.restore_link(&admin(), link, any, later(2)).await.unwrap();
    }

    async fn edit_link(&self) {
        self.link().await;
        let title = Some(Title::parse("Another").ok());
        let edit = LinkEdit { title, ..LinkEdit::default() };
        let link = id(self.number.into());
        let any = ExpectedRevision::Any;
        self.store.edit_link(&admin(), link, edit, any, later(1)).await.unwrap();
    }

    async fn import_links(&self) {
        let link = link(self.number.into(), &format!("code{}", self.number));
        self.store.create_links(&admin(), vec![link], None).await.unwrap();
    }

    async fn run(&self, action: Action) {
        let (store, by) = (self.store, admin());
        let switched = |switch| UserEdit { switch: Some(switch), ..UserEdit::default() };
        match action {
            Action::BlockCreate => drop(self.block().await),
            Action::BlockDelete => {
                let block = self.block().await;
                store.lift_ip_block(block.id, &by, now()).await.unwrap();
            }
            Action::TargetBlock => drop(self.destination().await),
            Action::TargetUnblock => {
                let block = self.destination().await;
                assert!(store.unblock_target(&by, block, now()).await.unwrap());
            }
            Action::InviteCreate => {
                self.invite().await;
            }
            Action::InviteDelete => {
                let invite = self.invite().await;
                assert!(store.delete_invite(&by, invite.id, now()).await.unwrap());
            }
            Action::KeyCreate => drop(self.key().await),
            Action::KeyDelete => {
                let key = self.key().await;
                assert!(store.delete_key(&by, key.id, now()).await.unwrap());
            }
            Action::LinkCreate => self.link().await,
            Action::LinkImport => self.import_links().await,
            Action::LinkDelete => self.delete_link().await,
            Action::LinkEdit => self.edit_link().await,
            Action::LinkRestore => self.restore_link().await,
            Action::ReportBlockHost => self.settle(Resolution::BlockHost).await,
            Action::ReportDisable => self.settle(Resolution::Disable).await,
            Action::ReportDismiss => self.settle(Resolution::Dismiss).await,
            Action::ReportEnable => self.settle(Resolution::Enable).await,
            Action::UserCreate => drop(self.user().await),
            Action::UserDelete => {
                let user = self.user().await;
                store.delete_user(&by, user.id, LinksOf::Keep, now()).await.unwrap();
            }
            Action::UserDisable => self.edit([switched(Switch::Disabled)]).await,
            Action::UserEdit => {
                let other = email(&format!("other{}", self.number));
                self.edit([UserEdit { email: Some(other), ..UserEdit::default() }]).await;
            }
            Action::UserEnable => {
                self.edit([switched(Switch::Disabled), switched(Switch::Active)]).await;
            }
            Action::UserEndSessions => {
                let user = self.user().await;
                store.end_sessions(&by, user.id, now()).await.unwrap();
            }
            Action::UserPassword => {
                let user = self.user().await;
                store.set_password(&by, user.id, hash("new"), now()).await.unwrap();
            }
            Action::UserRole => {
                let role = Some(Role::Administrator);
                self.edit([UserEdit { role, ..UserEdit::default() }]).await;
            }
            Action::UserTokenReused => self.reuse_a_token().await,
        }
    }
}

async fn rows_of(store: &Store, action: Action) -> Vec<AuditRecord> {
    let action = Some(action.as_str().to_owned());
    let query = AuditQuery { action, limit: 100, ..AuditQuery::default() };
    store.audit(&query).await.unwrap().items
}

#[tokio::test]
async fn every_action_is_written_by_the_deed_that_it_names() {
    for_each_store(async |store| {
        for (number, action) in (1..).zip(Action::ALL.iter().copied()) {
            let before = rows_of(store, action).await.len();
            Deed { store, number }.run(action).await;
            let rows = rows_of(store, action).await;
            assert_eq!(rows.len(), before + 1, "{action:?}");
            let (kind, _) = action.as_str().split_once('.').unwrap();
            assert_eq!(rows[0].object_kind, kind);
            // An import of many links has no object id.
            assert_eq!(rows[0].object_id.is_none(), action == Action::LinkImport, "{action:?}");
        }
    })
    .await;
}
