//! What the tests of this crate share.

use std::net::IpAddr;

use curt_domain::{Click, ClickQuery, Clock, LinkId, Privacy, Timestamp};
use curt_journal::Journal;
use curt_store::{Store, StoreMetrics, StoreSettings};
use testkit::databases::TestDatabase;

/// A click on each of these links; there need be none of them.
pub(crate) fn append(journal: &Journal, links: impl IntoIterator<Item = u64>, at: Timestamp) {
    for link in links {
        let click = Click {
            link: LinkId::new(link).unwrap(),
            at,
            decided: None,
            client: IpAddr::from([192, 0, 2, 1]),
            privacy: Privacy::default(),
            user_agent: b"Firefox",
            referrer: b"",
            language: b"",
            query: ClickQuery::default(),
        };
        journal.append(click.encoded_len(), |place| click.encode(place)).unwrap();
    }
}

pub(crate) async fn connect(database: &TestDatabase) -> Store {
    let settings = StoreSettings::new(database.url().parse().unwrap());
    let store = Store::connect(&settings, StoreMetrics::unregistered()).await.unwrap();
    store.migrate(&Clock::System).await.unwrap();
    store
}
