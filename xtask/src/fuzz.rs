//! Fuzzes the parsers of input from clients and of files from disk: the targets of `fuzz/`, with
//! libFuzzer through cargo-fuzz.

use std::path::Path;

use clap::ValueEnum;

use crate::cargo;

/// Installed under the target directory at first use.
const CARGO_FUZZ: &str = "0.13.2";

/// Longer than any input that is parsed.
const INPUT_LEN_MAX: u32 = 16 * 1024;

#[derive(Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum Fuzzed {
    TargetUrl,
    ProxyHeader,
    Code,
    JournalRecovery,
}

impl Fuzzed {
    /// The domain has no `unsafe` to sanitize, and runs faster without.
    fn sanitizer(self) -> &'static str {
        match self {
            Self::TargetUrl | Self::ProxyHeader | Self::Code => "none",
            Self::JournalRecovery => "address",
        }
    }
}

pub(crate) fn fuzz(root: &Path, seconds: u32, target: Option<Fuzzed>) -> anyhow::Result<()> {
    let tools = root.join("target/tools");
    let mut install = cargo::command(root, &["install", "cargo-fuzz", "--locked"]);
    cargo::run(install.args(["--version", CARGO_FUZZ, "--root"]).arg(&tools))?;

    let targets = target.map_or_else(|| Fuzzed::value_variants().to_vec(), |target| vec![target]);
    for target in targets {
        let name = target.to_possible_value().expect("no target is hidden");
        let mut run = cargo::command(root, &["fuzz", "run", "--sanitizer", target.sanitizer()]);
        run.args([name.get_name(), "--"]).env(cargo::UNSTABLE_VARIABLE, "1");
        run.arg(format!("-max_total_time={seconds}")).arg(format!("-max_len={INPUT_LEN_MAX}"));
        let usual = std::env::var_os("PATH").unwrap_or_default();
        let own = [tools.join("bin")].into_iter();
        run.env("PATH", std::env::join_paths(own.chain(std::env::split_paths(&usual)))?);
        cargo::run(&mut run)?;
    }
    Ok(())
}
