//! The last release beside today's program: builds its commit from the history, and runs both on
//! one database in the tests, like users who upgrade their nodes one by one.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, ensure};

use crate::cargo;

/// v0.1.0. Every release puts its commit here. Not a tag, because tags are missing in some clones.
const LAST_RELEASE: &str = "f3316d0c4d38aa4b4cb4e19c49c621b3191cb0e1";

/// Names that program to the tests.
const PROGRAM_VARIABLE: &str = "CURT_LAST_RELEASE_PROGRAM";

/// Builds it and runs the tests that need it, on SQLite and on the servers named in the
/// environment.
pub(crate) fn run(root: &Path) -> anyhow::Result<()> {
    let program = build(root)?;
    let arguments = ["test", "--locked", "-p", "curt", "--test", "it", "last_release"];
    cargo::run(cargo::command(root, &arguments).env(PROGRAM_VARIABLE, program))
}

/// Builds it and prints the path of the program, for scripts.
#[expect(clippy::print_stdout, reason = "it is what was asked for")]
pub(crate) fn build_and_tell(root: &Path) -> anyhow::Result<()> {
    let program = build(root)?;
    println!("{}", program.display());
    Ok(())
}

/// Builds the release and returns the path of its program.
fn build(root: &Path) -> anyhow::Result<PathBuf> {
    let target = cargo::target_dir(root);
    let home = target.join("last-release");
    let source = home.join("source");
    extract(root, &home, &source)?;
    let mut build = cargo::command(&source, &["build", "--locked", "-p", "curt"]);
    // Most of the crates that it needs are ours too, and already built.
    build.env("CARGO_BUILD_BUILD_DIR", &target).env("CARGO_TARGET_DIR", &home);
    cargo::run(&mut build)?;
    Ok(home.join("debug/curt"))
}

/// Extracts the commit's files, unless they are there from the last time.
fn extract(root: &Path, home: &Path, source: &Path) -> anyhow::Result<()> {
    let extracted = home.join("commit");
    if fs::read_to_string(&extracted).is_ok_and(|commit| commit == LAST_RELEASE) {
        return Ok(());
    }
    let commit = format!("{LAST_RELEASE}^{{commit}}");
    let found = git(root, &["cat-file", "-e", &commit]).stderr(Stdio::null()).status();
    ensure!(
        found.context("starting git")?.success(),
        "the history of this clone does not have {LAST_RELEASE}, the last release; \
         `git fetch --unshallow` gets all of it"
    );
    eprintln!("$ git archive {LAST_RELEASE}");
    if source.exists() {
        fs::remove_dir_all(source).context("removing the release before")?;
    }
    fs::create_dir_all(source).with_context(|| format!("making {}", source.display()))?;
    let mut archive = git(root, &["archive", "--format=tar", LAST_RELEASE])
        .stdout(Stdio::piped())
        .spawn()
        .context("starting git")?;
    let archived = archive.stdout.take().context("git archive has no output")?;
    // With the current time: cargo compares times, and the commit's may be older than the last
    // build.
    let mut tar = Command::new("tar");
    tar.args(["--extract", "--touch", "--directory"]).arg(source).stdin(archived);
    let unpacked = tar.status().context("starting tar")?;
    ensure!(unpacked.success(), "unpacking the last release failed: {unpacked}");
    let archived = archive.wait().context("waiting for git archive")?;
    ensure!(archived.success(), "`git archive {LAST_RELEASE}` failed: {archived}");
    fs::write(&extracted, LAST_RELEASE).context("noting which release is there")
}

fn git(root: &Path, arguments: &[&str]) -> Command {
    let mut git = Command::new("git");
    git.current_dir(root).args(arguments);
    git
}
