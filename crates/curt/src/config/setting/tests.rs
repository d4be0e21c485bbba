use super::*;

fn about(key: &'static str, disclosure: Disclosure) -> About {
    let fallback = Fallback::Described("none");
    About { key, accepts: "a text", fallback, disclosure, summary: "A setting.", details: "" }
}

#[test]
fn keys_and_environment_names_follow_from_each_other() {
    assert_eq!(about("listen", Disclosure::Open).env_name(), "CURT_LISTEN");
    assert_eq!(about("cache.max_age", Disclosure::Open).env_name(), "CURT_CACHE__MAX_AGE");
}

#[test]
fn a_secret_is_never_shown() {
    assert_eq!(about("admin_key", Disclosure::Secret).disclose("hunter2"), "(set)");
}

#[test]
fn a_url_is_shown_without_its_password() {
    let url = about("database_url", Disclosure::WithoutPassword);
    for (given, shown) in [
        ("postgres://curt:hunter2@db/curt", "postgres://curt:***@db/curt"),
        ("postgres://hunter2:hunter2@db/curt", "postgres://***:***@db/curt"),
        ("postgres://curt@db/curt", "postgres://curt@db/curt"),
        ("postgres://db/curt?user=a&password=hunter2", "postgres://db/curt"),
        ("sqlite:./data/curt.db", "sqlite:./data/curt.db"),
        // In a URL that cannot be parsed the password may be anywhere.
        ("postgres//curt:hunter2@db", "(set)"),
    ] {
        assert_eq!(url.disclose(given), shown);
    }
    let public = about("public_url", Disclosure::Open);
    assert_eq!(public.disclose("https://u:hunter2@x.example"), "https://u:***@x.example/");
    assert_eq!(public.disclose("go.example.com"), "go.example.com");
}

#[test]
fn whatever_a_value_holds_it_stays_one_short_line() {
    assert_eq!(printable("a\nb\u{1b}[2J"), "a\\nb\\u{1b}[2J");
    let long = printable(&"x".repeat(SHOWN_LEN_MAX + 1));
    assert_eq!(long.chars().count(), SHOWN_LEN_MAX + 1);
    assert!(long.ends_with('…'));
    assert_eq!(printable(&"x".repeat(SHOWN_LEN_MAX)).chars().count(), SHOWN_LEN_MAX);
}
