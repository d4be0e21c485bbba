//! The store's Prometheus metrics. Label values are names in our code, so their number is fixed.

use std::time::Duration;

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Registry, Unit},
};

use super::database_url::Engine;
use crate::error::DbErrorKind;

/// Handles to the store's metrics; clones share the numbers.
#[derive(Debug, Clone)]
pub struct StoreMetrics {
    latency: Family<Operation, Histogram, fn() -> Histogram>,
    errors: Family<Failure, Counter>,
    retries: Family<Operation, Counter>,
    writer_queue_len: Gauge,
    batch_len: Histogram,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Operation {
    engine: &'static str,
    /// The name of the transaction, or `read` or `write` for a single statement.
    operation: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Failure {
    engine: &'static str,
    kind: &'static str,
}

impl StoreMetrics {
    /// Creates the metrics and adds them to the registry; all their names start with `store_`.
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self::unregistered();
        let registry = registry.sub_registry_with_prefix("store");
        registry.register_with_unit(
            "operation",
            "Time from asking the database to its answer, waiting included",
            Unit::Seconds,
            metrics.latency.clone(),
        );
        registry.register(
            "errors",
            "Statements and transactions that failed",
            metrics.errors.clone(),
        );
        registry.register(
            "retries",
            "Transactions run again because they met another one",
            metrics.retries.clone(),
        );
        registry.register(
            "writer_queue_jobs",
            "Transactions that wait for SQLite's writer",
            metrics.writer_queue_len.clone(),
        );
        registry.register(
            "writer_batch_jobs",
            "Transactions that SQLite's writer committed together",
            metrics.batch_len.clone(),
        );
        metrics
    }

    /// Metrics that are not exported, for short commands.
    pub fn unregistered() -> Self {
        Self {
            latency: Family::new_with_constructor(latency_histogram),
            errors: Family::default(),
            retries: Family::default(),
            writer_queue_len: Gauge::default(),
            batch_len: Histogram::new(exponential_buckets(1.0, 2.0, 9)),
        }
    }

    pub(in crate::db) fn observe(
        &self,
        engine: Engine,
        operation: &'static str,
        elapsed: Duration,
    ) {
        let labels = Operation { engine: engine.as_str(), operation };
        self.latency.get_or_create(&labels).observe(elapsed.as_secs_f64());
    }

    /// Constraint violations are left out: they are answers of a database, not failures.
    pub(in crate::db) fn count_error(&self, engine: Engine, kind: DbErrorKind) {
        if kind.is_constraint() {
            return;
        }
        let labels = Failure { engine: engine.as_str(), kind: kind.as_str() };
        self.errors.get_or_create(&labels).inc();
    }

    pub(in crate::db) fn count_retry(&self, engine: Engine, operation: &'static str) {
        let labels = Operation { engine: engine.as_str(), operation };
        self.retries.get_or_create(&labels).inc();
    }

    #[cfg(test)]
    pub(crate) fn retries(&self, engine: Engine, operation: &'static str) -> u64 {
        let labels = Operation { engine: engine.as_str(), operation };
        self.retries.get_or_create(&labels).get()
    }

    pub(in crate::db) fn writer_queue_len(&self) -> &Gauge {
        &self.writer_queue_len
    }

    pub(in crate::db) fn observe_batch(&self, jobs: usize) {
        let jobs = u32::try_from(jobs).unwrap_or(u32::MAX);
        self.batch_len.observe(jobs.into());
    }
}

/// From 50 µs, a cached read on SQLite, doubling up to 13 s, beyond every timeout.
fn latency_histogram() -> Histogram {
    Histogram::new(exponential_buckets(0.000_05, 2.0, 19))
}

#[cfg(test)]
mod tests;
