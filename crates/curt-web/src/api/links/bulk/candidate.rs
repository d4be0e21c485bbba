//! A link on its way into the store.

use curt_domain::LinkRecord;

use crate::api::links::create::Draft;

/// A link that is about to be written, under the code that it is tried with.
pub(super) struct Candidate {
    pub draft: Draft,
    pub attempts: u32,
    pub record: LinkRecord,
}
