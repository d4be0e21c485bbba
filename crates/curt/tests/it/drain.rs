//! SIGTERM under load (F4): no client sees an error, and the program exits.

use std::{
    io::{BufReader, ErrorKind, Write as _},
    net::TcpStream,
    sync::mpsc::{self, Sender},
    thread,
    time::{Duration, Instant},
};

use serde_json::json;
use tempfile::TempDir;
use testkit::server::{Client, RequestError, Response, Server, ServerCommand};

const CLIENTS: usize = 32;
/// Each client has sent this many requests before the server is told to stop.
const REQUESTS_BEFORE: usize = 30;
/// After this many requests a client creates a link.
const CREATE_EVERY: usize = 10;
const DELAY: Duration = Duration::from_secs(1);
/// "At once", on two cores with 32 busy clients.
const NOTICE_MAX: Duration = Duration::from_millis(500);
/// Far less than the 25 s that requests in flight may take.
const END_MAX: Duration = Duration::from_secs(10);

fn command(data_dir: &TempDir) -> ServerCommand {
    ServerCommand::new(env!("CARGO_BIN_EXE_curt"), data_dir.path())
}

/// An acknowledged link: code and target.
type Acknowledged = (String, String);

#[test]
fn f4_sigterm_under_load_fails_no_request() {
    let data_dir = tempfile::tempdir().unwrap();
    let server = command(&data_dir).env("CURT_SHUTDOWN__DELAY", "1s").start();
    let first = create(&mut server.client(), "https://example.com/first").unwrap();
    let address = server.address();

    let outcomes = thread::scope(|scope| {
        let (warm, any_warm) = mpsc::channel();
        let mut clients = Vec::new();
        for number in 0..CLIENTS {
            let (warm, first, client) = (warm.clone(), &first, server.client());
            clients.push(scope.spawn(move || use_until_closed(client, number, first, &warm)));
        }
        // A missing client has failed, and reports it below.
        let warm = (0..CLIENTS).take_while(|_| any_warm.recv_timeout(END_MAX).is_ok()).count();
        stop_and_watch(server, &first);
        let outcomes: Vec<_> = clients.into_iter().map(|client| client.join().unwrap()).collect();
        assert_eq!(warm, CLIENTS, "{outcomes:?}");
        outcomes
    });
    let refused = Client::new(address).get("/readyz").unwrap_err();
    assert!(matches!(refused, RequestError::NotSent(_)), "{refused:?}");

    let created: Result<Vec<_>, String> = outcomes.into_iter().collect();
    let created: Vec<Acknowledged> = created.unwrap().into_iter().flatten().collect();
    assert!(CLIENTS * REQUESTS_BEFORE / CREATE_EVERY <= created.len());
    let server = command(&data_dir).start();
    let mut visitor = server.visitor();
    for link in &created {
        follow(&mut visitor, link).unwrap();
    }
}

#[test]
fn f4_a_request_in_flight_is_answered() {
    let data_dir = tempfile::tempdir().unwrap();
    let server = command(&data_dir).start();
    let body = json!({ "original_url": "https://example.com/slow" }).to_string();
    let (begin, end) = body.split_at(body.len() / 2);

    let head = server.client().head("POST", "/api/v1/urls", body.len());
    let head = head.replace("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n");
    let mut stream = BufReader::new(TcpStream::connect(server.address()).unwrap());
    stream.get_mut().write_all(head.as_bytes()).unwrap();
    // The server says that the request is being handled and waits for its body.
    assert_eq!(Response::read(&mut stream).unwrap().status, 100);
    stream.get_mut().write_all(begin.as_bytes()).unwrap();

    server.terminate();
    await_closed_listener(&server);
    stream.get_mut().write_all(end.as_bytes()).unwrap();
    let answer = Response::read(&mut stream).unwrap();
    assert_eq!(answer.status, 201, "{}", String::from_utf8_lossy(&answer.body));
    assert_eq!(server.wait(END_MAX).code, Some(0));
}

