//! Metrics of the schedule: enough to alert on a missing or failing backup.

use std::{sync::atomic::AtomicU64, time::Duration};

use curt_domain::Timestamp;
use prometheus_client::{
    metrics::{counter::Counter, gauge::Gauge},
    registry::{Registry, Unit},
};

pub(crate) struct BackupMetrics {
    last_success: Gauge,
    size: Gauge,
    duration: Gauge<f64, AtomicU64>,
    failures: Counter,
}

impl BackupMetrics {
    /// Adds the metrics to the registry; all names start with `backup_`.
    pub(crate) fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            last_success: Gauge::default(),
            size: Gauge::default(),
            duration: Gauge::default(),
            failures: Counter::default(),
        };
        let registry = registry.sub_registry_with_prefix("backup");
        registry.register_with_unit(
            "last_success_timestamp",
            "When the newest verified backup was made, by the schedule or by hand; 0 if there is none",
            Unit::Seconds,
            metrics.last_success.clone(),
        );
        registry.register_with_unit(
            "last_size",
            "Size of the newest verified backup",
            Unit::Bytes,
            metrics.size.clone(),
        );
        registry.register_with_unit(
            "last_duration",
            "Time that the server's latest backup took, verification included",
            Unit::Seconds,
            metrics.duration.clone(),
        );
        let help = "Backups that the server could not make";
        registry.register("failures", help, metrics.failures.clone());
        metrics
    }

    pub(super) fn made(&self, took: Duration) {
        self.duration.set(took.as_secs_f64());
    }

    pub(super) fn failed(&self) {
        self.failures.inc();
    }

    pub(super) fn newest(&self, at: Timestamp, bytes: u64) {
        self.last_success.set(at.as_millis() / 1_000);
        self.size.set(i64::try_from(bytes).unwrap_or(i64::MAX));
    }
}
