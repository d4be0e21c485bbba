//! What people see in a browser: the pages of visitors, and the forms they send.
//!
//! Handlers here call the functions of the API, so that there is one rule book.

pub(crate) mod basics;
pub(crate) mod report;
pub(crate) mod setup;
