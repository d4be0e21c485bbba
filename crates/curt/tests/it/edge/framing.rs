//! Where one request ends and the next begins, and heads that exceed a limit.

use std::{
    collections::BTreeSet,
    io::{Read as _, Write as _},
    net::Shutdown,
};

use super::{Edge, TARGET};

#[test]
fn http_03_a_smuggled_request_is_never_carried_out() {
    let edge = Edge::start();
    // One proxy reads six bytes of body; another reads a last chunk and a request behind it.
    let answers = edge.send_until_closed(
        "POST /api/v1/urls HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/json\r\n\
         Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n\
         GET /link HTTP/1.1\r\nHost: HOST\r\n\r\n",
    );
    assert_eq!(answers.matches("HTTP/1.1 ").count(), 1, "{answers}");
    assert!(!answers.contains(TARGET), "{answers}");
}

#[test]
fn http_04_framing_that_two_could_read_in_two_ways_is_refused() {
    let edge = Edge::start();
    let post = |framing: &str, body: &str| {
        format!("POST /api/v1/urls HTTP/1.1\r\nHost: HOST\r\n{framing}\r\n\r\n{body}")
    };
    for request in [
        post("Content-Length: 2\r\nContent-Length: 3", "{}"),
        post("Content-Length: 2, 2", "{}"),
        post("Content-Length: +2", "{}"),
        post("Content-Length: -1", "{}"),
        post("Content-Length: 99999999999999999999", "{}"),
        post("Transfer-Encoding: xchunked", "0\r\n\r\n"),
        post("Transfer-Encoding : chunked", "0\r\n\r\n"),
        post("Transfer-Encoding:\r\n chunked", "0\r\n\r\n"),
    ] {
        assert_eq!(edge.send(&request).status, 400, "{request}");
    }
    let old =
        "POST /api/v1/urls HTTP/1.0\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    assert_eq!(edge.send(old).status, 400);
}

#[test]
fn http_04_broken_chunks_end_the_request() {
    let edge = Edge::start();
    for chunks in [
        "fffffffffffffffff\r\n{}\r\n0\r\n\r\n",
        "2\n{}\n0\n\n",
        "2 2\r\n{}\r\n0\r\n\r\n",
        "-2\r\n{}\r\n0\r\n\r\n",
        &format!("2;{}\r\n{{}}\r\n0\r\n\r\n", "x".repeat(20_000)),
    ] {
        let key = testkit::server::ADMIN_KEY;
        let answer = edge.send(&format!(
            "POST /api/v1/urls HTTP/1.1\r\nHost: HOST\r\nAuthorization: Bearer {key}\r\n\
             Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}"
        ));
        assert_eq!(answer.status, 400, "{}", String::from_utf8_lossy(&answer.body));
    }
}

#[test]
fn http_05_what_the_standard_permits_is_accepted() {
    let edge = Edge::start();
    let same = "GET /link HTTP/1.1\r\nHost: HOST\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n";
    assert_eq!(edge.send(same).status, 302);
    assert_eq!(edge.send("GET /link HTTP/1.1\nHost: HOST\n\n").status, 302);
}

#[test]
fn who_has_said_all_it_wants_to_say_is_still_answered() {
    let edge = Edge::start();
    for path in ["/link", "/unknown", "/api/v1/health"] {
        let mut stream = edge.connect();
        let request = format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", edge.host());
        stream.write_all(request.as_bytes()).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 "), "{path}: {answer:?}");
    }
}

#[test]
fn http_06_control_characters_in_headers_are_refused() {
    let edge = Edge::start();
    for header in ["X: a\0b", "X: a\rb", "X: a\r\n b", "X\0: a", "X y: a", ": a"] {
        let request = format!("GET /link HTTP/1.1\r\nHost: HOST\r\n{header}\r\n\r\n");
        assert_eq!(edge.send(&request).status, 400, "{header:?}");
    }
}

