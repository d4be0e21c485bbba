//! The groups of operations in the OpenAPI document, by the names that operations use for them.

pub(crate) const ABUSE: &str = "abuse";
pub(crate) const ACCOUNTS: &str = "accounts";
pub(crate) const ADMINISTRATION: &str = "administration";
pub(crate) const ANALYTICS: &str = "analytics";
pub(crate) const DOCUMENTATION: &str = "documentation";
pub(crate) const HEALTH: &str = "health";
pub(crate) const KEYS: &str = "keys";
pub(crate) const LINKS: &str = "links";
pub(crate) const PAGES: &str = "pages";
pub(crate) const VISITS: &str = "visits";
