//! Links, codes, targets and policies: the rules of a URL shortener, pure and synchronous.
//!
//! A value of these types is proof that it was checked, so nothing below the edge checks again.
//! No input or output happens here except reading the system clock through [`Clock`].

mod accounts;
mod blocks;
mod calendar;
mod clicks;
mod clients;
mod codes;
mod destinations;
mod links;
mod reports;
mod secrets;
mod targets;
mod time;
mod visitors;

pub use accounts::{
    AUTHOR_NAME_LEN_MAX, Access, ApiKey, Author, Caller, EMAIL_LEN_MAX, Email, FULL_NAME_LEN_MAX,
    FullName, InvalidEmail, InvalidScope, InvalidToken, KEY_NAME_LEN_MAX, KeyId, KeyName,
    LINK_PASSWORD_LEN_MIN, Login, NewPassword, PASSWORD_LEN_MAX, PASSWORD_LEN_MIN, Password,
    PasswordHash, PasswordUse, Role, Scope, Scopes, Token, TokenHash, User, UserEdit, UserId,
    WeakPassword,
};
pub use blocks::{
    BLOCK_REASON_LEN_MAX, BLOCKS_MAX, BlockId, BlockKind, BlockReason, InvalidNetwork, IpBlock,
    Network,
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
pub use destinations::{
    Destinations, DestinationsBuilder, InvalidPattern, PATTERN_LEN_MAX, PATTERNS_MAX, PatternKind,
    TargetPattern, TooManyPatterns,
};
pub use links::{
    Dates, InvalidDates, InvalidText, Link, LinkEdit, LinkId, LinkRecord, LinkStatus, MaxClicks,
    NOTE_LEN_MAX, Note, RedirectStatus, Route, Switch, TAG_LEN_MAX, TAGS_MAX, TITLE_LEN_MAX, Tag,
    Title, Verdict,
};
pub use reports::{ReportReason, ReportState};
pub use secrets::{KEY_LEN_MIN, KeyTooShort, SecretKey};
pub use targets::{InvalidTarget, TARGET_LEN_MAX, TargetRules, TargetUrl};
pub use time::{Clock, InvalidTimestamp, ManualClock, Timestamp};
pub use visitors::{classify, says_prefetch};
