//! A simulated power cut: a program runs under a preloaded shim that records what was synced, and
//! after its death only that is left. `powercut/shim.c` describes the model and its limits.

use std::{
    ffi::OsString,
    fs::{self, DirBuilder},
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use tempfile::TempDir;

use crate::shim;

const SHIM_SOURCE: &str = include_str!("../powercut/shim.c");

/// A data directory that can lose its unsynced contents.
pub struct PowerCut {
    dir: TempDir,
    cuts: u32,
}

impl PowerCut {
    /// Compiles the shim, and makes an empty data directory.
    pub fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory can be made");
        shim::compile(SHIM_SOURCE, &dir.path().join("shim.so"));
        let power_cut = Self { dir, cuts: 0 };
        make_dir(&power_cut.data_dir()).expect("a data directory can be made");
        power_cut.prepare_shadow();
        power_cut
    }

    /// The data directory of the program under test; a new one after each cut.
    pub fn data_dir(&self) -> PathBuf {
        self.dir.path().join(format!("data-{}", self.cuts))
    }

    /// The environment that puts a program and its children under the shim.
    pub fn env(&self) -> [(&'static str, OsString); 3] {
        let root = fs::canonicalize(self.data_dir()).expect("the data directory exists");
        [
            ("LD_PRELOAD", self.dir.path().join("shim.so").into_os_string()),
            ("POWERCUT_ROOT", root.into_os_string()),
            ("POWERCUT_SHADOW", self.shadow().into_os_string()),
        ]
    }

    /// Keeps only what was synced, in a new data directory. The program must have ended.
    pub fn cut(&mut self) {
        let (old_data, old_shadow) = (self.data_dir(), self.shadow());
        self.cuts += 1;
        match fs::read_link(old_shadow.join("root")) {
            Ok(root) => build(&old_shadow, &root, &self.data_dir()),
            // The program was killed before it ran: nothing has changed.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::rename(&old_data, self.data_dir())
            }
            Err(error) => Err(error),
        }
        .expect("the synced files can be put into a new data directory");
        if old_data.exists() {
            fs::remove_dir_all(&old_data).expect("the old data directory can be removed");
        }
        fs::remove_dir_all(&old_shadow).expect("the old shadow can be removed");
        self.prepare_shadow();
    }

    fn shadow(&self) -> PathBuf {
        self.dir.path().join(format!("shadow-{}", self.cuts))
    }

    fn prepare_shadow(&self) {
        make_dir(&self.shadow()).expect("a shadow directory can be made");
    }
}

impl Default for PowerCut {
    fn default() -> Self {
        Self::new()
    }
}

/// Builds the directory `id` of the shadow, and everything below it, at `to`.
fn build(shadow: &Path, id: &Path, to: &Path) -> io::Result<()> {
    make_dir(to)?;
    let names = shadow.join("directories").join(id);
    if !names.exists() {
        // A directory whose own names were never synced is empty.
        return Ok(());
    }
    for entry in fs::read_dir(names)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_symlink() {
            build(shadow, &fs::read_link(entry.path())?, &to)?;
        } else {
            fs::rename(entry.path(), to)?;
        }
    }
    Ok(())
}

/// Mode 0700 whatever the umask: a data directory that others can write to is refused.
fn make_dir(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)
}

#[cfg(test)]
mod tests;
