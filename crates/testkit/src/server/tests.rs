use std::{io::Write, net::TcpStream, thread::JoinHandle};

use serde_json::Value;

use super::*;

/// A server that sends one of `answers` to each connection it accepts, and closes it.
fn answering(answers: &'static [&'static str]) -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let thread = thread::spawn(move || {
        for answer in answers {
            let mut stream = BufReader::new(listener.accept().unwrap().0);
            read_head(&mut stream);
            stream.get_mut().write_all(answer.as_bytes()).unwrap();
        }
    });
    (address, thread)
}

fn read_head(stream: &mut BufReader<TcpStream>) {
    let mut line = String::new();
    while !line.ends_with("\r\n\r\n") {
        assert!(0 < stream.read_line(&mut line).unwrap(), "the head ends early");
    }
}

#[test]
fn a_client_reads_both_kinds_of_bodies_and_reconnects_when_told() {
    let (address, server) = answering(&[
        "HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\n[1,\r\n2\r\n2]\r\n0\r\n\r\n",
    ]);
    let mut client = Client::new(address);
    let first = client.get("/a").unwrap();
    assert_eq!((first.status, first.json(), first.is_last()), (404, serde_json::json!({}), true));
    let second = client.get("/b").unwrap();
    assert_eq!((second.status, second.json()), (200, serde_json::json!([1, 2])));
    server.join().unwrap();
}

#[test]
fn a_request_without_an_answer_is_told_from_one_that_was_never_sent() {
    const CUT_SHORT: &str = "HTTP/1.1 201 Created\r\nContent-Length: 9\r\n\r\n{\"id\"";
    let (address, server) = answering(&["", "HTTP/1.1 201 Cre", CUT_SHORT]);
    let mut client = Client::new(address);
    for _ in 0..3 {
        let error = client.post("/", &Value::Null).unwrap_err();
        assert!(matches!(error, RequestError::Unanswered(_)), "{error:?}");
    }
    server.join().unwrap();

    // The listener ended with its thread.
    let error = client.get("/").unwrap_err();
    assert!(matches!(error, RequestError::NotSent(_)), "{error:?}");
}

#[test]
fn the_end_of_a_program_and_what_it_printed_are_reported() {
    let script = ["sh", "-c", "echo out; echo err >&2; exit 78"];
    let exit = ServerCommand::new("curt", "data").within(script).spawn().wait(READY_MAX);
    assert_eq!(exit.code, Some(78));
    assert_eq!(exit.output, "out\nerr\n");
}

#[test]
fn a_killed_program_has_no_exit_code() {
    let server = ServerCommand::new("curt", "data").within(["sh", "-c", "exec sleep 60"]).spawn();
    assert_eq!(server.kill().code, None);
}

#[test]
fn the_environment_says_where_the_data_is() {
    let script = ["sh", "-c", "echo $0 $1 $CURT_DATA_DIR $CURT_METRICS__LISTEN"];
    let server = ServerCommand::new("curt", "data").within(script);
    let exit = server.env("CURT_METRICS__LISTEN", "127.0.0.1:1").spawn().wait(READY_MAX);
    assert_eq!(exit.output, "curt serve data 127.0.0.1:1\n");
}
