//! Lines for programs: `{"timestamp":…,"level":…,"target":…,"message":…,"fields":{…},"span":{…}}`.

use std::fmt;

use serde_json::{Map, Value, json};
use tracing::{Event, Subscriber, span::Record};
use tracing_subscriber::{
    field::RecordFields,
    fmt::{
        FmtContext, FormatEvent, FormatFields, FormattedFields,
        format::Writer,
        time::{FormatTime as _, SystemTime},
    },
    registry::{LookupSpan, Scope},
};

use super::fields::{Fields, MESSAGE};

/// Formats events as lines, and the fields of spans as the JSON objects that go into them.
pub(super) struct JsonLines;

impl<S, N> FormatEvent<S, N> for JsonLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'writer> FormatFields<'writer> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut recorded = Fields::default();
        event.record(&mut recorded);
        let mut fields: Map<String, Value> = to_map(recorded);
        let message = fields.remove(MESSAGE).unwrap_or_default();
        let metadata = event.metadata();
        // Written by hand, because a map would put the time in the middle of the line.
        write!(writer, "{{\"timestamp\":\"")?;
        SystemTime.format_time(&mut writer)?;
        write!(
            writer,
            "\",\"level\":\"{}\",\"target\":{},\"message\":{message}",
            metadata.level(),
            json!(metadata.target()),
        )?;
        write_object(&mut writer, "fields", fields)?;
        write_object(&mut writer, "span", span_fields(context))?;
        writeln!(writer, "}}")
    }
}

impl<'writer> FormatFields<'writer> for JsonLines {
    fn format_fields<R: RecordFields>(
        &self,
        mut writer: Writer<'writer>,
        fields: R,
    ) -> fmt::Result {
        let mut recorded = Fields::default();
        fields.record(&mut recorded);
        write!(writer, "{}", Value::Object(to_map(recorded)))
    }

    /// Fields that a span records later join the object instead of following it.
    fn add_fields(
        &self,
        current: &'writer mut FormattedFields<Self>,
        fields: &Record<'_>,
    ) -> fmt::Result {
        let mut recorded = Fields::default();
        fields.record(&mut recorded);
        let mut object = parse_object(&current.fields);
        object.extend(to_map(recorded));
        current.fields = Value::Object(object).to_string();
        Ok(())
    }
}

/// The fields of all spans around the event; the innermost wins.
fn span_fields<S, N>(context: &FmtContext<'_, S, N>) -> Map<String, Value>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'writer> FormatFields<'writer> + 'static,
{
    let mut all = Map::new();
    for span in context.event_scope().into_iter().flat_map(Scope::from_root) {
        if let Some(fields) = span.extensions().get::<FormattedFields<N>>() {
            all.extend(parse_object(&fields.fields));
        }
    }
    all
}

/// The text is our own. If it is no object, it adds nothing.
fn parse_object(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).unwrap_or_default()
}

fn to_map(fields: Fields) -> Map<String, Value> {
    fields.0.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn write_object(writer: &mut Writer<'_>, name: &str, object: Map<String, Value>) -> fmt::Result {
    if object.is_empty() {
        return Ok(());
    }
    write!(writer, ",\"{name}\":{}", Value::Object(object))
}
