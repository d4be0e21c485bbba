//! A link on its way into the store.

use curt_domain::LinkRecord;

use crate::api::links::create::Draft;

/// A link about to be written, with the code to try.
pub(super) struct Candidate {
    pub draft: Draft,
    pub attempts: u32,
    pub record: LinkRecord,
}
