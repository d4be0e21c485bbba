//! The last release beside the program of today: its commit is built from the history, and the
//! tests run both on one database, as people do who upgrade their nodes one by one.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, ensure};

use crate::cargo;

/// v0.1.0. Whoever releases puts the new release's commit here; not a tag, because tags do not
/// travel with every clone.
const LAST_RELEASE: &str = "f3316d0c4d38aa4b4cb4e19c49c621b3191cb0e1";

/// Tells the tests which program that is.
const PROGRAM_VARIABLE: &str = "CURT_LAST_RELEASE_PROGRAM";

/// Builds it and runs the tests that need it: on SQLite, and on the servers that the environment
/// names.
pub(crate) fn run(root: &Path) -> anyhow::Result<()> {
    let program = build(root)?;
    let arguments = ["test", "--locked", "-p", "curt", "--test", "it", "last_release"];
    cargo::run(cargo::command(root, &arguments).env(PROGRAM_VARIABLE, program))
}

/// Builds it, and says where the program is, for scripts.
#[expect(clippy::print_stdout, reason = "it is what was asked for")]
pub(crate) fn build_and_tell(root: &Path) -> anyhow::Result<()> {
    let program = build(root)?;
    println!("{}", program.display());
    Ok(())
}

/// Its program.
fn build(root: &Path) -> anyhow::Result<PathBuf> {
    let target = cargo::target_dir(root);
    let home = target.join("last-release");
    let source = home.join("source");
    extract(root, &home, &source)?;
    let mut build = cargo::command(&source, &["build", "--locked", "-p", "curt"]);
    // Most of the crates that it needs are those that we need, and then they are built already.
    build.env("CARGO_BUILD_BUILD_DIR", &target).env("CARGO_TARGET_DIR", &home);
    cargo::run(&mut build)?;
    Ok(home.join("debug/curt"))
}

/// Puts the commit's files there, unless they are there from the last time.
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
    // With times of now: cargo goes by them, and those of the commit may lie before the last build.
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
