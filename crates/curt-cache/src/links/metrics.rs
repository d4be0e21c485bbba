//! The link cache's metrics: lookups as they happen, sizes on each scrape.

use std::{fmt, sync::Arc};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::{counter::Counter, family::Family, gauge::ConstGauge},
    registry::Registry,
};

use super::tables::{MissingCodes, Routes};
use crate::route::Lookup;

type Outcome = [(&'static str, &'static str); 1];

/// Counts lookups through stored handles, because every redirect counts.
pub(super) struct Lookups {
    hits: Counter,
    negative_hits: Counter,
    misses: Counter,
}

impl Lookups {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let family = Family::<Outcome, Counter>::default();
        registry.register(
            "link_cache_lookups",
            "Lookups in the link cache: a link, a remembered absence, or a miss that was loaded",
            family.clone(),
        );
        let with = |outcome| family.get_or_create_owned(&[("outcome", outcome)]);
        Self { hits: with("hit"), negative_hits: with("negative_hit"), misses: with("miss") }
    }

    pub(super) fn count_found(&self, lookup: &Lookup) {
        let counter = match lookup {
            Lookup::Found(_) => &self.hits,
            Lookup::Missing => &self.negative_hits,
        };
        counter.inc();
    }

    pub(super) fn count_miss(&self) {
        self.misses.inc();
    }
}

/// Reads the sizes on each scrape, so that no redirect has to update a gauge.
pub(super) struct Sizes {
    routes: Arc<Routes>,
    missing: Arc<MissingCodes>,
}

impl Sizes {
    pub(super) fn register(
        routes: &Arc<Routes>,
        missing: &Arc<MissingCodes>,
        registry: &mut Registry,
    ) {
        let sizes = Self { routes: Arc::clone(routes), missing: Arc::clone(missing) };
        registry.register_collector(Box::new(sizes));
    }
}

impl Collector for Sizes {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let entries = [("link", self.routes.len() as u64), ("missing", self.missing.len() as u64)];
        let bytes = [("link", self.routes.weight()), ("missing", self.missing.weight())];
        encode(&mut encoder, "link_cache_entries", "Entries in the link cache", entries)?;
        encode(&mut encoder, "link_cache_bytes", "Memory that these entries take", bytes)
    }
}

impl fmt::Debug for Sizes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sizes").finish_non_exhaustive()
    }
}

fn encode(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    by_kind: [(&str, u64); 2],
) -> fmt::Result {
    let kind_of = ConstGauge::new(0_u64);
    let mut metric = encoder.encode_descriptor(name, help, None, kind_of.metric_type())?;
    for (kind, size) in by_kind {
        ConstGauge::new(size).encode(metric.encode_family(&[("kind", kind)])?)?;
    }
    Ok(())
}
