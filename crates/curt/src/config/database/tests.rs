use super::*;

fn refusal(text: &str) -> String {
    database_url(text).unwrap_err().explain(&URL.about)
}

#[test]
fn every_engine_is_recognised_by_its_scheme() {
    for (text, engine) in [
        ("sqlite:./curt.db", Engine::Sqlite),
        ("postgres://u:fJ4mLq@db/curt", Engine::Postgres),
        ("mariadb://u:fJ4mLq@db/curt", Engine::MySql),
    ] {
        assert_eq!(database_url(text).unwrap().engine(), engine, "{text}");
    }
    assert!(refusal("mongodb://localhost/curt").starts_with("expected `sqlite:PATH`"));
    assert!(refusal("curt.db").starts_with("expected `sqlite:PATH`"));
    assert!(refusal("sqlite::memory:").contains("would lose every link"));
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
        "postgres://curt@db/curt?sslmode=verify-full&sslcert=/etc/curt/client.pem",
    ] {
        assert!(database_url(text).is_ok(), "{text}");
    }
}
