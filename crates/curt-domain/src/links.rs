//! Links: what they hold, how they may be edited, and what a visitor gets.

use std::num::NonZeroU64;

use crate::{
    accounts::PasswordHash,
    clicks::ClickTotals,
    codes::Code,
    ids::{ID_END, LinkId, UserId},
    switch::Switch,
    targets::TargetUrl,
    texts::{Note, Tag, Title},
    time::Timestamp,
};

/// How many people may follow a link: at least one, fewer than 2^53.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaxClicks(NonZeroU64);

impl MaxClicks {
    pub fn new(count: u64) -> Option<Self> {
        let count = NonZeroU64::new(count)?;
        (count.get() < ID_END).then_some(Self(count))
    }

    pub const fn get(self) -> u64 {
        self.0.get()
    }
}

/// The status a redirect answers with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RedirectStatus {
    MovedPermanently301,
    #[default]
    Found302,
    Temporary307,
    Permanent308,
}

impl RedirectStatus {
    pub const ALL: [Self; 4] =
        [Self::MovedPermanently301, Self::Found302, Self::Temporary307, Self::Permanent308];

    pub const fn from_code(code: u16) -> Option<Self> {
        match code {
            301 => Some(Self::MovedPermanently301),
            302 => Some(Self::Found302),
            307 => Some(Self::Temporary307),
            308 => Some(Self::Permanent308),
            _ => None,
        }
    }

    pub const fn code(self) -> u16 {
        match self {
            Self::MovedPermanently301 => 301,
            Self::Found302 => 302,
            Self::Temporary307 => 307,
            Self::Permanent308 => 308,
        }
    }
}

/// When a link may be followed: from `valid_from`, until just before `expires_at`.
///
/// **Invariant:** if both are set, the first is before the second.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Dates {
    valid_from: Option<Timestamp>,
    expires_at: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must lie after valid_from")]
pub struct InvalidDates;

impl Dates {
    pub fn new(
        valid_from: Option<Timestamp>,
        expires_at: Option<Timestamp>,
    ) -> Result<Self, InvalidDates> {
        match (valid_from, expires_at) {
            (Some(from), Some(until)) if until <= from => Err(InvalidDates),
            _ => Ok(Self { valid_from, expires_at }),
        }
    }

    pub const fn valid_from(self) -> Option<Timestamp> {
        self.valid_from
    }

    pub const fn expires_at(self) -> Option<Timestamp> {
        self.expires_at
    }

    fn not_yet(self, now: Timestamp) -> bool {
        self.valid_from.is_some_and(|from| now < from)
    }

    fn over(self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|until| until <= now)
    }
}

/// Everything that a link is, apart from what has happened to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub id: LinkId,
    pub code: Code,
    /// `None` if the link was created without an account, or its owner is gone.
    pub owner: Option<UserId>,
    pub target: TargetUrl,
    pub title: Option<Title>,
    pub note: Option<Note>,
    /// Sorted, without repetition, at most [`TAGS_MAX`].
    pub tags: Vec<Tag>,
    pub redirect_status: RedirectStatus,
    pub forward_query: bool,
    pub dates: Dates,
    pub max_clicks: Option<MaxClicks>,
    /// The hash of the password that visitors must enter.
    pub password: Option<PasswordHash>,
    /// Where visitors go once the link has expired or is used up; not counted as a click.
    pub fallback: Option<TargetUrl>,
    pub disabled_at: Option<Timestamp>,
    pub deleted_at: Option<Timestamp>,
    /// Counts edits, from 1; caches and `If-Match` compare it.
    pub revision: u64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// A link with what has happened to it so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkRecord {
    pub link: Link,
    pub clicks: ClickTotals,
    pub last_click_at: Option<Timestamp>,
    /// How many of `max_clicks` are used.
    pub used_clicks: u64,
    /// When an administrator disabled the link because of abuse.
    pub abuse_at: Option<Timestamp>,
}

/// The status that a link's owner sees; computed, never stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkStatus {
    Active,
    Scheduled,
    Expired,
    Exhausted,
    Disabled,
    /// Blocked by an administrator: the link itself, or its destination.
    Blocked,
    Deleted,
}

impl LinkStatus {
    pub const ALL: [Self; 7] = [
        Self::Active,
        Self::Scheduled,
        Self::Expired,
        Self::Exhausted,
        Self::Disabled,
        Self::Blocked,
        Self::Deleted,
    ];

    /// Its name, both in the API and in statements.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Scheduled => "scheduled",
            Self::Expired => "expired",
            Self::Exhausted => "exhausted",
            Self::Disabled => "disabled",
            Self::Blocked => "blocked",
            Self::Deleted => "deleted",
        }
    }
}

