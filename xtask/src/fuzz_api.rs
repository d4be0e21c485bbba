//! Fuzzes the API: schemathesis reads `/openapi.json` of a private server, sends what the document
//! allows and what it forbids, and checks the answers against it.

use std::{
    fs,
    net::{Ipv4Addr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use anyhow::{Context, ensure};

use crate::cargo;

/// The versions of schemathesis and its dependencies, our settings for it, and our hooks.
const SETTINGS: &str = "xtask/fuzz-api";

/// The administrator's key of a server that lives as long as the task.
const KEY: &str = "f7a9-a-key-that-only-this-private-server-knows-2c41";

/// Seconds until the server has to answer for the first time.
const START_TIME_MAX: &str = "30";

/// Runs schemathesis with the administrator's key and then without, half of the time each.
pub(crate) fn run(root: &Path, minutes: u32, seed: Option<u32>) -> anyhow::Result<()> {
    cargo::run(&mut cargo::command(root, &["build", "--locked", "-p", "curt"]))?;
    let target = cargo::target_dir(root);
    let program = install(root, &target)?;
    let seed = seed.unwrap_or_else(std::process::id);
    let mut failed = Vec::new();
    for (who, key) in [("the administrator", Some(KEY)), ("a stranger", None)] {
        let server = Server::start(&target.join("debug/curt"))?;
        eprintln!("fuzzing as {who}, seed {seed}");
        let mut command = Command::new(&program);
        let settings = root.join(SETTINGS);
        command
            .args(["--config-file".as_ref(), settings.join("schemathesis.toml").as_os_str()])
            .args(["run", "--wait-for-schema", START_TIME_MAX])
            .args(["--continue-on-failure", "--max-time", &(minutes * 30).to_string()])
            .args(["--seed", &seed.to_string(), "--url", &server.url])
            .arg(format!("{}/openapi.json", server.url))
            .env("SCHEMATHESIS_HOOKS", "hooks")
            .env("PYTHONPATH", &settings)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            // Schemathesis stores examples of earlier findings in its working directory.
            .current_dir(server.directory.path());
        if let Some(key) = key {
            command.args(["--header", &format!("Authorization: Bearer {key}")]);
        }
        let status = command.status().context("starting schemathesis")?;
        if !status.success() {
            failed.push(who);
        }
    }
    let again = format!("cargo xtask fuzz-api --minutes {minutes} --seed {seed}");
    ensure!(failed.is_empty(), "findings as {}; again: `{again}`", failed.join(" and "));
    Ok(())
}

/// Installs schemathesis in a Python environment under the target directory; returns the program.
fn install(root: &Path, target: &Path) -> anyhow::Result<PathBuf> {
    let requirements = root.join(SETTINGS).join("requirements.txt");
    let environment = target.join("fuzz-api");
    let installed = environment.join("requirements.txt");
    let wanted = fs::read(&requirements).context("reading what to install")?;
    if fs::read(&installed).ok().as_ref() != Some(&wanted) {
        must(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&environment))?;
        let mut pip = Command::new(environment.join("bin/pip"));
        pip.args(["install", "--quiet", "--disable-pip-version-check", "--no-deps", "-r"]);
        must(pip.arg(&requirements))?;
        fs::write(&installed, &wanted).context("noting what is installed")?;
    }
    Ok(environment.join("bin/schemathesis"))
}

fn must(command: &mut Command) -> anyhow::Result<()> {
    let shown = command.get_program().display().to_string();
    eprintln!("$ {command:?}");
    let status = command.status().with_context(|| format!("starting `{shown}`"))?;
    ensure!(status.success(), "`{shown}` failed: {status}");
    Ok(())
}

/// A server with an empty SQLite database; dropping it removes it and its directory.
struct Server {
    child: Child,
    url: String,
    directory: tempfile::TempDir,
}

impl Server {
    fn start(program: &Path) -> anyhow::Result<Self> {
        let directory = tempfile::tempdir().context("making a directory for the server")?;
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .and_then(|listener| listener.local_addr())
            .context("looking for a free port")?
            .port();
        let mut command = Command::new(program);
        let path = std::env::var_os("PATH").unwrap_or_default();
        command
            .arg("serve")
            // The user who runs the task may have settings in the environment.
            .env_clear()
            .env("PATH", path)
            .env("CURT_LISTEN", format!("127.0.0.1:{port}"))
            .env("CURT_PUBLIC_URL", format!("http://127.0.0.1:{port}"))
            .env("CURT_DATA_DIR", directory.path().join("data"))
            .env("CURT_ADMIN_KEY", KEY)
            .env("CURT_METRICS__LISTEN", "off")
            .env("CURT_LIMITS__ENABLED", "false")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let child = command.spawn().with_context(|| format!("starting {}", program.display()))?;
        Ok(Self { child, url: format!("http://127.0.0.1:{port}"), directory })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended before.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
