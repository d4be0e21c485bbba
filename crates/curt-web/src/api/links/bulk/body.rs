//! The body of a bulk request: its items, and the chunks they are written in.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use curt_store::LINKS_AT_ONCE_MAX;
use serde::{
    Deserialize, Deserializer,
    de::{Error as _, SeqAccess, Visitor},
};
use serde_json::value::RawValue;
use utoipa::{
    ToSchema,
    openapi::{ArrayBuilder, Ref, schema::Array},
};

use crate::{
    api::links::{
        bulk::results::{ItemOutcome, results},
        create::{Checked, CreateBody},
    },
    app::App,
    blocking::off_thread,
    request::extract::{BODY_LEN_MAX, from_json},
    response::ApiError,
    site::Site,
};

/// Most links in one request: a few seconds of writing on a slow disk.
const BULK_LINKS_MAX: usize = 10_000;

/// Passwords in a chunk. Each takes about 40 ms to hash, one after the other; even at half that
/// speed they are done within the time allowed for a request's last chunk.
pub const CHUNK_PASSWORDS_MAX: usize = 35;

/// A chunk takes no more items after this many bytes, so that its transaction stays short even with
/// long items.
const CHUNK_BYTES_MAX: usize = 1 << 20;

/// Many links to be made.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewLinks)]
pub(super) struct BulkBody<'a> {
    // Parsed one by one later, so that each item can fail separately.
    #[schema(schema_with = new_links)]
    #[serde(borrow, deserialize_with = "at_most_bulk_links_max")]
    links: Vec<&'a RawValue>,
}

fn new_links() -> Array {
    ArrayBuilder::new()
        .items(Ref::from_schema_name("NewLink"))
        .max_items(Some(BULK_LINKS_MAX))
        .description(Some("The links to be made, each as for a single create."))
        .build()
}

/// Items that are written in one transaction. The same body is always split the same way; repeated
/// requests rely on that.
pub(super) struct Chunk {
    pub(super) number: usize,
    /// The index of its first item in the whole request.
    pub(super) first: usize,
    pub(super) items: Vec<Bytes>,
}

impl Chunk {
    /// The same answer for every item.
    pub(super) fn refused(&self, error: &ApiError, site: &Site) -> String {
        let outcomes: Vec<_> =
            self.items.iter().map(|_| ItemOutcome::Refused(error.clone())).collect();
        results(self.first, &outcomes, site)
    }

    /// Parses the chunk's items as single creates would be parsed.
    pub(super) async fn parse(
        &self,
        app: &App,
    ) -> Result<Vec<Result<Checked, ApiError>>, ApiError> {
        let (items, site) = (self.items.clone(), Arc::clone(&app.site));
        let parse = move || {
            let mut passwords = 0;
            let items = items.iter().map(|item| {
                let checked = parse_item(item, &site)?;
                passwords += usize::from(checked.password.is_some());
                if CHUNK_PASSWORDS_MAX < passwords && checked.password.is_some() {
                    return Err(ApiError::invalid_field("password", too_many_passwords()));
                }
                Ok(checked)
            });
            items.collect()
        };
        off_thread(parse).await
    }
}

pub(super) fn read_chunks(body: &Bytes) -> Result<Vec<Chunk>, ApiError> {
    let BulkBody { links } = from_json(body)?;
    let mut chunks: Vec<Chunk> = Vec::new();
    let mut bytes = 0;
    for (index, link) in links.into_iter().enumerate() {
        let item = body.slice_ref(link.get().as_bytes());
        match chunks.last_mut() {
            Some(chunk) if chunk.items.len() < LINKS_AT_ONCE_MAX && bytes < CHUNK_BYTES_MAX => {
                bytes += item.len();
                chunk.items.push(item);
            }
            _ => {
                bytes = item.len();
                chunks.push(Chunk { number: chunks.len(), first: index, items: vec![item] });
            }
        }
    }
    Ok(chunks)
}

fn parse_item(item: &Bytes, site: &Site) -> Result<Checked, ApiError> {
    if BODY_LEN_MAX < item.len() {
        return Err(ApiError::PayloadTooLarge { limit: BODY_LEN_MAX });
    }
    from_json::<CreateBody>(item)?.parse(site)
}

fn too_many_passwords() -> String {
    format!("is one of more than {CHUNK_PASSWORDS_MAX} in a row of {LINKS_AT_ONCE_MAX} links")
}

/// Stops at the first item over the limit: the body has room for millions of empty ones.
fn at_most_bulk_links_max<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Vec<&'de RawValue>, D::Error> {
    struct Items;

    impl<'de> Visitor<'de> for Items {
        type Value = Vec<&'de RawValue>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an array of links")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
            let mut links = Vec::new();
            while let Some(link) = items.next_element()? {
                if links.len() == BULK_LINKS_MAX {
                    return Err(A::Error::custom(format!("has more than {BULK_LINKS_MAX} links")));
                }
                links.push(link);
            }
            Ok(links)
        }
    }

    from.deserialize_seq(Items)
}