#[test]
fn an_idle_connection_does_not_hold_up_the_end() {
    let data_dir = tempfile::tempdir().unwrap();
    let server = command(&data_dir).start();
    let mut idle = server.visitor();
    assert_eq!(idle.get("/readyz").unwrap().status, 200);
    server.terminate();
    assert_eq!(server.wait(END_MAX).code, Some(0));
}

#[test]
fn a_second_sigterm_ends_the_program_at_once() {
    let data_dir = tempfile::tempdir().unwrap();
    let server = command(&data_dir).env("CURT_SHUTDOWN__DELAY", "10m").start();
    server.terminate();
    await_not_ready(&server);
    server.terminate();
    let exit = server.wait(END_MAX);
    assert_ne!(exit.code, Some(0), "it has not drained: {}", exit.output);
}

/// Follows the first link, and creates one now and then, until the server accepts no connection.
/// Returns the links it has created.
fn use_until_closed(
    mut client: Client,
    number: usize,
    first: &Acknowledged,
    warm: &Sender<()>,
) -> Result<Vec<Acknowledged>, String> {
    let mut created = Vec::new();
    let mut told_to_go = false;
    for request in 0.. {
        if request == REQUESTS_BEFORE {
            warm.send(()).unwrap();
        }
        let answered = if request % CREATE_EVERY == 0 {
            let target = format!("https://example.com/{number}/{request}");
            create(&mut client, &target).map(|link| created.push(link))
        } else {
            follow(&mut client, first)
        };
        match answered {
            Ok(()) => told_to_go |= !client.is_connected(),
            // The server is gone, as it announced before.
            Err(Failure::Request(RequestError::NotSent(error)))
                if told_to_go && error.kind() == ErrorKind::ConnectionRefused =>
            {
                return Ok(created);
            }
            Err(failure) => return Err(format!("client {number}, request {request}: {failure:?}")),
        }
    }
    unreachable!("a server that was told to stop closes its listener")
}

/// The server stops being ready at once, works for the whole delay, and then ends.
fn stop_and_watch(server: Server, link: &Acknowledged) {
    server.terminate();
    let told = Instant::now();
    await_not_ready(&server);
    assert!(told.elapsed() < NOTICE_MAX, "not ready after {:?}", told.elapsed());
    while told.elapsed() + NOTICE_MAX < DELAY {
        follow(&mut server.visitor(), link).expect("a stopping server still works");
    }
    let exit = server.wait(END_MAX);
    assert_eq!(exit.code, Some(0), "{}", exit.output);
}

fn await_not_ready(server: &Server) {
    let deadline = Instant::now() + END_MAX;
    let mut visitor = server.visitor();
    while visitor.get("/readyz").unwrap().status != 503 {
        assert!(Instant::now() < deadline, "still ready:\n{}", server.output());
    }
}

fn await_closed_listener(server: &Server) {
    let deadline = Instant::now() + END_MAX;
    while TcpStream::connect(server.address()).is_ok() {
        assert!(Instant::now() < deadline, "still accepting:\n{}", server.output());
    }
}

#[derive(Debug)]
enum Failure {
    Request(RequestError),
    #[expect(dead_code, reason = "shown in the message of a failed test")]
    Answer(Response),
}

fn create(client: &mut Client, target: &str) -> Result<Acknowledged, Failure> {
    let body = json!({ "original_url": target });
    let answer = client.post("/api/v1/urls", &body).map_err(Failure::Request)?;
    match answer.json()["short_code"].as_str() {
        Some(code) if answer.status == 201 => Ok((code.to_owned(), target.to_owned())),
        _ => Err(Failure::Answer(answer)),
    }
}

fn follow(client: &mut Client, (code, target): &Acknowledged) -> Result<(), Failure> {
    let answer = client.get(&format!("/{code}")).map_err(Failure::Request)?;
    let is_right = answer.status == 302 && answer.header("location") == Some(target);
    if is_right { Ok(()) } else { Err(Failure::Answer(answer)) }
}
