//! How a command ends that handles one thing, or one of several.

use crate::{failure::Exit, terminal::output};

pub(super) fn succeeded((): ()) -> Exit {
    Exit::Success
}

/// For one of several things: prints which one failed and how, so that the others are still done.
pub(super) fn tell(name: &str, done: anyhow::Result<()>) -> anyhow::Result<Exit> {
    match done {
        Ok(()) => Ok(Exit::Success),
        Err(error) if error.is::<output::ReaderGone>() => Err(error),
        Err(error) => Ok(output::error_about(name, &error)),
    }
}