impl LinkRecord {
    /// The most lasting reason comes first: decisions of owners and administrators, then
    /// expiry. Blocked destinations are ignored here: lists filter links by status, and no index
    /// could tell which of millions lead to a host that was just blocked.
    pub fn status(&self, now: Timestamp) -> LinkStatus {
        let link = &self.link;
        if link.deleted_at.is_some() {
            LinkStatus::Deleted
        } else if self.abuse_at.is_some() {
            LinkStatus::Blocked
        } else if link.disabled_at.is_some() {
            LinkStatus::Disabled
        } else if link.dates.over(now) {
            LinkStatus::Expired
        } else if link.max_clicks.is_some_and(|max| max.get() <= self.used_clicks) {
            LinkStatus::Exhausted
        } else if link.dates.not_yet(now) {
            LinkStatus::Scheduled
        } else {
            LinkStatus::Active
        }
    }
}

/// What to change about a link: `None` keeps, `Some(None)` clears.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LinkEdit {
    pub target: Option<TargetUrl>,
    pub title: Option<Option<Title>>,
    pub note: Option<Option<Note>>,
    pub tags: Option<Vec<Tag>>,
    pub redirect_status: Option<RedirectStatus>,
    pub forward_query: Option<bool>,
    pub valid_from: Option<Option<Timestamp>>,
    pub expires_at: Option<Option<Timestamp>>,
    pub max_clicks: Option<Option<MaxClicks>>,
    pub password: Option<Option<PasswordHash>>,
    pub fallback: Option<Option<TargetUrl>>,
    pub switch: Option<Switch>,
}

impl Link {
    /// The link after an edit, with the next revision; an edit that changes nothing returns the
    /// same link.
    pub fn edited(&self, edit: &LinkEdit, now: Timestamp) -> Result<Self, InvalidDates> {
        let mut link = self.clone();
        replace(&mut link.target, edit.target.as_ref());
        replace(&mut link.title, edit.title.as_ref());
        replace(&mut link.note, edit.note.as_ref());
        replace(&mut link.tags, edit.tags.as_ref());
        replace(&mut link.redirect_status, edit.redirect_status.as_ref());
        replace(&mut link.forward_query, edit.forward_query.as_ref());
        replace(&mut link.max_clicks, edit.max_clicks.as_ref());
        replace(&mut link.password, edit.password.as_ref());
        replace(&mut link.fallback, edit.fallback.as_ref());
        link.dates = Dates::new(
            edit.valid_from.unwrap_or(self.dates.valid_from),
            edit.expires_at.unwrap_or(self.dates.expires_at),
        )?;
        match edit.switch {
            None => {}
            Some(Switch::Active) => link.disabled_at = None,
            Some(Switch::Disabled) => link.disabled_at = self.disabled_at.or(Some(now)),
        }
        if link != *self {
            link.revision += 1;
            link.updated_at = now;
        }
        Ok(link)
    }
}

fn replace<T: Clone>(field: &mut T, new: Option<&T>) {
    if let Some(new) = new {
        field.clone_from(new);
    }
}

/// The part of a link that a redirect reads: small, so that many fit in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    pub id: LinkId,
    pub target: TargetUrl,
    pub redirect_status: RedirectStatus,
    pub forward_query: bool,
    pub dates: Dates,
    pub max_clicks: Option<MaxClicks>,
    pub password: Option<PasswordHash>,
    pub fallback: Option<TargetUrl>,
    /// Switched off by the owner: visitors see it as absent.
    pub disabled: bool,
    /// Disabled by an administrator because of abuse.
    pub abuse: bool,
    pub revision: u64,
}

/// What a visitor gets, as far as the link alone decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Follow,
    /// Follow if one of this many clicks is left; only the database knows.
    FollowIfLeft(MaxClicks),
    /// Follow once the visitor has entered the right password.
    Locked,
    /// As if there were no such link: not yet valid, or switched off.
    Absent,
    Expired,
    /// Disabled because of abuse.
    Blocked,
}

impl Route {
    pub fn verdict(&self, now: Timestamp) -> Verdict {
        match self.verdict_unlocked(now) {
            Verdict::Follow | Verdict::FollowIfLeft(_) if self.password.is_some() => {
                Verdict::Locked
            }
            verdict => verdict,
        }
    }

    /// The verdict for a visitor who entered the password, or needs none.
    pub fn verdict_unlocked(&self, now: Timestamp) -> Verdict {
        if self.abuse {
            Verdict::Blocked
        } else if self.disabled {
            Verdict::Absent
        } else if self.dates.over(now) {
            Verdict::Expired
        } else if self.dates.not_yet(now) {
            Verdict::Absent
        } else {
            self.max_clicks.map_or(Verdict::Follow, Verdict::FollowIfLeft)
        }
    }
}

#[cfg(test)]
mod tests;
