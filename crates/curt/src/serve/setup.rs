//! The first administrator: a one-time link in a file that only the server's user can read.
//!
//! **Invariant:** the link is in its file and nowhere else. The file is removed with what it opens:
//! after its use, after half an hour, and with the server. The next start makes another.

use std::{
    fs,
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use curt_domain::{Clock, Token};
use curt_store::Store;
use curt_web::{BOOTSTRAP_AGE_MAX, Bootstrap};
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::data_dir::LockedDataDir;

const SETUP_FILE: &str = "admin-setup.url";
const MODE_PRIVATE_FILE: u32 = 0o600;

/// A link that has not been used yet.
pub(crate) struct Setup {
    bootstrap: Bootstrap,
    file: PathBuf,
}

impl Setup {
    /// Absent if there has ever been an administrator, and if the file cannot be written: a full
    /// disk must not keep visitors from following links.
    pub(crate) async fn ready(
        data_dir: &LockedDataDir,
        store: &Store,
        public_url: &Url,
    ) -> anyhow::Result<Option<Self>> {
        let file = data_dir.join(SETUP_FILE);
        let is_set_up = store.is_set_up().await?;
        let (bootstrap, token) = Bootstrap::new(Clock::System.now());
        // The link of an earlier start no longer works.
        let written = remove(&file).and_then(|()| {
            if is_set_up { Ok(()) } else { write(&file, &link(public_url, &token)) }
        });
        let path = file.display();
        match written {
            Err(error) => {
                tracing::warn!(%error, %path, "cannot write the link that sets this server up");
            }
            Ok(()) if is_set_up => {}
            Ok(()) => {
                tracing::info!(
                    %path,
                    "there is no administrator yet; for 30 minutes the link in this file makes one"
                );
                return Ok(Some(Self { bootstrap, file }));
            }
        }
        Ok(None)
    }

    pub(crate) fn bootstrap(&self) -> Bootstrap {
        self.bootstrap.clone()
    }

    /// Removes the file when the link expires.
    pub(crate) async fn end(self, server_ends: CancellationToken) {
        tokio::select! {
            () = self.bootstrap.used.cancelled() => {}
            () = server_ends.cancelled() => {}
            () = tokio::time::sleep(BOOTSTRAP_AGE_MAX) => {}
        }
        if let Err(error) = remove(&self.file) {
            tracing::warn!(%error, path = %self.file.display(), "cannot remove the setup link");
        }
    }
}

/// The token is behind `#`: browsers never send that part, so no proxy logs it.
fn link(public_url: &Url, token: &Token) -> String {
    let base = public_url.as_str().trim_end_matches('/');
    format!("{base}/-/setup#{}\n", token.as_str())
}

fn write(path: &Path, link: &str) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    let file = options.write(true).create_new(true).mode(MODE_PRIVATE_FILE).open(path);
    file.and_then(|mut file| file.write_all(link.as_bytes()))
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
