//! The flags that say what a link is, for `add` and `edit` alike.

use std::time::Duration;

use clap::{Args, builder::PossibleValuesParser, builder::TypedValueParser as _};
use curt_domain::{RedirectStatus, Timestamp};
use serde_json::{Map, Value};

use crate::{commands::span::span, terminal::passwords::new_password};

/// A field of the API is called as its flag is. Values are checked by the API.
#[derive(Debug, Args)]
#[command(next_help_heading = "Link")]
pub(super) struct FieldFlags {
    /// Call it this in lists
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// Keep a note with it
    #[arg(long, value_name = "TEXT")]
    note: Option<String>,
    /// Give it this tag, and no others; may be repeated
    #[arg(long = "tag", value_name = "TAG")]
    pub(super) tags: Vec<String>,
    /// Redirect with this status; new links have 302
    #[arg(long = "status", alias = "redirect-status", value_name = "STATUS", value_parser = statuses())]
    redirect_status: Option<u16>,
    /// Pass the visitor's query on to the target
    #[arg(
        long, value_name = "true|false", num_args = 0..=1, require_equals = true,
        default_missing_value = "true"
    )]
    forward_query: Option<bool>,
    /// Work from then on, such as 2026-01-31T12:00:00Z
    #[arg(long, value_name = "TIME")]
    valid_from: Option<String>,
    /// Stop working then
    #[arg(long, value_name = "TIME", conflicts_with = "expires_in")]
    expires_at: Option<String>,
    /// Stop working so long from now: 90s, 30m, 12h, 30d, 4w
    #[arg(long, value_name = "SPAN", value_parser = span)]
    expires_in: Option<Duration>,
    /// Stop working after so many clicks of people
    #[arg(long, value_name = "COUNT")]
    max_clicks: Option<u64>,
    /// Ask visitors for a password, which is asked for now, or read from standard input
    #[arg(long)]
    password: bool,
    /// What was typed then.
    #[arg(skip)]
    typed_password: String,
    /// Lead here once it has stopped working
    #[arg(long, value_name = "URL")]
    fallback_url: Option<String>,
}

impl FieldFlags {
    /// Asks for the password, if the link is to have one.
    pub(super) fn ask_password(&mut self) -> anyhow::Result<()> {
        if self.password {
            self.typed_password = new_password()?;
        }
        Ok(())
    }

    pub(super) fn asks_password(&self) -> bool {
        self.password
    }

    /// The given fields, by their names in the API.
    pub(super) fn fields(&self, now: Timestamp) -> Map<String, Value> {
        let expires_in = self.expires_in.map(|span| now.plus(span).to_string());
        let expires_at = self.expires_at.clone().or(expires_in);
        let given: [(&str, Option<Value>); 10] = [
            ("title", self.title.clone().map(Value::from)),
            ("note", self.note.clone().map(Value::from)),
            ("tags", (!self.tags.is_empty()).then(|| self.tags.clone().into())),
            ("redirect_status", self.redirect_status.map(Value::from)),
            ("forward_query", self.forward_query.map(Value::from)),
            ("valid_from", self.valid_from.clone().map(Value::from)),
            ("expires_at", expires_at.map(Value::from)),
            ("max_clicks", self.max_clicks.map(Value::from)),
            ("password", self.password.then(|| self.typed_password.clone().into())),
            ("fallback_url", self.fallback_url.clone().map(Value::from)),
        ];
        let given = given.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        given.collect()
    }
}

/// The statuses there are, so that shells complete them.
fn statuses() -> impl clap::builder::TypedValueParser<Value = u16> {
    let codes = RedirectStatus::ALL.map(|status| status.code().to_string());
    PossibleValuesParser::new(codes).try_map(|text| text.parse::<u16>())
}
