//! Runs the program in an empty directory and an empty environment.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use tempfile::TempDir;

pub(crate) const EXIT_REFUSED: i32 = 78;

/// The server logs this when it accepts connections.
pub(crate) const READY: &str = "serving";

/// A directory for the program to run in; removed with everything in it.
pub(crate) struct Program {
    directory: TempDir,
    environment: Vec<(String, String)>,
}

/// The result of a run.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Program {
    pub(crate) fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap(), environment: Vec::new() }
    }

    pub(crate) fn with_env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Writes a file that only we can read.
    pub(crate) fn with_file(self, name: &str, text: &str) -> Self {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        self.prepare(Command::new(env!("CARGO_BIN_EXE_curt")), arguments)
    }

    /// The same directory for another program, for example one that starts ours.
    pub(crate) fn prepare(&self, mut command: Command, arguments: &[&str]) -> Command {
        command.args(arguments).env_clear().current_dir(self.directory.path());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        Run::from(self.command(arguments).output().unwrap())
    }

    /// Runs the program with this input on standard input.
    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &[u8]) -> Run {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A program that needs no input may have ended without reading it.
        drop(child.stdin.take().unwrap().write_all(input));
        Run::from(child.wait_with_output().unwrap())
    }

    /// Runs the server until it accepts connections, then kills it.
    pub(crate) fn serve_until_ready(&self) -> String {
        let arguments = ["serve", "--listen=127.0.0.1:0", "--set=metrics.listen=off"];
        let mut server = self.command(&arguments).stderr(Stdio::piped()).spawn().unwrap();
        let mut reader = BufReader::new(server.stderr.take().unwrap());
        let mut log = String::new();
        while !log.contains(READY) {
            assert_ne!(reader.read_line(&mut log).unwrap(), 0, "ended before it was ready: {log}");
        }
        server.kill().unwrap();
        server.wait().unwrap();
        reader.read_to_string(&mut log).unwrap();
        log
    }

    /// Runs the server, which has to refuse.
    #[track_caller]
    pub(crate) fn refusal(&self, arguments: &[&str]) -> String {
        let run = self.run(arguments);
        assert_eq!(run.code, Some(EXIT_REFUSED), "{run:?}");
        assert_eq!(run.stdout, "");
        run.errors()
    }
}

impl Run {
    /// Everything that a caller sees.
    pub(crate) fn told(&self) -> (Option<i32>, &str, &str) {
        (self.code, &self.stdout, &self.stderr)
    }

    /// The lines that name a problem.
    pub(crate) fn errors(&self) -> String {
        self.lines_with("error: ")
    }

    pub(crate) fn warnings(&self) -> String {
        self.lines_with("warning: ")
    }

    fn lines_with(&self, prefix: &str) -> String {
        let lines = self.stderr.lines().filter(|line| line.starts_with(prefix));
        lines.collect::<Vec<_>>().join("\n")
    }
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// The root of the repository.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}
