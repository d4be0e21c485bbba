//! The drain's Prometheus metrics.

use std::{fmt, sync::atomic::AtomicU64};

use curt_domain::Clock;
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric as _},
    metrics::{
        counter::Counter,
        gauge::ConstGauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Registry, Unit},
};

use crate::{counting::Batch, watch::DrainWatch};

/// Handles to the drain's metrics; clones share the numbers.
#[derive(Debug, Clone)]
pub struct DrainMetrics {
    clicks: Counter,
    dropped: Counter,
    lost: Counter,
    undecodable: Counter,
    failures: Counter,
    read_time: Counter<f64, AtomicU64>,
    store_time: Histogram,
    watch: DrainWatch,
}

impl DrainMetrics {
    /// Creates the metrics and adds them to the registry; all their names start with `drain_`.
    pub fn register(registry: &mut Registry, clock: Clock) -> Self {
        let metrics = Self::unregistered();
        let registry = registry.sub_registry_with_prefix("drain");
        registry.register("clicks", "Clicks counted", metrics.clicks.clone());
        let help = "Clicks that the journal could not take, as noted in the database";
        registry.register("dropped", help, metrics.dropped.clone());
        let help =
            "Clicks that were in the journal and could not be read, as noted in the database";
        registry.register("lost", help, metrics.lost.clone());
        let help = "Records among the lost ones that were there and are no clicks";
        registry.register("undecodable", help, metrics.undecodable.clone());
        registry.register("failures", "Batches that were not counted", metrics.failures.clone());
        let help = "Time spent reading and adding up";
        registry.register_with_unit("read", help, Unit::Seconds, metrics.read_time.clone());
        let help = "Time to store a batch";
        registry.register_with_unit("store", help, Unit::Seconds, metrics.store_time.clone());
        registry.register_collector(Box::new(Asked { watch: metrics.watch.clone(), clock }));
        metrics
    }

    /// Metrics that are not exported.
    pub fn unregistered() -> Self {
        Self {
            clicks: Counter::default(),
            dropped: Counter::default(),
            lost: Counter::default(),
            undecodable: Counter::default(),
            failures: Counter::default(),
            read_time: Counter::default(),
            store_time: Histogram::new(exponential_buckets(0.001, 2.0, 14)),
            watch: DrainWatch::default(),
        }
    }

    pub(crate) fn watch(&self) -> &DrainWatch {
        &self.watch
    }

    pub(crate) fn count(&self, batch: &Batch) {
        self.clicks.inc_by(batch.clicks);
        self.dropped.inc_by(batch.missing.dropped);
        self.lost.inc_by(batch.missing.lost);
        self.undecodable.inc_by(batch.undecodable);
        self.read_time.inc_by(batch.read_time.as_secs_f64());
        if let Some(time) = batch.store_time {
            self.store_time.observe(time.as_secs_f64());
        }
    }

    pub(crate) fn count_failure(&self) {
        self.failures.inc();
    }
}

/// Computed on each scrape, so that the lag grows and the rate falls while the drain waits for the
/// database.
#[derive(Debug)]
struct Asked {
    watch: DrainWatch,
    clock: Clock,
}

impl Collector for Asked {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let rate = ConstGauge::new(self.watch.clicks_per_second(self.clock.instant()));
        let (name, help) = ("clicks_per_second", "Clicks counted, on average of the last minute");
        rate.encode(encoder.encode_descriptor(name, help, None, rate.metric_type())?)?;
        let skipped = u32::try_from(self.watch.state().skipped_segments).unwrap_or(u32::MAX);
        let skipped = ConstGauge::new(skipped);
        for (name, help) in [
            ("skipped_segments", "Files of the journal that cannot be counted"),
            ("left_segments", "Deprecated, until 0.2: skipped_segments"),
        ] {
            let kind = skipped.metric_type();
            skipped.encode(encoder.encode_descriptor(name, help, None, kind)?)?;
        }
        let Some(lag) = self.watch.lag(self.clock.now()) else { return Ok(()) };
        let gauge = ConstGauge::new(lag.as_secs_f64());
        let help = "Age of the oldest click that may not be counted yet";
        let metric =
            encoder.encode_descriptor("lag", help, Some(&Unit::Seconds), gauge.metric_type())?;
        gauge.encode(metric)
    }
}
