//! Host names in requests, and headers that claim other ones.

use super::{Edge, TARGET};

#[test]
fn http_01_one_valid_host_or_none_of_our_answers() {
    let edge = Edge::start();
    for request in [
        "GET /link HTTP/1.1\r\n\r\n",
        "GET /link HTTP/1.0\r\n\r\n",
        "GET /link HTTP/1.1\r\nHost: HOST\r\nHost: HOST\r\n\r\n",
        "GET /link HTTP/1.1\r\nHost: HOST\r\nHost: evil.example\r\n\r\n",
        "GET /link HTTP/1.1\r\nHost: a b<>\r\n\r\n",
        "GET /link HTTP/1.1\r\nHost:\r\n\r\n",
        "GET /link HTTP/1.1\r\nHost: user@HOST\r\n\r\n",
        "GET /api/v1/urls HTTP/1.1\r\n\r\n",
    ] {
        let answer = edge.send(request);
        assert_eq!(answer.status, 400, "{request}");
        assert_eq!(answer.json()["code"], "invalid_host", "{request}");
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("location"), None);
    }
    assert_eq!(edge.send("GET /link HTTP/1.0\r\nHost: HOST\r\n\r\n").status, 302);
}

#[test]
fn http_02_another_host_gets_no_answer_of_ours_and_is_not_echoed() {
    let edge = Edge::start();
    for request in [
        "GET /link HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: evil.example\r\nAccept: text/html\r\n\r\n",
        "GET /unknown HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        "GET http://evil.example/link HTTP/1.1\r\nHost: HOST\r\n\r\n",
    ] {
        let answer = edge.send(request);
        assert_eq!(answer.status, 421, "{request}");
        let body = String::from_utf8(answer.body.clone()).unwrap();
        assert!(!body.contains("evil"), "{body}");
        assert_eq!(answer.header("location"), None);
    }
    let absolute = edge.send("GET http://HOST/link HTTP/1.1\r\nHost: evil.example\r\n\r\n");
    assert_eq!(absolute.header("location"), Some(TARGET));
}

#[test]
fn probes_are_answered_under_any_name() {
    let edge = Edge::start();
    for path in ["/healthz", "/readyz", "/api/v1/health"] {
        for head in ["HTTP/1.1\r\nHost: 10.0.0.7:8000", "HTTP/1.1\r\nHost: a b<>", "HTTP/1.0"] {
            let answer = edge.send(&format!("GET {path} {head}\r\n\r\n"));
            assert_eq!(answer.status, 200, "{path} {head}");
        }
    }
}

#[test]
fn other_names_are_known_once_they_are_configured() {
    let edge = Edge::with(&[("ALLOWED_HOSTS", "curt.internal, www.example.com")]);
    for host in ["curt.internal:8000", "WWW.example.com", "HOST"] {
        let request = format!("GET /link HTTP/1.1\r\nHost: {host}\r\n\r\n");
        assert_eq!(edge.send(&request).status, 302, "{host}");
    }
    assert_eq!(edge.send("GET /link HTTP/1.1\r\nHost: internal\r\n\r\n").status, 421);
}

#[test]
fn cache_07_headers_about_other_requests_change_nothing() {
    let edge = Edge::start();
    let ask = |path: &str, headers: &str| {
        let request = format!("GET {path} HTTP/1.1\r\nHost: HOST\r\n{headers}\r\n");
        let answer = edge.send(&request);
        let location = answer.header("location").map(str::to_owned);
        let kept = answer.header("cache-control").map(str::to_owned);
        (answer.status, location, kept, answer.body)
    };
    for path in ["/link", "/link+", "/unknown", "/", "/api/v1/urls"] {
        let plain = ask(path, "");
        for header in [
            "X-Forwarded-Host: evil.example",
            "X-Forwarded-Proto: ftp",
            "X-Forwarded-Port: 1",
            "X-Forwarded-Prefix: /evil",
            "Forwarded: host=evil.example;proto=ftp",
            "X-Original-URL: /other",
            "X-Rewrite-URL: /other",
            "X-HTTP-Method-Override: DELETE",
            "X-Method-Override: DELETE",
            "Cookie: session=1; lang=xx",
        ] {
            assert_eq!(ask(path, &format!("{header}\r\n")), plain, "{path} with {header}");
        }
    }
}
