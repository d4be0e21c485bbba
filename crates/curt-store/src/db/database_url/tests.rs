use super::*;

fn parse(text: &str) -> Result<DatabaseUrl, InvalidDatabaseUrl> {
    text.parse()
}

#[test]
fn an_sqlite_address_is_a_path_with_or_without_slashes() {
    for (text, path) in [
        ("sqlite:data/curt.db", "data/curt.db"),
        ("sqlite://data/curt.db", "data/curt.db"),
        ("sqlite:/var/lib/curt.db", "/var/lib/curt.db"),
        ("sqlite:///var/lib/curt.db", "/var/lib/curt.db"),
    ] {
        let url = parse(text).unwrap();
        assert_eq!(url.sqlite_path(), Some(Path::new(path)), "{text}");
        assert_eq!(parse(&url.expose()), Ok(url), "{text}");
    }
}

#[test]
fn both_spellings_of_a_server_are_known() {
    for (text, engine) in [
        ("postgres://curt@db/curt", Engine::Postgres),
        ("postgresql://curt@db/curt", Engine::Postgres),
        ("mysql://curt@db/curt", Engine::MySql),
        ("MariaDB://curt@db/curt", Engine::MySql),
    ] {
        assert_eq!(parse(text).unwrap().engine(), engine, "{text}");
    }
}

#[test]
fn an_address_that_leads_nowhere_is_refused() {
    assert_eq!(parse("curt.db"), Err(InvalidDatabaseUrl::UnknownScheme));
    assert_eq!(parse("redis://host/0"), Err(InvalidDatabaseUrl::UnknownScheme));
    assert_eq!(parse("sqlite:"), Err(InvalidDatabaseUrl::NoPath));
    assert_eq!(parse("sqlite::memory:"), Err(InvalidDatabaseUrl::InMemory));
    assert_eq!(parse("sqlite:a.db?mode=ro"), Err(InvalidDatabaseUrl::SqliteOptions));
    assert_eq!(parse("postgres:///curt"), Err(InvalidDatabaseUrl::NoHost));
    assert_eq!(parse("mysql://host/"), Err(InvalidDatabaseUrl::NoDatabase));
    assert!(matches!(parse("mysql://host:port/x"), Err(InvalidDatabaseUrl::Malformed(_))));
}

#[test]
fn log_02_no_way_of_showing_an_address_shows_its_password() {
    let url = parse("postgres://curt:hunter2@db:5433/links?password=hunter3").unwrap();
    assert_eq!(url.to_string(), "postgres://db:5433/links");
    assert_eq!(format!("{url:?}"), "DatabaseUrl(postgres://db:5433/links)");
}

#[test]
fn a_sibling_database_is_on_the_same_server() {
    let url = parse("mysql://curt:secret@db:3307/links").unwrap();
    assert_eq!(url.with_database("other").unwrap().expose(), "mysql://curt:secret@db:3307/other");
    assert_eq!(DatabaseUrl::sqlite("a.db").with_database("other"), None);
}
