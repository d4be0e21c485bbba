//! The real program as a separate process, for tests that kill it: a data directory, a free port,
//! and its output for the failure message.
//!
//! Every wait has a deadline. A server that is dropped is killed.

mod client;

use std::{
    ffi::{OsStr, OsString},
    io::{self, BufRead, BufReader, PipeReader},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{self, Child, Command, ExitStatus, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU16, Ordering},
        mpsc::{self, Receiver, RecvTimeoutError, SyncSender},
    },
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal};

pub use client::{Client, RequestError, Response};

/// The administrator's key of every server under test.
pub const ADMIN_KEY: &str = "4fb5d0a9c76e18320b7e5f94a1d3c86b2e90f71745ad";

/// The program opens its database in far less; two cores with other tests on them need the rest.
const READY_MAX: Duration = Duration::from_secs(30);
/// How often to check readiness while the program prints nothing.
const READY_POLL: Duration = Duration::from_millis(20);
/// How much of the output is kept: enough for the lines before a failure.
const OUTPUT_BYTES_MAX: usize = 64 * 1024;

/// How to run the program.
#[derive(Clone)]
pub struct ServerCommand {
    binary: PathBuf,
    data_dir: PathBuf,
    env: Vec<(OsString, OsString)>,
    prefix: Vec<OsString>,
}

impl ServerCommand {
    /// `curt serve` with its database in `data_dir`, without metrics, scheduled backups and the
    /// delay at shutdown.
    pub fn new(binary: impl AsRef<Path>, data_dir: impl AsRef<Path>) -> Self {
        let command = Self {
            binary: binary.as_ref().to_owned(),
            data_dir: data_dir.as_ref().to_owned(),
            env: Vec::new(),
            prefix: Vec::new(),
        };
        command
            .env("CURT_ADMIN_KEY", ADMIN_KEY)
            .env("CURT_BACKUP__INTERVAL", "off")
            .env("CURT_LIMITS__ENABLED", "false")
            .env("CURT_METRICS__LISTEN", "off")
            .env("CURT_SHUTDOWN__DELAY", "0")
    }

    #[must_use]
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.env.push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Serves metrics at this address; see [`Client::metric`].
    #[must_use]
    pub fn metrics(self, address: SocketAddr) -> Self {
        self.env("CURT_METRICS__LISTEN", address.to_string())
    }

    /// Removes a variable that was set before.
    #[must_use]
    pub fn without_env(mut self, name: impl AsRef<OsStr>) -> Self {
        self.env.retain(|(set, _)| set != name.as_ref());
        self
    }

    /// Runs the program as the last arguments of another one, which must become it (`exec`).
    #[must_use]
    pub fn within(mut self, prefix: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        self.prefix = prefix.into_iter().map(Into::into).collect();
        self
    }

    /// Starts the server and waits until it is ready.
    pub fn start(&self) -> Server {
        let mut server = self.spawn();
        server.await_ready();
        server
    }

    /// Starts the server without waiting.
    pub fn spawn(&self) -> Server {
        let port = free_port();
        let (output, sink) = io::pipe().expect("a pipe can be made");
        let mut command = self.command(port);
        command.stdin(Stdio::null());
        command.stdout(sink.try_clone().expect("a pipe can be shared")).stderr(sink);
        let child = command.spawn().unwrap_or_else(|error| {
            panic!("{} cannot be run: {error}", command.get_program().display())
        });
        Server {
            child,
            address: (Ipv4Addr::LOCALHOST, port).into(),
            output: Output::collect(output),
        }
    }

    fn command(&self, port: u16) -> Command {
        let mut words = self.prefix.iter().map(OsString::as_os_str);
        let mut command = match words.next() {
            Some(program) => {
                let mut command = Command::new(program);
                command.args(words).arg(&self.binary);
                command
            }
            None => Command::new(&self.binary),
        };
        // The user who runs the tests may have settings in the environment.
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("CURT_") || text == "DATABASE_URL" || text == "REDIS_URL" {
                command.env_remove(&name);
            }
        }
        command
            .arg("serve")
            .env("CURT_LISTEN", format!("127.0.0.1:{port}"))
            .env("CURT_DATA_DIR", &self.data_dir)
            .envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }
}

/// A running program.
pub struct Server {
    child: Child,
    address: SocketAddr,
    output: Output,
}

/// How a program ended.
#[derive(Debug)]
pub struct Exit {
    /// Absent if a signal ended it.
    pub code: Option<i32>,
    pub output: String,
}

impl Server {
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// A client that presents the administrator's key.
    pub fn client(&self) -> Client {
        Client::new(self.address).with_key(ADMIN_KEY)
    }

