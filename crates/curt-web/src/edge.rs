//! The edge: what every request passes first, and the redirect.

pub(crate) mod front;
pub(crate) mod redirect;
pub(crate) mod request_ids;
