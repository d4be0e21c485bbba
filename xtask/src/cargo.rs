//! Runs cargo, the one that runs us, in the root of the workspace.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

/// Allows unstable options in the compiler that we have: the sanitizers are among them.
pub(crate) const UNSTABLE_VARIABLE: &str = "RUSTC_BOOTSTRAP";

/// The folder that holds the workspace's Cargo.toml.
pub(crate) fn workspace_root() -> &'static Path {
    let own_crate = Path::new(env!("CARGO_MANIFEST_DIR"));
    own_crate.parent().expect("xtask lies in a folder of the workspace")
}

/// The directory of cargo's build results.
pub(crate) fn target_dir(root: &Path) -> PathBuf {
    let chosen = std::env::var_os("CARGO_TARGET_DIR");
    root.join(chosen.map_or_else(|| PathBuf::from("target"), PathBuf::from))
}

/// `cargo ARGUMENTS`, ready to run or to change further.
pub(crate) fn command(root: &Path, arguments: &[&str]) -> Command {
    // Cargo tells its child programs its own path; without that, cargo has to be on the PATH.
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(root).args(arguments);
    // Cargo also sets the package of the program. Build scripts that read these variables would run
    // again, and their dependents be compiled again, whenever cargo is called the other way.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command
}

/// Runs a command to its end with our output streams; its failure is an error.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    let arguments: Vec<_> = command.get_args().map(|a| a.to_string_lossy()).collect();
    let shown = format!("cargo {}", arguments.join(" "));
    eprintln!("$ {shown}");
    let status = command.status().with_context(|| format!("starting `{shown}`"))?;
    ensure!(status.success(), "`{shown}` failed: {status}");
    Ok(())
}
