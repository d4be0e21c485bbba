use prometheus_client::encoding::text::encode;

use super::*;

#[test]
fn the_names_are_those_that_dashboards_rely_on() {
    let mut registry = Registry::with_prefix("curt");
    let metrics = StoreMetrics::register(&mut registry);
    metrics.observe(Engine::Sqlite, "create_link", Duration::from_micros(60));
    metrics.count_error(Engine::Sqlite, DbErrorKind::StorageFull);
    metrics.count_error(Engine::Sqlite, DbErrorKind::UniqueViolation);
    metrics.count_retry(Engine::Postgres, "edit_link");
    metrics.writer_queue_len().inc();
    metrics.observe_batch(3);

    let mut text = String::new();
    encode(&mut text, &registry).unwrap();
    for line in [
        r#"curt_store_operation_seconds_count{engine="sqlite",operation="create_link"} 1"#,
        r#"curt_store_errors_total{engine="sqlite",kind="storage_full"} 1"#,
        r#"curt_store_retries_total{engine="postgres",operation="edit_link"} 1"#,
        "curt_store_writer_queue_jobs 1",
        "curt_store_writer_batch_jobs_sum 3.0",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is missing in:\n{text}");
    }
    assert!(!text.contains("unique_violation"), "a taken name is no failure of the database");
}
