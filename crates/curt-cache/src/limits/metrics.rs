//! The limits' metrics, by purpose: the labels are ours, none comes from a client.

use prometheus_client::{
    metrics::{counter::Counter, family::Family},
    registry::Registry,
};

use super::purposes::Purpose;

type Labels = [(&'static str, &'static str); 1];

/// Counters through stored handles, because lookups would be too slow in a flood.
pub(super) struct LimitMetrics {
    refused: [Counter; Purpose::ALL.len()],
    shared: [Counter; Purpose::ALL.len()],
}

impl LimitMetrics {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let mut by_purpose = |name: &str, help: &str| {
            let family = Family::<Labels, Counter>::default();
            registry.register(name, help, family.clone());
            Purpose::ALL.map(|purpose| family.get_or_create_owned(&[("purpose", purpose.as_str())]))
        };
        Self {
            refused: by_purpose("limits_refused", "Requests that were refused by a limit"),
            shared: by_purpose(
                "limits_shared",
                "Requests that were judged with others, because the memory for limits was full",
            ),
        }
    }

    pub(super) fn count_refused(&self, purpose: Purpose) {
        self.refused[purpose.index()].inc();
    }

    pub(super) fn count_shared(&self, purpose: Purpose) {
        self.shared[purpose.index()].inc();
    }
}
