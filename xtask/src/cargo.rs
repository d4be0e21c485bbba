//! Running cargo, the same one that runs us, in the root of the workspace.

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

/// Where cargo puts what it builds.
pub(crate) fn target_dir(root: &Path) -> PathBuf {
    let chosen = std::env::var_os("CARGO_TARGET_DIR");
    root.join(chosen.map_or_else(|| PathBuf::from("target"), PathBuf::from))
}

/// `cargo ARGUMENTS`, to be run or changed further.
pub(crate) fn command(root: &Path, arguments: &[&str]) -> Command {
    // Cargo tells the programs it runs where it is; without it, it has to be on the PATH.
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.current_dir(root).args(arguments);
    // And what package they are of. Build scripts that look at these would run again, and all that
    // needs them be compiled again, whenever cargo is called the other way.
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command
}

/// Runs a command to its end, its output where ours goes; a failure of it is one of ours.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    let arguments: Vec<_> = command.get_args().map(|a| a.to_string_lossy()).collect();
    let shown = format!("cargo {}", arguments.join(" "));
    eprintln!("$ {shown}");
    let status = command.status().with_context(|| format!("starting `{shown}`"))?;
    ensure!(status.success(), "`{shown}` failed: {status}");
    Ok(())
}
