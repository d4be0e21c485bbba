//! The tasks that are a sequence of commands. CI runs `lint` and then `scripts/test`, so that
//! `check` cannot differ from it.

use std::fs;
use std::path::Path;

use anyhow::{Context, ensure};

use crate::{cargo, deny, problems, tidy};

/// The configuration's reference manual, from the root of the workspace.
const CONFIG_REFERENCE: &str = "docs/configuration.md";

/// Sets how many rounds the test that measures layers runs.
const LAYERS_VARIABLE: &str = "CURT_LAYERS_ROUNDS";

/// Sets how often the torture test starts and kills the server.
const CYCLES_VARIABLE: &str = "CURT_TORTURE_CYCLES";

/// Everything in CI that needs no database servers, in the same order.
pub(crate) fn check(root: &Path) -> anyhow::Result<()> {
    lint(root)?;
    // Tests for another database than SQLite are skipped if its variable is not set.
    let mut test = cargo::command(root, &["test", "--workspace", "--locked"]);
    for variable in ["CURT_TEST_POSTGRES_URL", "CURT_TEST_MYSQL_URL", "CURT_TEST_REQUIRE_ALL"] {
        test.env_remove(variable);
    }
    cargo::run(&mut test)
}

/// What CI runs before the tests: the quick checks first.
pub(crate) fn lint(root: &Path) -> anyhow::Result<()> {
    cargo::run(&mut cargo::command(root, &["fmt", "--all", "--check"]))?;
    eprintln!("$ cargo xtask tidy");
    problems::report(&tidy::problems(root)?)?;
    eprintln!("$ cargo xtask deny");
    problems::report(&deny::problems(root)?)?;
    let clippy = ["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
    cargo::run(&mut cargo::command(root, &clippy))
}

/// Starts and kills the server `cycles` times under load, in the release build.
pub(crate) fn torture(root: &Path, cycles: u32) -> anyhow::Result<()> {
    sanitize(root)?;
    let arguments = ["test", "--locked", "--release", "-p", "curt", "--test", "it"];
    let mut test = cargo::command(root, &arguments);
    test.args(["torture", "--", "--nocapture"]);
    cargo::run(test.env(CYCLES_VARIABLE, cycles.to_string()))
}

/// Runs the tests of the crate that has all of our `unsafe` under the address sanitizer.
fn sanitize(root: &Path) -> anyhow::Result<()> {
    // A separate target, so that build scripts and macros are not sanitized.
    let target = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let arguments = ["test", "--locked", "-p", "curt-journal", "--lib", "--target"];
    let mut test = cargo::command(root, &arguments);
    test.arg(target).env("RUSTFLAGS", "-Zsanitizer=address").env(cargo::UNSTABLE_VARIABLE, "1");
    cargo::run(&mut test)
}

/// Times the parts of a redirect, in the release build.
pub(crate) fn layers(root: &Path) -> anyhow::Result<()> {
    let arguments = ["test", "--locked", "--release", "-p", "curt-web", "--lib", "layers"];
    let mut test = cargo::command(root, &arguments);
    test.args(["--", "--nocapture"]);
    cargo::run(test.env(LAYERS_VARIABLE, "1000000"))
}

/// Runs the program for its configuration reference and writes it to the repository.
pub(crate) fn write_config_reference(root: &Path) -> anyhow::Result<()> {
    let arguments = ["run", "--quiet", "--locked", "-p", "curt", "--", "config", "--reference"];
    let output = cargo::command(root, &arguments).output().context("starting cargo")?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "`curt config --reference` failed: {complaint}");
    let path = root.join(CONFIG_REFERENCE);
    fs::write(&path, &output.stdout).with_context(|| format!("writing {}", path.display()))?;
    eprintln!("wrote {CONFIG_REFERENCE}");
    Ok(())
}
