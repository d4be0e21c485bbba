use super::*;
use crate::db::value::Cell;

fn row(texts: &[Option<&str>]) -> [Row; 1] {
    let cell = |text: Option<&str>| text.map_or(Cell::Null, |text| Cell::Text(text.to_owned()));
    [Row::new(texts.iter().copied().map(cell).collect())]
}

#[test]
fn a_postgres_that_does_not_sync_is_refused() {
    let on = [Some("150018"), Some("on"), Some("on"), Some("on")];
    assert!(check_postgres(&row(&on)).is_ok());
    let off = [Some("150018"), Some("off"), Some("on"), Some("on")];
    assert!(matches!(check_postgres(&row(&off)), Err(ConnectError::FsyncOff)));
}

#[test]
fn relaxed_commits_are_the_operators_choice() {
    assert!(check_postgres(&row(&[Some("150018"), Some("on"), Some("off"), Some("off")])).is_ok());
    assert!(check_mysql(&row(&[Some("8.4.0"), Some("2")])).is_ok());
}

#[test]
fn a_cluster_without_these_settings_is_accepted() {
    assert!(check_postgres(&row(&[None, None, None, None])).is_ok());
}

#[test]
fn servers_below_the_floor_are_refused_by_name() {
    let error = check_postgres(&row(&[Some("120019"), Some("on"), None, None])).unwrap_err();
    assert_eq!(error.to_string(), "PostgreSQL 12.19 is too old: 13 is the oldest that works");
    let error = check_mysql(&row(&[Some("5.7.44-log"), Some("1")])).unwrap_err();
    assert_eq!(error.to_string(), "MySQL 5.7.44-log is too old: 8.0 is the oldest that works");
    let error = check_mysql(&row(&[Some("10.5.23-MariaDB"), Some("1")])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "MariaDB 10.5.23-MariaDB is too old: 10.6 is the oldest that works"
    );
}

#[test]
fn servers_at_the_floor_are_accepted() {
    assert!(check_postgres(&row(&[Some("130000"), Some("on"), None, None])).is_ok());
    assert!(check_mysql(&row(&[Some("8.0.36"), Some("1")])).is_ok());
    assert!(check_mysql(&row(&[Some("10.6.0-MariaDB"), Some("1")])).is_ok());
    assert!(check_mysql(&row(&[Some("11.4.2-MariaDB-1:11.4.2+maria~ubu2404"), Some("1")])).is_ok());
}
