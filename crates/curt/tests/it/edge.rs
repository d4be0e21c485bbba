//! The edge: what clients do to a server on the internet, byte by byte over real sockets.

use std::{
    fs,
    io::{self, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::PathBuf,
    time::Duration,
};

use serde_json::json;
use tempfile::TempDir;
use testkit::server::{Response, Server, ServerCommand};

mod bodies;
mod crowds;
mod framing;
mod hosts;
mod http2;
mod slow;

/// Far longer than anything here may take.
const ANSWER_MAX: Duration = Duration::from_secs(20);

const TARGET: &str = "https://example.com/target";

/// A running server with the link `/link` to [`TARGET`].
struct Edge {
    server: Server,
    _data_dir: TempDir,
}

impl Edge {
    fn start() -> Self {
        Self::with(&[])
    }

    /// With settings of section `http`.
    fn with(settings: &[(&str, &str)]) -> Self {
        Self::start_command(settings, |command| command)
    }

    fn start_command(
        settings: &[(&str, &str)],
        change: impl FnOnce(ServerCommand) -> ServerCommand,
    ) -> Self {
        let data_dir = tempfile::tempdir().unwrap();
        let command = ServerCommand::new(env!("CARGO_BIN_EXE_curt"), data_dir.path());
        let set = |command: ServerCommand, (name, value): &(&str, &str)| {
            command.env(format!("CURT_HTTP__{name}"), value)
        };
        let server = change(settings.iter().fold(command, set)).start();
        let link = json!({ "original_url": TARGET, "custom_alias": "link" });
        assert_eq!(server.client().post("/api/v1/urls", &link).unwrap().status, 201);
        Self { server, _data_dir: data_dir }
    }

    fn host(&self) -> String {
        format!("localhost:{}", self.server.address().port())
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.server.address()).unwrap();
        stream.set_read_timeout(Some(ANSWER_MAX)).unwrap();
        stream.set_write_timeout(Some(ANSWER_MAX)).unwrap();
        stream
    }

    /// Sends these bytes on a new connection, with `HOST` replaced, and reads the answer.
    fn send(&self, request: &str) -> Response {
        self.send_bytes(request.replace("HOST", &self.host()).as_bytes())
    }

    fn send_bytes(&self, request: &[u8]) -> Response {
        let mut stream = self.connect();
        stream.write_all(request).unwrap();
        Response::read(&mut BufReader::new(stream)).unwrap()
    }

    /// Sends these bytes and reads until the server closes the connection.
    fn send_until_closed(&self, request: &str) -> String {
        let mut stream = self.connect();
        stream.write_all(request.replace("HOST", &self.host()).as_bytes()).unwrap();
        let mut answers = String::new();
        stream.read_to_string(&mut answers).unwrap();
        answers
    }

    /// Whether a new visitor is redirected.
    fn redirects(&self) -> bool {
        self.server.visitor().get("/link").is_ok_and(|answer| answer.status == 302)
    }

    fn open_files(&self) -> usize {
        self.descriptors().count()
    }

    /// The number of open sockets, which clients cause.
    fn open_sockets(&self) -> usize {
        let is_socket = |path: &PathBuf| {
            fs::read_link(path).is_ok_and(|target| target.to_string_lossy().starts_with("socket:"))
        };
        self.descriptors().filter(is_socket).count()
    }

    fn descriptors(&self) -> impl Iterator<Item = PathBuf> {
        let all = fs::read_dir(format!("/proc/{}/fd", self.server.process_id())).unwrap();
        all.map(|entry| entry.unwrap().path())
    }
}

/// Whether the other end has closed: nothing is left to read, or writing fails.
fn is_closed(error: &io::Error) -> bool {
    let kinds = [
        io::ErrorKind::ConnectionReset,
        io::ErrorKind::BrokenPipe,
        io::ErrorKind::ConnectionAborted,
    ];
    kinds.contains(&error.kind())
}
