//! The audit log in requests and answers.

use curt_domain::{Author, KeyId, UserId};
use curt_store::{AuditPage, AuditQuery, AuditRecord, Cursor};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

use crate::{
    api::audit::schema,
    request::{extract::decimal, fields::FieldErrors, schema as shared},
    response::{ApiError, FieldError},
};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    #[param(schema_with = schema::author)]
    author: Option<String>,
    #[param(schema_with = schema::action)]
    action: Option<String>,
    #[param(schema_with = schema::object)]
    object: Option<String>,
    #[param(schema_with = schema::from)]
    from: Option<String>,
    #[param(schema_with = schema::to)]
    to: Option<String>,
    #[param(schema_with = shared::limit)]
    limit: Option<String>,
    #[param(schema_with = shared::cursor)]
    cursor: Option<String>,
}

/// A page of the audit log, newest first.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditPage)]
pub(crate) struct AuditView {
    items: Vec<RecordView>,
    #[schema(required = true, schema_with = shared::next_cursor)]
    next_cursor: Option<String>,
}

/// That somebody did something.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditRecord)]
struct RecordView {
    #[schema(schema_with = schema::at)]
    at: String,
    author: AuthorView,
    #[schema(required = true, schema_with = schema::client)]
    client: Option<String>,
    #[schema(schema_with = schema::action_done)]
    action: String,
    object: ObjectView,
    /// What there is to say about it, which depends on the action. Never a secret, and nothing
    /// personal.
    #[schema(value_type = Object)]
    details: Box<RawValue>,
}

/// Who did something.
#[derive(Serialize, ToSchema)]
#[schema(as = Author)]
struct AuthorView {
    #[schema(schema_with = schema::author_kind)]
    kind: &'static str,
    #[schema(required = true, schema_with = schema::author_user)]
    user_id: Option<u64>,
    #[schema(required = true, schema_with = schema::author_key)]
    key_id: Option<u64>,
    #[schema(required = true, schema_with = schema::author_name)]
    name: Option<String>,
}

/// What it was done to.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditObject)]
struct ObjectView {
    #[schema(schema_with = schema::object_kind)]
    kind: String,
    #[schema(required = true, schema_with = schema::object_id)]
    id: Option<u64>,
}

impl ListQuery {
    pub(super) fn parse(self) -> Result<AuditQuery, ApiError> {
        let mut errors = FieldErrors::default();
        let query = AuditQuery {
            author: self.author.as_deref().and_then(|text| errors.author(text)),
            action: self.action.and_then(|text| errors.word("action", text)),
            object: self.object.as_deref().and_then(|text| errors.object(text)),
            from: self.from.as_deref().and_then(|text| errors.time("from", text)),
            to: self.to.as_deref().and_then(|text| errors.time("to", text)),
            limit: errors.limit(self.limit.as_deref()),
            cursor: self.cursor.as_deref().and_then(|text| errors.cursor(text)),
        };
        errors.finish()?;
        Ok(query)
    }
}

impl FieldErrors {
    fn author(&mut self, text: &str) -> Option<UserId> {
        let id = decimal(text).and_then(UserId::new);
        self.ok(id.ok_or_else(|| FieldError::invalid("author", "is no user's id")))
    }

    /// Later releases know more words, so any word is accepted.
    fn word(&mut self, field: &str, text: String) -> Option<String> {
        let is_word = |byte: u8| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'.');
        if text.is_empty() || schema::WORD_LEN_MAX < text.len() || !text.bytes().all(is_word) {
            self.add(FieldError::invalid(field, "is no word of the log"));
            return None;
        }
        Some(text)
    }

    /// A kind and an id, such as `link:12`.
    fn object(&mut self, text: &str) -> Option<(String, u64)> {
        let parsed = text.split_once(':').and_then(|(kind, id)| {
            // Ids of all tables are below 2^53.
            let id = decimal(id).and_then(KeyId::new)?.get();
            Some((kind.to_owned(), id))
        });
        let mistake = || FieldError::invalid("object", "is not of the form link:12");
        let (kind, id) = self.ok(parsed.ok_or_else(mistake))?;
        Some((self.word("object", kind)?, id))
    }
}

impl AuditView {
    pub(super) fn new(page: &AuditPage) -> Result<Self, ApiError> {
        Ok(Self {
            items: page.items.iter().map(RecordView::new).collect::<Result<_, _>>()?,
            next_cursor: page.next.as_ref().map(Cursor::to_string),
        })
    }
}

impl RecordView {
    fn new(record: &AuditRecord) -> Result<Self, ApiError> {
        let details = RawValue::from_string(record.details.clone());
        Ok(Self {
            at: record.at.to_string(),
            author: AuthorView::new(&record.author),
            client: record.client.map(|network| network.to_string()),
            action: record.action.clone(),
            object: ObjectView { kind: record.object_kind.clone(), id: record.object_id },
            details: details.map_err(|error| ApiError::from_failure(&error))?,
        })
    }
}

impl AuthorView {
    fn new(author: &Author) -> Self {
        let kind = match author {
            Author::AdminKey => "admin_key",
            Author::User(_) => "user",
            Author::Key(..) => "key",
            Author::CommandLine(_) => "command_line",
            Author::Anonymous => "anonymous",
            Author::System => "system",
        };
        Self {
            kind,
            user_id: author.user().map(UserId::get),
            key_id: match author {
                Author::Key(_, key) => Some(key.get()),
                _ => None,
            },
            name: match author {
                Author::CommandLine(name) => Some(name.clone()),
                _ => None,
            },
        }
    }
}
