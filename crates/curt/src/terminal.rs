//! The user at the terminal: what is read from them, and how everything is shown.

pub(crate) mod lines;
pub(crate) mod output;
pub(crate) mod passwords;
pub(crate) mod progress;
pub(crate) mod table;
pub(crate) mod text;
