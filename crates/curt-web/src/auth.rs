//! Who a caller is, and what that lets them do.
//!
//! [`By`] stands in a handler's signature and says what the caller must be allowed to; the handler
//! gets an [`Actor`](actor::Actor).

mod actor;

pub(crate) use actor::{By, Creator, ReadAnalytics, ReadLinks, Reader, WriteLinks};
