//! The API's own document, as this deployment answers with it.
//!
//! It is made from the table of routes, in a layer above; so its maker is passed in.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use axum::http::HeaderValue;
use bytes::Bytes;

use crate::site::Site;

/// Makes the document of a site.
pub(crate) type MakeDocument = fn(&Site) -> Made;

/// The document of one deployment, made on first use: most nodes are never asked for it, and
/// commands start a whole [`App`](crate::App) for one request.
pub(crate) struct ApiDocument {
    site: Arc<Site>,
    make: MakeDocument,
    made: OnceLock<Made>,
}

/// The document in its forms, for programs and for people.
#[derive(Debug)]
pub(crate) struct Made {
    pub json: Bytes,
    pub etag: HeaderValue,
    /// HTML.
    pub page: Box<str>,
    /// The content security policy of the page.
    pub page_policy: HeaderValue,
}

impl ApiDocument {
    pub(crate) fn new(site: Arc<Site>, make: MakeDocument) -> Self {
        Self { site, make, made: OnceLock::new() }
    }

    pub(crate) fn made(&self) -> &Made {
        self.made.get_or_init(|| (self.make)(&self.site))
    }
}

impl fmt::Debug for ApiDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiDocument").field("made", &self.made).finish_non_exhaustive()
    }
}
