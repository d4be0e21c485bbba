//! An answer as a client reads it. Reading asserts everything that must hold for every answer.

use axum::body::{Body, to_bytes};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// 10 000 links in one answer stay below this; a longer one fails the test.
const ANSWER_LEN_MAX: usize = 8 << 20;

/// Words of libraries and of this machine, which no answer may reveal.
const INTERNALS: [&str; 13] = [
    "axum",
    "hyper",
    "serde",
    "tokio",
    "sqlite",
    "sql",
    "panicked",
    ".rs:",
    "/src/",
    "Failed to",
    "deserialize",
    "target type",
    "struct ",
];

/// The headers of every page of ours.
const PAGE_HEADERS: [(&str, &str); 5] = [
    ("content-type", "text/html; charset=utf-8"),
    ("cache-control", "no-store"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("x-robots-tag", "noindex"),
];

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) async fn read(response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, ANSWER_LEN_MAX).await.unwrap();
        let answer = Self { status: parts.status, headers: parts.headers, body };
        answer.assert_sound();
        answer
    }

    fn assert_sound(&self) {
        let id = self.header("x-request-id");
        assert_eq!(id.len(), 16, "{self:?}");
        assert!(id.bytes().all(|digit| digit.is_ascii_hexdigit()), "{self:?}");
        assert!(self.headers.get_all("location").iter().count() <= 1, "{self:?}");
        assert_eq!(self.find("access-control-allow-origin"), None, "{self:?}");
        for cookie in self.headers.get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            assert!(cookie.contains("; HttpOnly; SameSite=Lax"), "{self:?}");
        }
        let is_page = self.find("content-type").is_some_and(|kind| kind.starts_with("text/html"));
        if is_page {
            self.assert_page();
        } else if self.status.is_client_error() || self.status.is_server_error() {
            assert_ne!(self.find("content-type"), None, "{self:?}");
        }
        let is_known = self.status == StatusCode::NOT_MODIFIED;
        if (self.status.is_redirection() && !is_known) || self.status.is_client_error() {
            assert_eq!(self.header("cache-control"), "no-store", "{self:?}");
        }
    }

    fn assert_page(&self) {
        for (name, value) in PAGE_HEADERS {
            assert_eq!(self.header(name), value);
        }
        let policy = self.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        // For HEAD, the router omits the body on its own paths; on all others the connection does.
        if self.body.is_empty() {
            return;
        }
        let (_, style, _) = self.around_style();
        let hash = STANDARD.encode(Sha256::digest(style));
        assert!(policy.contains(&format!("'sha256-{hash}'")), "{policy} forbids {style}");
        let page = self.page();
        assert!(!page.contains("<img"), "{page}");
        // A page with a script names it in its policy; all others have none.
        let (before, script, after) = match page.split_once("<script>") {
            Some((before, rest)) => {
                let (script, after) = rest.split_once("</script>").expect("a script has an end");
                (before, Some(script), after)
            }
            None => (page.as_str(), None, ""),
        };
        assert!(!before.contains("<script") && !after.contains("<script"), "{page}");
        assert_eq!(script.is_some(), policy.contains("script-src"), "{policy}");
        if let Some(script) = script {
            let hash = STANDARD.encode(Sha256::digest(script));
            assert!(policy.contains(&format!("; script-src 'sha256-{hash}'")), "{policy}");
        }
    }

    /// The header's value; a missing or repeated one fails the test.
    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> &str {
        let mut values = self.headers.get_all(name).iter();
        let Some(value) = values.next() else { panic!("no {name} in {self:?}") };
        assert_eq!(values.next(), None, "{name} stands twice in {self:?}");
        value.to_str().unwrap()
    }

    pub(crate) fn find(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The headers that two answers to the same request share.
    pub(crate) fn lasting_headers(&self) -> HeaderMap {
        let mut headers = self.headers.clone();
        headers.remove("x-request-id");
        headers
    }

    /// The text before, in and after the page's style sheet.
    fn around_style(&self) -> (&str, &str, &str) {
        let (before, rest) = self.text().split_once("<style>").unwrap();
        let (style, after) = rest.split_once("</style>").unwrap();
        (before, style, after)
    }

    /// A page without its style sheet.
    pub(crate) fn page(&self) -> String {
        let (before, _, after) = self.around_style();
        format!("{before}{after}")
    }

    pub(crate) fn text(&self) -> &str {
        str::from_utf8(&self.body).unwrap()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.header("content-type"), "application/json", "{self:?}");
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The JSON body, after asserting the status.
    #[track_caller]
    pub(crate) fn ok(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        self.json()
    }

    /// Asserts a redirect and its target.
    #[track_caller]
    pub(crate) fn leads_to(&self, status: u16, target: &str) {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("location"), target);
        assert!(self.body.is_empty(), "{self:?}");
    }

    /// Asserts a well-formed problem (ERR-01) with this status and code, and returns its body.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        assert_eq!(self.header("cache-control"), "no-store");
        assert_eq!(self.find("location"), None, "{self:?}");
        let problem: Value = serde_json::from_slice(&self.body).unwrap();
        assert_eq!(problem["status"], status, "{problem}");
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["type"] == "about:blank", status != 429, "{problem}");
        assert_eq!(problem["title"], self.status.canonical_reason().unwrap());
        assert_ne!(problem["detail"], "");
        for word in INTERNALS {
            assert!(!self.text().contains(word), "{word} in {problem}");
        }
        problem
    }

    /// Asserts a refusal of exactly one field.
    #[track_caller]
    pub(crate) fn refuses(&self, field: &str, code: &str) {
        let problem = self.problem(422, code);
        let errors = problem["errors"].as_array().unwrap();
        assert_eq!(errors.len(), 1, "{problem}");
        assert_eq!(errors[0]["field"], field, "{problem}");
        assert_eq!(errors[0]["code"], code, "{problem}");
    }
}
