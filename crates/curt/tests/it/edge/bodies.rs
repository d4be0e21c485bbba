//! Bodies that are too large, packed, or nested too deeply.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    time::Instant,
};

use testkit::server::{ADMIN_KEY, Response};

use super::{Duration, Edge};

fn head(edge: &Edge, headers: &str) -> String {
    head_for("/api/v1/urls", edge, headers)
}

fn head_for(path: &str, edge: &Edge, headers: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {ADMIN_KEY}\r\n\
         Content-Type: application/json\r\n{headers}\r\n\r\n",
        edge.host()
    )
}

#[test]
fn http_09_large_bodies_are_refused_and_cost_nothing() {
    let edge = Edge::start();
    let body = format!("{{\"original_url\": \"{}\"}}", "x".repeat(3_000_000));
    let request = head(&edge, &format!("Content-Length: {}", body.len()));
    // The answer comes before the body is sent, so sending may fail half-way.
    let mut stream = edge.connect();
    stream.write_all(request.as_bytes()).unwrap();
    let answer = Response::read(&mut BufReader::new(stream.try_clone().unwrap())).unwrap();
    assert_eq!((answer.status, answer.json()["code"].as_str()), (413, Some("payload_too_large")));

    // Of unknown length.
    let chunk = "x".repeat(70_000);
    let request = head(&edge, "Transfer-Encoding: chunked");
    let answer = edge.send(&format!("{request}{:x}\r\n{chunk}\r\n0\r\n\r\n", chunk.len()));
    assert_eq!(answer.status, 413);
}

#[test]
fn http_09_packed_bodies_are_not_unpacked() {
    let edge = Edge::start();
    // An empty gzip file.
    let packed = b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x03\0\0\0\0\0\0\0\0\0";
    let headers = format!("Content-Encoding: gzip\r\nContent-Length: {}", packed.len());
    let mut request = head(&edge, &headers).into_bytes();
    request.extend(packed);
    let answer = edge.send_bytes(&request);
    assert_eq!(
        (answer.status, answer.json()["code"].as_str()),
        (415, Some("unsupported_media_type"))
    );
}

#[test]
fn http_09_deep_nesting_is_refused() {
    let edge = Edge::start();
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let body = format!("{{\"original_url\":{}1{}}}", open.repeat(9_000), close.repeat(9_000));
        let request = head(&edge, &format!("Content-Length: {}", body.len()));
        let answer = edge.send(&format!("{request}{body}"));
        assert!(matches!(answer.status, 400 | 422), "{}", answer.status);
        assert!(answer.body.len() < 1_000, "{}", String::from_utf8_lossy(&answer.body));
    }
}

#[test]
fn http_15_a_body_too_large_is_refused_before_it_is_sent() {
    let edge = Edge::start();
    let request = head(&edge, "Expect: 100-continue\r\nContent-Length: 10000000000");
    assert_eq!(edge.send(&request).status, 413);
}

/// Each request may hold a large body in memory, so few are allowed at a time.
#[test]
fn f10_a_bulk_request_too_many_is_told_at_once() {
    const AT_A_TIME: usize = 4;
    const BODY: &str = r#"{"links":[{"original_url":"https://example.com/"}]}"#;
    let edge = Edge::start();
    let head = |headers: &str| {
        let headers = format!("{headers}Content-Length: {}", BODY.len());
        head_for("/api/v1/urls/bulk", &edge, &headers)
    };
    let whole = format!("{}{BODY}", head(""));
    let mut waiting: Vec<_> = (0..AT_A_TIME)
        .map(|_| {
            let mut stream = BufReader::new(edge.connect());
            stream.get_mut().write_all(head("Expect: 100-continue\r\n").as_bytes()).unwrap();
            // The server asks for the body once the request has its place.
            let mut asked = String::new();
            stream.read_line(&mut asked).unwrap();
            stream.read_line(&mut asked).unwrap();
            assert_eq!(asked, "HTTP/1.1 100 Continue\r\n\r\n");
            stream
        })
        .collect();
    let refused = edge.send(&whole);
    assert_eq!((refused.status, refused.json()["code"].as_str()), (503, Some("unavailable")));
    assert!(refused.header("retry-after").is_some());
    assert!(edge.redirects());
    let first = waiting.first_mut().unwrap();
    first.get_mut().write_all(BODY.as_bytes()).unwrap();
    assert_eq!(Response::read(first).unwrap().status, 200);
    assert_eq!(edge.send(&whole).status, 200);
    assert_eq!(edge.send(&whole).status, 200, "a place is given back");
}

#[test]
fn http_11_a_dripping_body_is_given_up() {
    let edge = Edge::with(&[("BODY_TIMEOUT", "1s")]);
    let mut stream = edge.connect();
    stream.write_all(head(&edge, "Content-Length: 1000").as_bytes()).unwrap();
    let start = Instant::now();
    let mut dripping = stream.try_clone().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            // A byte now and then, until the server gives up.
            while dripping.write_all(b" ").is_ok() {
                #[expect(clippy::disallowed_methods, reason = "being slow is what is tested")]
                std::thread::sleep(Duration::from_millis(100));
            }
        });
        let answer = Response::read(&mut BufReader::new(&stream)).unwrap();
        let took = start.elapsed();
        // The server may have closed already.
        stream.shutdown(std::net::Shutdown::Both).ok();
        assert_eq!(answer.status, 408);
        assert_eq!(answer.json()["code"], "request_timeout");
        assert!(answer.is_last());
        assert!((0.9..3.0).contains(&took.as_secs_f64()), "{took:?}");
    });
}
