//! Lists of links: filters, order and pages; the link with a given code; the deleted links.

use curt_domain::{Access, Code, LinkStatus, Tag, Timestamp, UserId};
use curt_store::{Cursor, LinkPage, LinkQuery, LinkSort, RESTORE_WINDOW, Store};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    api::links::{schema, view::LinkView},
    request::{extract::decimal, fields::FieldErrors, schema as shared},
    response::{ApiError, FieldError},
    site::Site,
};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListQuery {
    #[param(schema_with = schema::short_code_filter)]
    short_code: Option<String>,
    #[param(schema_with = schema::search)]
    q: Option<String>,
    #[param(schema_with = schema::tag)]
    tag: Option<String>,
    #[param(schema_with = schema::status_filter)]
    status: Option<String>,
    #[param(schema_with = schema::owner_filter)]
    owner: Option<String>,
    #[param(schema_with = schema::created_from)]
    created_from: Option<String>,
    #[param(schema_with = schema::created_to)]
    created_to: Option<String>,
    #[param(schema_with = schema::sort)]
    sort: Option<String>,
    #[param(schema_with = shared::limit)]
    limit: Option<String>,
    #[param(schema_with = shared::cursor)]
    cursor: Option<String>,
}

/// A page of links.
#[derive(Serialize, ToSchema)]
#[schema(as = LinkPage)]
pub(crate) struct ListView {
    items: Vec<LinkView>,
    #[schema(required = true, schema_with = shared::next_cursor)]
    next_cursor: Option<String>,
}

impl ListView {
    pub(super) fn new(page: &LinkPage, site: &Site, now: Timestamp) -> Self {
        Self {
            items: page.items.iter().map(|record| LinkView::new(record, site, now)).collect(),
            next_cursor: page.next.as_ref().map(ToString::to_string),
        }
    }
}

/// A checked request for a list.
pub(super) enum ListRequest {
    Links(LinkQuery),
    Deleted {
        limit: u32,
        cursor: Option<Cursor>,
    },
    /// The one link that has this code, among the deleted links or among the others.
    WithCode {
        code: Code,
        deleted: bool,
    },
}

impl ListRequest {
    pub(super) async fn find(
        self,
        store: &Store,
        access: Access,
        now: Timestamp,
    ) -> Result<LinkPage, ApiError> {
        match self {
            Self::Links(query) => Ok(store.links(access, &query, now).await?),
            Self::Deleted { limit, cursor } => {
                Ok(store.deleted_links(access, now, limit, cursor.as_ref()).await?)
            }
            Self::WithCode { code, deleted } => {
                let found = store.link_by_code(access, &code).await?;
                let items = found.into_iter().filter(|record| match record.link.deleted_at {
                    None => !deleted,
                    Some(at) => deleted && now.since(at) <= RESTORE_WINDOW,
                });
                Ok(LinkPage { items: items.collect(), next: None })
            }
        }
    }
}

impl ListQuery {
    pub(super) fn parse(mut self) -> Result<ListRequest, ApiError> {
        let mut errors = FieldErrors::default();
        let deleted = self.status.take_if(|word| word == LinkStatus::Deleted.as_str()).is_some();
        if let Some(text) = &self.short_code {
            let code = errors.short_code(text);
            self.takes_no_filter("short_code, which names one link", &mut errors);
            errors.limit(self.limit.as_deref());
            errors.forbid("cursor", self.cursor.as_ref(), "is for lists of more than one link");
            errors.finish()?;
            let code = code.expect("nothing was wrong with the fields, so there is a code");
            return Ok(ListRequest::WithCode { code, deleted });
        }
        if deleted {
            self.takes_no_filter("status=deleted", &mut errors);
            let limit = errors.limit(self.limit.as_deref());
            let cursor = self.cursor.as_deref().and_then(|text| errors.cursor(text));
            errors.finish()?;
            return Ok(ListRequest::Deleted { limit, cursor });
        }
        self.parse_filters(errors).map(ListRequest::Links)
    }

    /// Filters that would be ignored are refused.
    fn takes_no_filter(&self, beside: &str, errors: &mut FieldErrors) {
        let filters = [
            ("q", &self.q),
            ("tag", &self.tag),
            ("status", &self.status),
            ("owner", &self.owner),
            ("created_from", &self.created_from),
            ("created_to", &self.created_to),
            ("sort", &self.sort),
        ];
        let why = format!("cannot stand beside {beside}");
        for (field, value) in filters {
            errors.forbid(field, value.as_ref(), &why);
        }
    }

    fn parse_filters(self, mut errors: FieldErrors) -> Result<LinkQuery, ApiError> {
        let query = LinkQuery {
            q: self.q.and_then(|text| errors.search(text)),
            tag: self.tag.as_deref().and_then(|text| errors.tag(text)),
            status: self.status.as_deref().and_then(|word| errors.status(word)),
            owner: self.owner.as_deref().and_then(|text| errors.owner(text)),
            created_from: self
                .created_from
                .as_deref()
                .and_then(|text| errors.time("created_from", text)),
            created_to: self.created_to.as_deref().and_then(|text| errors.time("created_to", text)),
            sort: self.sort.as_deref().map_or(LinkSort::CreatedAtDesc, |word| errors.sort(word)),
            limit: errors.limit(self.limit.as_deref()),
            cursor: self.cursor.as_deref().and_then(|text| errors.cursor(text)),
        };
        errors.finish()?;
        Ok(query)
    }
}

impl FieldErrors {
    fn forbid(&mut self, field: &str, value: Option<&String>, why: &str) {
        if value.is_some() {
            self.add(FieldError::invalid(field, why));
        }
    }

    fn short_code(&mut self, text: &str) -> Option<Code> {
        text.parse().map_err(|error| self.add(FieldError::code("short_code", error))).ok()
    }

    fn tag(&mut self, text: &str) -> Option<Tag> {
        Tag::parse(text).map_err(|error| self.add(FieldError::text("tag", error))).ok()
    }

    fn status(&mut self, word: &str) -> Option<LinkStatus> {
        let status = LinkStatus::ALL.into_iter().find(|status| status.as_str() == word);
        if status.is_none() {
            let words = LinkStatus::ALL.map(LinkStatus::as_str).join(", ");
            self.add(FieldError::invalid("status", format!("is none of {words}")));
        }
        status
    }

    fn owner(&mut self, text: &str) -> Option<UserId> {
        let owner = decimal(text).and_then(UserId::new);
        if owner.is_none() {
            self.add(FieldError::invalid("owner", "is no user's id"));
        }
        owner
    }

    fn sort(&mut self, word: &str) -> LinkSort {
        match word {
            "created_at" => LinkSort::CreatedAt,
            "-created_at" => LinkSort::CreatedAtDesc,
            "clicks" => LinkSort::Clicks,
            "-clicks" => LinkSort::ClicksDesc,
            "short_code" => LinkSort::ShortCode,
            _ => {
                let words = "is none of created_at, -created_at, clicks, -clicks, short_code";
                self.add(FieldError::invalid("sort", words));
                LinkSort::CreatedAtDesc
            }
        }
    }
}
