//! What people see: the pages for visitors, as pure functions from texts and plain data to HTML.
//!
//! Nothing here waits or knows HTTP. Which page is shown, in which language, with which status and
//! headers, is decided above; what a page carries inside itself has a hash here, for its policy.

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
