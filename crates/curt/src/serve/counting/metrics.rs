//! Metrics of the journal. They are read on each scrape, so that redirects count nothing twice.

use std::fmt;

use curt_journal::{State, Stats};
use curt_web::ClickPipeline;
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::{counter::ConstCounter, gauge::ConstGauge},
    registry::{Registry, Unit},
};

#[derive(Debug)]
pub(crate) struct JournalMetrics {
    pipeline: ClickPipeline,
}

impl JournalMetrics {
    /// Adds the metrics to the registry; all names start with `journal_`.
    pub(crate) fn register(registry: &mut Registry, pipeline: ClickPipeline) {
        let registry = registry.sub_registry_with_prefix("journal");
        registry.register_collector(Box::new(Self { pipeline }));
    }
}

impl Collector for JournalMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let ClickPipeline { journal, drain } = &self.pipeline;
        let depth = drain.depth(journal);
        let stats = journal.stats();
        let Stats { records_appended, records_dropped, sync_failures, .. } = stats;
        let mut put = |name, help, unit: Option<&Unit>, metric: &dyn EncodeMetric| {
            metric.encode(encoder.encode_descriptor(name, help, unit, metric.metric_type())?)
        };
        let counter = ConstCounter::new;
        put("clicks", "Clicks written down", None, &counter(records_appended))?;
        let help = "Clicks that could not be written down";
        put("dropped", help, None, &counter(records_dropped))?;
        put("sync_failures", "Segments that could not be synced", None, &counter(sync_failures))?;
        let help = "Clicks written down since the start that are not counted yet";
        put("depth", help, None, &gauge(depth))?;
        let help = "Room that clicks take until they are counted, what is reserved included";
        put("size", help, Some(&Unit::Bytes), &gauge(stats.bytes))?;
        put("capacity", "Room that they may take", Some(&Unit::Bytes), &gauge(stats.capacity))?;
        put("segments", "Files of the journal", None, &gauge(stats.segments as u64))?;
        let help = "Whether nothing fails and there is room for more files";
        put("up", help, None, &gauge(u64::from(stats.state == State::Working)))
    }
}

fn gauge(value: u64) -> ConstGauge<i64> {
    ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX))
}
