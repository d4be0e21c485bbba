//! Logs on standard error: readable lines on a terminal, one JSON object per line elsewhere.
//!
//! **Invariant:** an event is one line, and what others sent us cannot end it, start a new one or
//! steer a terminal. Values are cut at [`VALUE_LEN_MAX`].

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
    /// Decided by whether standard error is a terminal.
    Auto,
    Pretty,
    Json,
}

/// Starts logging for the rest of the process. To be called once.
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

/// For commands, which tell by themselves what went wrong: only what the API keeps from its
/// clients, and only failures of our own.
pub(crate) fn start_for_command() {
    let on_terminal = io::stderr().is_terminal();
    let layer = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_ansi(on_terminal);
    let registry = tracing_subscriber::registry().with(LevelFilter::ERROR);
    registry.with(layer.without_time().fmt_fields(TerminalFields)).init();
}

#[cfg(test)]
mod tests;
