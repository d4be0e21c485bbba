//! Clients that hold connections without using them.

use std::{
    io::{ErrorKind, Read as _, Write as _},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use super::{Edge, is_closed};

/// How late the connection watch may be: a tick of 250 ms, and two cores with other tests.
const LATE_MAX: f64 = 1.5;

/// How long until the server closes a connection that sends one byte again and again.
fn time_until_closed(stream: &mut TcpStream, drip: &[u8]) -> f64 {
    let start = Instant::now();
    stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    loop {
        assert!(start.elapsed() < super::ANSWER_MAX, "it is still open");
        match stream.read(&mut [0; 512]) {
            Ok(0) => break,
            // The answer to the earlier request.
            Ok(_) => {}
            Err(error) if is_closed(&error) => break,
            Err(error) => {
                let is_waiting =
                    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut);
                assert!(is_waiting, "{error}");
            }
        }
        if let Err(error) = stream.write_all(drip) {
            assert!(is_closed(&error), "{error}");
            break;
        }
    }
    start.elapsed().as_secs_f64()
}

#[test]
fn http_10_who_sends_no_whole_head_is_closed() {
    let edge = Edge::with(&[("HEADER_TIMEOUT", "1s"), ("IDLE_TIMEOUT", "20s")]);
    let cases: [(&str, &[u8]); 4] = [
        ("", b""),
        ("GET /link HTTP/1.1\r\nHo", b""),
        ("GET /link HTTP/1.1\r\nX: ", b"x"),
        // The second request of a connection has no more time than the first.
        ("GET /link HTTP/1.1\r\nHost: HOST\r\n\r\nGET /li", b"x"),
    ];
    thread::scope(|scope| {
        for (begin, drip) in cases {
            let (mut stream, host) = (edge.connect(), edge.host());
            scope.spawn(move || {
                let begin = begin.replace("HOST", &host);
                stream.write_all(begin.as_bytes()).unwrap();
                let took = time_until_closed(&mut stream, drip);
                assert!((0.7..1.0 + LATE_MAX).contains(&took), "{begin:?} after {took} s");
            });
        }
    });
    assert!(edge.redirects());
}

#[test]
fn http_10_who_keeps_a_connection_without_a_request_is_closed() {
    let edge = Edge::with(&[("HEADER_TIMEOUT", "1s"), ("IDLE_TIMEOUT", "2s")]);
    let mut stream = edge.connect();
    let request = format!("GET /link HTTP/1.1\r\nHost: {}\r\n\r\n", edge.host());
    for _ in 0..2 {
        stream.write_all(request.as_bytes()).unwrap();
        assert_ne!(stream.read(&mut [0; 4096]).unwrap(), 0);
    }
    let took = time_until_closed(&mut stream, b"");
    assert!((1.7..2.0 + LATE_MAX).contains(&took), "after {took} s");
}

#[test]
fn f12_slow_clients_do_not_keep_others_waiting_and_go_away() {
    const SLOW: usize = 200;
    let edge = Edge::with(&[("HEADER_TIMEOUT", "4s"), ("BODY_TIMEOUT", "4s")]);
    assert!(edge.redirects());
    let base = edge.open_sockets();
    let host = edge.host();
    let begins = [
        String::new(),
        "GET /link HTTP/1.1\r\nX: ".to_owned(),
        format!("GET /link HTTP/1.1\r\nHost: {host}\r\n"),
        format!("POST /api/v1/urls HTTP/1.1\r\nHost: {host}\r\nContent-Length: 100\r\n\r\n{{"),
    ];
    let mut slow: Vec<TcpStream> = (0..SLOW).map(|_| edge.connect()).collect();
    for (stream, begin) in slow.iter_mut().zip(begins.iter().cycle()) {
        stream.write_all(begin.as_bytes()).unwrap();
    }
    // Other clients are served at the same time.
    let mut visitor = edge.server.visitor();
    let mut times: Vec<Duration> = (0..200)
        .map(|_| {
            let begin = Instant::now();
            assert_eq!(visitor.get("/link").unwrap().status, 302);
            begin.elapsed()
        })
        .collect();
    times.sort_unstable();
    assert!(times[times.len() / 2] < Duration::from_millis(50), "{times:?}");

    let start = Instant::now();
    for stream in &mut slow {
        time_until_closed(stream, b"");
    }
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    drop((slow, visitor));
    while base < edge.open_sockets() {
        assert!(start.elapsed() < super::ANSWER_MAX, "{} of {base}", edge.open_sockets());
    }
}
