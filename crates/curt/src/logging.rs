//! Logs on standard error: readable lines on a terminal, one JSON object per line elsewhere.
//!
//! **Invariant:** an event is one line. Text from clients cannot end it, start a new one or control
//! a terminal. Values are cut at [`VALUE_LEN_MAX`].

use std::io::{self, IsTerminal as _};

use tracing_subscriber::{
    filter::{LevelFilter, Targets},
    layer::SubscriberExt as _,
    util::SubscriberInitExt as _,
};

mod fields;
mod json;
mod terminal;

use self::{json::JsonLines, terminal::TerminalFields};

#[derive(Debug, Clone)]
pub(crate) struct LogConfig {
    pub(crate) format: LogFormat,
    pub(crate) level: Targets,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    /// Pretty if standard error is a terminal, otherwise JSON.
    Auto,
    Pretty,
    Json,
}

/// Starts logging for the rest of the process. Call it once.
pub(crate) fn start(config: &LogConfig) {
    let on_terminal = io::stderr().is_terminal();
    let layer = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_ansi(on_terminal);
    let registry = tracing_subscriber::registry().with(config.level.clone());
    match config.format {
        LogFormat::Auto if on_terminal => registry.with(layer.fmt_fields(TerminalFields)).init(),
        LogFormat::Pretty => registry.with(layer.fmt_fields(TerminalFields)).init(),
        LogFormat::Auto | LogFormat::Json => registry
            .with(layer.event_format(JsonLines).fmt_fields(JsonLines).with_ansi(false))
            .init(),
    }
}

/// For commands, which report their own errors: logs only what the API hides from its clients, and
/// only our own failures.
pub(crate) fn start_for_command() {
    let on_terminal = io::stderr().is_terminal();
    let layer = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_ansi(on_terminal);
    let registry = tracing_subscriber::registry().with(LevelFilter::ERROR);
    registry.with(layer.without_time().fmt_fields(TerminalFields)).init();
}

#[cfg(test)]
mod tests;
