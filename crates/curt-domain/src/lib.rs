//! Links, codes, targets and policies: the rules of a URL shortener, pure and synchronous.
//!
//! A value of these types is proof that it was checked, so no code below the edge checks again. The
//! only input or output here is reading the system clock through [`Clock`].
//!
//! The modules, from the ground up; each uses only those above it in this list:
//!
//! - `ids`, `texts`, `time`, `switch`, `secrets`: values that many things have
//! - `targets`: where a link may lead
//! - `clients`: addresses of clients, and the proxies in front
//! - `reports`: why links are reported, and the decisions
//! - `accounts`: users and their credentials
//! - `calendar`: days, hours and time zones
//! - `codes`: the short codes, and how they are made
//! - `target_blocks`: the matcher of blocked targets
//! - `ip_blocks`: blocked clients
//! - `clicks`: what a click is, and sums of clicks
//! - `visitors`: telling people and machines apart by their own declarations
//! - `links`: what links hold, how they are edited, and what a visitor gets

mod accounts;
mod calendar;
mod clicks;
mod clients;
mod codes;
mod ids;
mod ip_blocks;
mod links;
mod reports;
mod secrets;
mod switch;
mod target_blocks;
mod targets;
mod texts;
mod time;
mod visitors;

pub use accounts::{
    AUTHOR_NAME_LEN_MAX, Access, ApiKey, Author, Caller, EMAIL_LEN_MAX, Email, FULL_NAME_LEN_MAX,
    FullName, InvalidEmail, InvalidScope, InvalidToken, KEY_NAME_LEN_MAX, KeyName,
    LINK_PASSWORD_LEN_MIN, Login, NewPassword, PASSWORD_LEN_MAX, PASSWORD_LEN_MIN, Password,
    PasswordHash, PasswordUse, Role, Scope, Scopes, Token, TokenHash, User, UserEdit, WeakPassword,
};
pub use calendar::{Day, HOURS, InvalidDay, TimeUnit, UnknownZone, WEEKDAYS, Zone};
pub use clicks::{
    Bucket, CAMPAIGN_LEN_MAX, CLICK_LEN_MAX, Click, ClickClass, ClickQuery, ClickSeries,
    ClickSource, ClickTotals, LANGUAGE_LEN_MAX, POINTS_MAX, Privacy, REFERRER_LEN_MAX, Span,
    TooManyPoints, USER_AGENT_LEN_MAX, UndecodableClick, WeekHours,
};
pub use clients::{InvalidProxies, PROXIES_MAX, Proxies};
pub use codes::{
    Alphabet, CODE_LEN_MAX, Code, CodeMaker, CodeSettings, CodeStrategy, GENERATED_LEN_MAX,
    GENERATED_LEN_MIN, InvalidCode, ReservedWords,
};
pub use ids::{BlockId, InviteId, KeyId, LinkId, ReportId, TargetBlockId, UserId};
pub use ip_blocks::{
    BLOCK_REASON_LEN_MAX, BLOCKS_MAX, BlockKind, BlockReason, InvalidNetwork, IpBlock, Network,
};
pub use links::{
    Dates, InvalidDates, Link, LinkEdit, LinkRecord, LinkStatus, MaxClicks, RedirectStatus, Route,
    Verdict,
};
pub use reports::{ReportReason, ReportState};
pub use secrets::{KEY_LEN_MIN, KeyTooShort, SecretKey};
pub use switch::Switch;
pub use target_blocks::{
    InvalidPattern, PATTERN_LEN_MAX, PATTERNS_MAX, PatternKind, TargetPattern, TargetPatterns,
    TargetPatternsBuilder, TooManyPatterns,
};
pub use targets::{InvalidTarget, TARGET_LEN_MAX, TargetRules, TargetUrl};
pub use texts::{
    InvalidText, NOTE_LEN_MAX, Note, TAG_LEN_MAX, TAGS_MAX, TITLE_LEN_MAX, Tag, Title,
};
pub use time::{Clock, InvalidTimestamp, ManualClock, Timestamp};
pub use visitors::{classify, says_prefetch};
