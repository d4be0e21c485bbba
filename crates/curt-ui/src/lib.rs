//! The pages for visitors, as pure functions from texts and plain data to HTML.
//!
//! Nothing here waits or knows HTTP. The caller chooses the page, the language, the status and the
//! headers. This crate gives the hashes of style sheets and scripts, for the caller's policy.

mod layout;
mod message;
mod password;
mod preview;
mod report;
mod setup;
mod texts;

pub use layout::{csp_source, style_source};
pub use message::message;
pub use password::password_form;
pub use preview::preview;
pub use report::report_form;
pub use setup::{Typed, script_source, setup_done, setup_form};
pub use texts::{ENGLISH, Message, Texts};

#[cfg(test)]
mod tests;
