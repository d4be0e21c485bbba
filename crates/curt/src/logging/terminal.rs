//! Fields for people: the message as it is, then `name="value"`.

use std::fmt;

use serde_json::Value;
use tracing_subscriber::{
    field::RecordFields,
    fmt::{FormatFields, format::Writer},
};

use super::fields::{Fields, MESSAGE};

pub(super) struct TerminalFields;

impl<'writer> FormatFields<'writer> for TerminalFields {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'writer>, fields: R) -> fmt::Result {
        let mut recorded = Fields::default();
        fields.record(&mut recorded);
        write_fields(writer, &recorded)
    }
}

fn write_fields(mut writer: Writer<'_>, fields: &Fields) -> fmt::Result {
    let mut separator = "";
    for (name, value) in &fields.0 {
        writer.write_str(separator)?;
        match value {
            Value::String(text) if *name == MESSAGE => write_escaped(&mut writer, text)?,
            Value::String(text) => write!(writer, "{name}={text:?}")?,
            value => write!(writer, "{name}={value}")?,
        }
        separator = " ";
    }
    Ok(())
}

fn write_escaped(writer: &mut Writer<'_>, text: &str) -> fmt::Result {
    for char in text.chars() {
        if char.is_control() {
            write!(writer, "{}", char.escape_default())?;
        } else {
            writer.write_char(char)?;
        }
    }
    Ok(())
}
