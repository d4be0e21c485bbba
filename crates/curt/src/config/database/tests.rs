use super::*;

fn refusal(text: &str) -> String {
    database_url(text).unwrap_err().explain(&URL.about)
}

#[test]
fn every_engine_is_recognised_by_its_scheme() {
    for path in ["sqlite:./curt.db", "sqlite://./curt.db"] {
        assert_eq!(database_url(path), Ok(DatabaseUrl::Sqlite("./curt.db".into())));
    }
    assert_eq!(
        database_url("sqlite:///var/lib/curt.db"),
        Ok(DatabaseUrl::Sqlite("/var/lib/curt.db".into()))
    );
    for text in ["postgres://u:fJ4mLq@db/curt", "postgresql://localhost/curt"] {
        assert!(matches!(database_url(text), Ok(DatabaseUrl::Postgres(_))), "{text}");
    }
    for text in ["mysql://u:fJ4mLq@db/curt", "mariadb://u:fJ4mLq@db/curt"] {
        let Ok(DatabaseUrl::MySql(url)) = database_url(text) else { panic!("{text}") };
        assert_eq!(url.scheme(), "mysql");
    }
    assert!(refusal("mongodb://localhost/curt").starts_with("expected `sqlite:PATH`"));
    assert!(refusal("curt.db").starts_with("expected `sqlite:PATH`"));
}

#[test]
fn a_database_that_would_not_last_is_refused() {
    assert_eq!(refusal("sqlite::memory:"), "a database in memory would lose every link");
    assert_eq!(refusal("sqlite://x.db?mode=memory"), "SQLite takes no parameters here");
    assert_eq!(refusal("postgres://localhost"), "names no database after the host");
}

#[test]
fn boot_01_published_passwords_are_refused_on_other_machines() {
    for (text, why) in [
        ("postgres://curt@db/curt", "has no password, and the database is on another machine"),
        ("postgres://curt:@db/curt", "has no password, and the database is on another machine"),
        ("postgres://curt:curt@db/curt", "has the user name as its password"),
        ("mysql://root:example@10.0.0.5/curt", "has a well-known password"),
        ("mysql://curt:Change-Me@db/curt", "has a well-known password"),
    ] {
        assert_eq!(refusal(text), why, "{text}");
    }
}

#[test]
fn on_this_machine_the_operating_system_guards_the_database() {
    for text in [
        "postgres://curt:curt@localhost/curt",
        "postgres://curt@127.0.0.1:5433/curt",
        "mysql://root@[::1]/curt",
        "postgres://%2Frun%2Fpostgresql/curt",
        "postgres:///curt?host=/run/postgresql",
        "postgres://curt@db/curt?sslmode=verify-full&sslcert=/etc/curt/client.pem",
    ] {
        assert!(database_url(text).is_ok(), "{text}");
    }
}

#[test]
fn a_password_never_reaches_debug_output() {
    let url = database_url("postgres://curt:fJ4mLq@db/curt").unwrap();
    assert!(!format!("{url:?}").contains("fJ4mLq"));
}
