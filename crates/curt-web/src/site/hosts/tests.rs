//! Names that are ours, names that are not, and invalid names.

use axum::http::HeaderValue;

use super::*;
use crate::response::ProblemCode::{self, InvalidHost, MisdirectedRequest};

fn check(public_url: &str, hosts: &[&str], target: &str) -> Result<(), ProblemCode> {
    let other = "http://curt.internal".parse().unwrap();
    let hosts_of_server = Hosts::new(&public_url.parse().unwrap(), [&other]);
    let mut headers = HeaderMap::new();
    for host in hosts {
        headers.append(header::HOST, HeaderValue::from_bytes(host.as_bytes()).unwrap());
    }
    let checked = hosts_of_server.check(&target.parse().unwrap(), Version::HTTP_11, &headers);
    checked.map_err(|error| error.code())
}

fn check_one(host: &str) -> Result<(), ProblemCode> {
    check("https://go.example.com", &[host], "/abc")
}

#[test]
fn http_01_needs_exactly_one_valid_host() {
    let refuse = |hosts: &[&str]| check("https://go.example.com", hosts, "/abc").unwrap_err();
    assert_eq!(refuse(&[]), InvalidHost);
    assert_eq!(refuse(&["go.example.com", "go.example.com"]), InvalidHost);
    for host in [
        "",
        ".",
        ":80",
        "a b<>",
        "go.example.com/",
        "user@go.example.com",
        "go.example.com:port",
        "go.example.com:80:80",
        "go.example.com:99999",
        "[::1",
        "go.example.com\t",
        "g\u{f6}.example.com",
    ] {
        assert_eq!(refuse(&[host]), InvalidHost, "{host}");
    }
}

#[test]
fn http_02_other_names_are_unknown_and_ours_are_known_in_any_spelling() {
    for host in [
        "go.example.com",
        "GO.Example.com",
        "go.example.com.",
        "go.example.com:8443",
        "curt.internal",
    ] {
        assert_eq!(check_one(host), Ok(()), "{host}");
    }
    for host in
        ["evil.example", "example.com", "a.go.example.com", "localhost", "127.0.0.1", "[::1]"]
    {
        assert_eq!(check_one(host), Err(MisdirectedRequest), "{host}");
    }
}

#[test]
fn http_02_a_name_in_the_request_line_comes_before_the_header() {
    let check = |target, host| check("https://go.example.com", &[host], target);
    assert_eq!(check("http://evil.example/abc", "go.example.com"), Err(MisdirectedRequest));
    assert_eq!(check("http://go.example.com/abc", "evil.example"), Ok(()));
    assert_eq!(check("http://go.example.com/abc", "a b<>"), Err(InvalidHost));
}

#[test]
fn http2_needs_no_host_beside_its_authority() {
    let hosts = Hosts::new(&"https://go.example.com".parse().unwrap(), []);
    let check = |target: &str| {
        let checked = hosts.check(&target.parse().unwrap(), Version::HTTP_2, &HeaderMap::new());
        checked.map_err(|error| error.code())
    };
    assert_eq!(check("http://go.example.com/abc"), Ok(()));
    assert_eq!(check("http://evil.example/abc"), Err(MisdirectedRequest));
    assert_eq!(check("/abc"), Err(InvalidHost));
}

#[test]
fn loopback_has_three_names_on_any_port() {
    for host in ["localhost", "localhost:8000", "127.0.0.1:9", "[::1]:8000", "LOCALHOST"] {
        assert_eq!(check("http://localhost:8000", &[host], "/abc"), Ok(()), "{host}");
    }
    let rebound = check("http://localhost:8000", &["evil.example:8000"], "/abc");
    assert_eq!(rebound, Err(MisdirectedRequest));
}
