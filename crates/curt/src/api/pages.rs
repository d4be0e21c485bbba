//! The API's lists, of links and of versions, page after page.

use curt_store::PAGE_LEN_MAX;
use serde::Deserialize;
use serde_json::value::RawValue;
use url::form_urlencoded;

use super::{Api, get};

/// A page of a list, each item as the text that the API gave.
#[derive(Deserialize)]
pub(crate) struct Page {
    pub(crate) items: Vec<Box<RawValue>>,
    next_cursor: Option<String>,
}

/// A list from its first page to its last; one page is in memory at a time.
pub(crate) struct Pages<'a> {
    api: &'a Api,
    path: String,
    query: String,
    cursor: Option<String>,
    /// How many items may still be returned.
    left: u64,
    is_over: bool,
}

impl<'a> Pages<'a> {
    /// At most `limit` items of the list at `path`, with the parameters that have a value.
    pub(crate) fn new(
        api: &'a Api,
        path: impl Into<String>,
        parameters: &[(&str, Option<&str>)],
        limit: u64,
    ) -> Self {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(parameters.iter().filter_map(|&(name, value)| Some((name, value?))));
        let (path, query) = (path.into(), query.finish());
        Self { api, path, query, cursor: None, left: limit, is_over: false }
    }

    pub(crate) async fn next(&mut self) -> anyhow::Result<Option<Page>> {
        if self.is_over || self.left == 0 {
            return Ok(None);
        }
        let mut query = form_urlencoded::Serializer::new(self.query.clone());
        query.append_pair("limit", &self.left.min(PAGE_LEN_MAX.into()).to_string());
        if let Some(cursor) = &self.cursor {
            query.append_pair("cursor", cursor);
        }
        let answer = self.api.ask(get(&format!("{}?{}", self.path, query.finish()))).await?;
        let page: Page = answer.json()?;
        self.left = self.left.saturating_sub(page.items.len() as u64);
        self.cursor.clone_from(&page.next_cursor);
        self.is_over = self.cursor.is_none();
        Ok(Some(page))
    }

    /// Whether the list continues after the last allowed item.
    pub(crate) fn has_more(&self) -> bool {
        !self.is_over
    }
}