#[test]
fn http_07_too_many_headers_and_too_long_ones_are_refused() {
    let edge = Edge::start();
    let ask = |headers: &str| {
        let request = format!("GET /link HTTP/1.1\r\nHost: HOST\r\n{headers}\r\n");
        edge.send(&request)
    };
    let many = |count: usize| "X: a\r\n".repeat(count);
    assert_eq!(ask(&many(63)).status, 302);
    let refused = ask(&many(64));
    assert_eq!((refused.status, refused.json()["code"].as_str()), (431, Some("headers_too_large")));
    assert_eq!(ask(&many(200)).status, 431);
    assert_eq!(ask(&format!("X: {}\r\n", "x".repeat(12_000))).status, 302);
    assert_eq!(ask(&format!("X: {}\r\n", "x".repeat(20_000))).status, 431);
}

#[test]
fn cache_08_what_is_too_long_is_not_to_be_kept() {
    let edge = Edge::start();
    let send = |count: usize| {
        let headers = "X: a\r\n".repeat(count);
        edge.send(&format!("GET /link HTTP/1.1\r\nHost: HOST\r\n{headers}\r\n"))
    };
    let answer = send(99);
    assert_eq!((answer.status, answer.header("cache-control")), (431, Some("no-store")));
    // A head too long to be read gets a bare answer. No cache may store a 431 (RFC 6585, section
    // 5).
    assert_eq!(send(100).status, 431);
}

#[test]
fn http_08_long_paths_and_queries_are_refused() {
    let edge = Edge::start();
    let ask = |target: &str| edge.send(&format!("GET {target} HTTP/1.1\r\nHost: HOST\r\n\r\n"));
    assert_eq!(ask(&format!("/{}", "x".repeat(2_047))).status, 404);
    assert_eq!(ask(&format!("/link?{}", "x".repeat(8_000))).status, 302);
    for target in [format!("/{}", "x".repeat(2_048)), format!("/link?{}", "x".repeat(9_000))] {
        let refused = ask(&target);
        assert_eq!((refused.status, refused.json()["code"].as_str()), (414, Some("uri_too_long")));
    }
    assert!(matches!(ask(&format!("/{}", "x".repeat(70_000))).status, 414 | 431));
}

#[test]
fn http_13_methods_of_no_use_are_refused_with_those_that_are() {
    let edge = Edge::start();
    for method in ["TRACE", "FOO", "OPTIONS", "DELETE", "POST"] {
        let request = format!("{method} /link HTTP/1.1\r\nHost: HOST\r\nContent-Length: 0\r\n\r\n");
        let answer = edge.send(&request);
        assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, HEAD")), "{method}");
    }
    for request in ["CONNECT HOST HTTP/1.1", "OPTIONS * HTTP/1.1"] {
        let status = edge.send(&format!("{request}\r\nHost: HOST\r\n\r\n")).status;
        assert!(matches!(status, 404 | 405), "{request}: {status}");
    }
}

#[test]
fn http_14_head_is_get_without_its_body() {
    let edge = Edge::start();
    for path in ["/link", "/link+", "/unknown", "/healthz"] {
        let ask = |method: &str| {
            edge.send_until_closed(&format!(
                "{method} {path} HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\n\r\n"
            ))
        };
        let (get, head) = (ask("GET"), ask("HEAD"));
        let same = |answer: &str| {
            let (head, _) = answer.split_once("\r\n\r\n").unwrap();
            let lines = head.lines().map(str::to_owned);
            let is_own =
                |line: &String| line.starts_with("x-request-id") || line.starts_with("date");
            lines.filter(|line| !is_own(line)).collect::<BTreeSet<_>>()
        };
        assert_eq!(same(&head), same(&get), "{path}");
        assert!(head.ends_with("\r\n\r\n"), "{head}");
    }
}

#[test]
fn http_15_ranges_and_conditions_mean_nothing_to_a_redirect() {
    let edge = Edge::start();
    for header in
        ["Range: bytes=0-1", "If-None-Match: *", "If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT"]
    {
        let answer = edge.send(&format!("GET /link HTTP/1.1\r\nHost: HOST\r\n{header}\r\n\r\n"));
        assert_eq!((answer.status, answer.header("location")), (302, Some(TARGET)), "{header}");
    }
}