    /// A client without a key, like a visitor.
    pub fn visitor(&self) -> Client {
        Client::new(self.address)
    }

    pub fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// The output, or the end of it.
    pub fn output(&self) -> String {
        self.output.text()
    }

    pub fn await_ready(&mut self) {
        let deadline = Instant::now() + READY_MAX;
        loop {
            if self.visitor().get("/readyz").is_ok_and(|answer| answer.status == 200) {
                return;
            }
            if let Some(status) = self.child.try_wait().expect("a child can be asked") {
                panic!("the server ended with {status} before it was ready:\n{}", self.output());
            }
            assert!(Instant::now() < deadline, "the server is not ready:\n{}", self.output());
            // The next line may be the one that announces readiness.
            self.output.await_line(READY_POLL);
        }
    }

    /// Lets it run for `time`, or until it exits.
    pub fn run_for(&mut self, time: Duration) {
        let end = Instant::now() + time;
        while Instant::now() < end
            && self.output.await_line(end.saturating_duration_since(Instant::now()))
        {}
    }

    /// Kills it with a signal that cannot be caught.
    pub fn kill(mut self) -> Exit {
        self.child.kill().expect("a child can be killed");
        let status = self.child.wait().expect("a child can be waited for");
        self.exit(status)
    }

    /// Asks it to stop.
    pub fn terminate(&self) {
        let pid = Pid::from_child(&self.child);
        rustix::process::kill_process(pid, Signal::TERM).expect("a child can be signalled");
    }

    /// Waits for its end, which must come within `time_max`.
    pub fn wait(mut self, time_max: Duration) -> Exit {
        let deadline = Instant::now() + time_max;
        while self.output.await_line(deadline.saturating_duration_since(Instant::now())) {
            let late = deadline < Instant::now();
            assert!(!late, "the server still runs after {time_max:?}:\n{}", self.output());
        }
        let status = self.child.wait().expect("a child can be waited for");
        self.exit(status)
    }

    fn exit(&mut self, status: ExitStatus) -> Exit {
        // The pipe closes with the program, so its last output arrives soon.
        while self.output.await_line(READY_MAX) {}
        Exit { code: status.code(), output: self.output() }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended before, and a panic here would hide the panic that drops it.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// The program's output, collected by a thread so that the program never waits for us.
struct Output {
    text: Arc<Mutex<String>>,
    /// Signals new lines; it closes when no more will come.
    lines: Receiver<()>,
}

impl Output {
    fn collect(pipe: PipeReader) -> Self {
        let text = Arc::default();
        // One signal is enough for any number of lines.
        let (notify, lines) = mpsc::sync_channel(1);
        let collected = Arc::clone(&text);
        thread::spawn(move || read_lines(pipe, &collected, &notify));
        Self { text, lines }
    }

    fn text(&self) -> String {
        self.text.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits for a line or for `time_max`; false if the program has closed its output.
    fn await_line(&self, time_max: Duration) -> bool {
        self.lines.recv_timeout(time_max) != Err(RecvTimeoutError::Disconnected)
    }
}

fn read_lines(pipe: PipeReader, collected: &Mutex<String>, notify: &SyncSender<()>) {
    let mut pipe = BufReader::new(pipe);
    let mut line = Vec::new();
    while let Ok(1..) = pipe.read_until(b'\n', &mut line) {
        let mut text = collected.lock().unwrap_or_else(PoisonError::into_inner);
        text.push_str(&String::from_utf8_lossy(&line));
        if OUTPUT_BYTES_MAX < text.len() {
            let cut = text.ceil_char_boundary(OUTPUT_BYTES_MAX / 2);
            text.drain(..cut);
        }
        drop(text);
        line.clear();
        // If the channel is full, a signal is waiting already.
        notify.try_send(()).ok();
    }
}

/// A free address to listen on, for metrics for example.
pub fn free_address() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, free_port()).into()
}

/// A port below those that the kernel uses for outgoing connections, which load tests use up.
fn free_port() -> u16 {
    const FIRST: u16 = 10_000;
    const COUNT: u16 = 10_000;
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // Test processes that run at the same time start in different places.
    let begin = process::id().wrapping_mul(101);
    for _ in 0..COUNT {
        let step = u32::from(NEXT.fetch_add(1, Ordering::Relaxed));
        let offset = begin.wrapping_add(step) % u32::from(COUNT);
        let port = FIRST + u16::try_from(offset).expect("less than COUNT");
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
    panic!("no port from {FIRST} on is free");
}

#[cfg(test)]
mod tests;
