use super::*;

#[test]
fn postgres_codes_are_sorted_by_what_to_do() {
    for (code, kind) in [
        ("23505", DbErrorKind::UniqueViolation),
        ("23502", DbErrorKind::OtherConstraint),
        ("40P01", DbErrorKind::Serialization),
        ("53100", DbErrorKind::StorageFull),
        ("53300", DbErrorKind::Unavailable),
        ("57P03", DbErrorKind::Unavailable),
        ("57014", DbErrorKind::TimedOut),
        ("42601", DbErrorKind::Other),
    ] {
        assert_eq!(DbErrorKind::of_sqlstate(code), kind, "{code}");
    }
}

#[test]
fn mysql_numbers_are_sorted_by_what_to_do() {
    for (number, kind) in [
        (1062, DbErrorKind::UniqueViolation),
        (1048, DbErrorKind::OtherConstraint),
        (1213, DbErrorKind::Serialization),
        (1114, DbErrorKind::StorageFull),
        (1040, DbErrorKind::Unavailable),
        (1205, DbErrorKind::TimedOut),
        (1050, DbErrorKind::AlreadyDone),
        (1064, DbErrorKind::Other),
    ] {
        assert_eq!(DbErrorKind::of_mysql(number), kind, "{number}");
    }
}

#[test]
fn the_message_leaves_the_details_to_the_source() {
    let error = DbError::new(DbErrorKind::StorageFull, "database or disk is full");
    assert_eq!(error.to_string(), "the database's storage is full");
    assert_eq!(error.source().unwrap().to_string(), "database or disk is full");
}
