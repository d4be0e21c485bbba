//! What users see in a browser: the pages for visitors, and the forms they send.
//!
//! Handlers here call the functions of the API, so that the rules exist once.

pub(crate) mod basics;
pub(crate) mod report;
pub(crate) mod setup;
