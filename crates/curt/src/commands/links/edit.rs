//! `curt links edit`: changes the given fields and keeps the others.

use clap::{Args, ValueEnum};
use curt_domain::Clock;
use http::{Method, header};
use serde_json::{Map, Value};

use super::{
    fields::FieldFlags,
    name::{Among, FoundLink, find},
    object::LinkObject,
};
use crate::{
    api::{Api, header_value, json},
    failure::{Exit, Failure, Problem},
    terminal::output,
};

#[derive(Debug, Args)]
pub(crate) struct EditArgs {
    /// Code or short URL
    #[arg(value_name = "CODE")]
    name: String,
    /// Let it lead here
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Only if nobody has edited the link since this revision
    #[arg(long, value_name = "REVISION")]
    if_revision: Option<u64>,
    /// Write the edited link as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    pub(super) fields: FieldFlags,
    /// Add this tag to those it has; may be repeated
    #[arg(long, value_name = "TAG", conflicts_with = "tags")]
    add_tag: Vec<String>,
    /// Take this tag from it; may be repeated
    #[arg(long, value_name = "TAG", conflicts_with = "tags")]
    remove_tag: Vec<String>,
    /// Take this from the link; may be repeated
    #[arg(long, value_name = "FIELD")]
    clear: Vec<Clearable>,
}

/// What a link can do without.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Clearable {
    Title,
    Note,
    Tags,
    ValidFrom,
    ExpiresAt,
    MaxClicks,
    Password,
    FallbackUrl,
}

impl Clearable {
    /// The field, and what it is when nothing is there.
    fn field(self) -> (&'static str, Value) {
        match self {
            Self::Title => ("title", Value::Null),
            Self::Note => ("note", Value::Null),
            Self::Tags => ("tags", Value::Array(Vec::new())),
            Self::ValidFrom => ("valid_from", Value::Null),
            Self::ExpiresAt => ("expires_at", Value::Null),
            Self::MaxClicks => ("max_clicks", Value::Null),
            Self::Password => ("password", Value::Null),
            Self::FallbackUrl => ("fallback_url", Value::Null),
        }
    }
}

impl EditArgs {
    /// Checks what the parser alone cannot.
    pub(super) fn check(&self) -> Result<(), Failure> {
        let changes = self.changes();
        if changes.is_empty() && !self.edits_tags() {
            let words = "nothing to change: say what, for example with --url or --title";
            return Err(Failure::new(Exit::Usage, words));
        }
        let is_set = |clear: &&Clearable| changes.get(clear.field().0) != Some(&clear.field().1);
        if let Some(clear) = self.clear.iter().find(is_set) {
            let words = format!("{} cannot be set and cleared at once", clear.field().0);
            return Err(Failure::new(Exit::Usage, words));
        }
        if self.edits_tags() && self.clear.contains(&Clearable::Tags) {
            let words = "tags cannot be cleared beside --add-tag or --remove-tag; \
                         --tag replaces all of them";
            return Err(Failure::new(Exit::Usage, words));
        }
        Ok(())
    }

    pub(super) async fn run(&self, api: &Api) -> anyhow::Result<()> {
        let FoundLink { link: before, .. } = find(api, &self.name, Among::Kept).await?;
        let mut changes = self.changes();
        if self.edits_tags() {
            changes.insert("tags".to_owned(), self.tags_after(&before).into());
        }
        let mut request = json(Method::PATCH, &format!("/api/v1/urls/{}", before.id), &changes);
        // Tags are added to those that were read: without the revision, tags added since would be
        // lost.
        if let Some(revision) = self.if_revision.or(self.edits_tags().then_some(before.revision)) {
            let tag = header_value(&format!("\"{revision}\""))?;
            request.headers_mut().insert(header::IF_MATCH, tag);
        }
        let answer = api.ask(request).await.map_err(edited_meanwhile)?;
        if self.json {
            return output::line(&answer.body);
        }
        let after: LinkObject = answer.json()?;
        if after.revision == before.revision {
            return output::line(format!("{} is like that already", after.short_url));
        }
        output::line(format!("edited {}, now revision {}", after.short_url, after.revision))
    }

    /// Whether single tags are added or removed.
    fn edits_tags(&self) -> bool {
        !self.add_tag.is_empty() || !self.remove_tag.is_empty()
    }

    /// The body of the request without single tags. If a field is both given and cleared, the given
    /// value stands here, which is how [`Self::check`] detects the conflict.
    fn changes(&self) -> Map<String, Value> {
        let cleared = self.clear.iter().map(|clear| clear.field());
        let mut changes: Map<_, _> =
            cleared.map(|(field, nothing)| (field.to_owned(), nothing)).collect();
        changes.extend(self.fields.fields(Clock::System.now()));
        changes.extend(self.url.clone().map(|url| ("original_url".to_owned(), url.into())));
        changes
    }

    fn tags_after(&self, before: &LinkObject) -> Vec<String> {
        let mut tags = before.settings.tags.clone();
        tags.retain(|tag| !self.remove_tag.contains(tag));
        tags.extend(self.add_tag.iter().cloned());
        tags
    }
}

/// The API's message names a header that the user never typed.
fn edited_meanwhile(error: anyhow::Error) -> anyhow::Error {
    match error.downcast_ref::<Problem>() {
        Some(problem) if problem.code == "precondition_failed" => {
            Failure::new(Exit::Rejected, "the link has been edited meanwhile; nothing was changed")
                .into()
        }
        _ => error,
    }
}
