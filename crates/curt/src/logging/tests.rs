use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use serde_json::Value;
use tracing_subscriber::fmt::MakeWriter;

use super::{fields::VALUE_LEN_MAX, *};

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Captured {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

impl Captured {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

fn as_json(log: impl FnOnce()) -> Value {
    let captured = Captured::default();
    let layer = tracing_subscriber::fmt::layer()
        .event_format(JsonLines)
        .fmt_fields(JsonLines)
        .with_writer(captured.clone());
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), log);
    let text = captured.text();
    assert_eq!(text.matches('\n').count(), 1, "{text}");
    serde_json::from_str(&text).unwrap()
}

fn on_terminal(log: impl FnOnce()) -> String {
    let captured = Captured::default();
    let layer = tracing_subscriber::fmt::layer()
        .fmt_fields(TerminalFields)
        .with_ansi(false)
        .with_writer(captured.clone());
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), log);
    captured.text()
}

const HOSTILE: &str = "x\r\n2026-01-01 ERROR admin logged in\u{1b}[2J";

#[test]
fn log_01_hostile_values_stay_in_their_json_line() {
    let line = as_json(|| tracing::info!(agent = HOSTILE, "hello {HOSTILE}"));
    assert_eq!(line["fields"]["agent"], HOSTILE);
    assert_eq!(line["message"], format!("hello {HOSTILE}"));
    assert_eq!(line["level"], "INFO");
    assert_eq!(line["target"], "curt::logging::tests");
    assert!(line["timestamp"].as_str().unwrap().ends_with('Z'));
}

#[test]
fn log_01_hostile_values_cannot_steer_a_terminal() {
    let text = on_terminal(|| {
        let _span = tracing::info_span!("request", agent = HOSTILE).entered();
        tracing::info!(agent = HOSTILE, shown = %HOSTILE, "hello {HOSTILE}");
    });
    assert_eq!(text.matches('\n').count(), 1, "{text}");
    assert!(!text.contains('\u{1b}') && !text.contains('\r'), "{text:?}");
    assert!(text.contains("agent=\"x\\r\\n2026"), "{text}");
}

#[test]
fn log_01_long_values_are_cut() {
    let megabyte = "é".repeat(1 << 20);
    let line = as_json(|| tracing::info!(agent = megabyte, debugged = ?megabyte, "{megabyte}"));
    for value in [&line["fields"]["agent"], &line["fields"]["debugged"], &line["message"]] {
        let value = value.as_str().unwrap();
        assert_eq!(value.chars().count(), VALUE_LEN_MAX + 1);
        assert!(value.ends_with('…'));
    }
    let text = on_terminal(|| tracing::info!(agent = megabyte, "hello"));
    assert!(text.chars().count() < VALUE_LEN_MAX + 100);
}

#[test]
fn fields_keep_their_types_and_spans_lend_theirs() {
    let line = as_json(|| {
        let span = tracing::info_span!("request", id = "r1", status = tracing::field::Empty);
        span.record("status", 302);
        let _entered = span.entered();
        let _inner = tracing::info_span!("query", id = "q1").entered();
        tracing::warn!(rows = 3, fast = true, share = 0.5, below = -1, "done");
    });
    let expected = serde_json::json!({"rows": 3, "fast": true, "share": 0.5, "below": -1});
    assert_eq!(line["fields"], expected);
    assert_eq!(line["span"], serde_json::json!({"id": "q1", "status": 302}));
}

#[test]
fn an_error_is_logged_with_its_causes() {
    #[derive(Debug, thiserror::Error)]
    #[error("creating a link")]
    struct Outer(#[source] io::Error);

    let error = Outer(io::Error::other("disk full"));
    let line = as_json(|| {
        tracing::error!(error = &error as &dyn std::error::Error, "request failed");
    });
    assert_eq!(line["fields"]["error"], "creating a link: disk full");
}
