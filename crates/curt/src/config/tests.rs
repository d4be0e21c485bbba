use std::{fs, net::SocketAddr, os::unix::fs::PermissionsExt as _, path::Path, time::Duration};

use curt_domain::CodeSettings;

use super::{sources::Flags, *};

fn environment(pairs: &[(&str, &str)]) -> Vec<(std::ffi::OsString, std::ffi::OsString)> {
    pairs.iter().map(|(name, value)| (name.into(), value.into())).collect()
}

/// Flags that read this file, so that no `curt.toml` of the working directory is read.
fn with_file(directory: &Path, text: &str) -> Flags {
    let path = directory.join("settings.toml");
    fs::write(&path, text).unwrap();
    Flags { config: Some(path), ..Flags::default() }
}

fn problems(flags: &Flags, pairs: &[(&str, &str)]) -> Vec<String> {
    load(flags, &environment(pairs)).unwrap_err().problems().to_vec()
}

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

#[test]
fn without_any_source_everything_has_its_documented_default() {
    let Loaded { config, warnings, .. } = load(&Flags::default(), &[]).unwrap();
    assert_eq!(warnings, Vec::<String>::new());
    assert_eq!(config.server.listen, address("127.0.0.1:8000"));
    assert_eq!(config.server.data_dir, Path::new("./data"));
    assert_eq!(config.codes, CodeSettings::DEFAULT);
    assert!(!config.links.anonymous_create);
    assert_eq!(config.cache, CacheSettings::DEFAULT);
    let journal = config.journal.settings.unwrap();
    assert_eq!(journal.directory, Path::new("./data/journal"));
    assert_eq!(journal.capacity, curt_journal::CAPACITY_DEFAULT);
    assert_eq!(journal.durability, curt_journal::Durability::Process);
    assert_eq!(config.metrics.listen, Some(address("127.0.0.1:9100")));
    assert_eq!(config.shutdown.delay, Duration::from_secs(1));
    assert_eq!(config.shutdown.timeout, Duration::from_secs(25));
    assert_eq!(config.database.connections_max, curt_store::CONNECTIONS_MAX_DEFAULT);
    assert!(config.keys.secret_key.is_none() && config.keys.admin_key.is_none());
    assert!(config.pages.root_url.is_none() && config.pages.not_found_url.is_none());
}

/// A description of a setting that nothing reads would be a false promise.
#[test]
fn every_described_setting_is_read_and_checked() {
    for about in abouts() {
        let nonsense = environment(&[(&about.env_name(), "\u{1}")]);
        let outcome = load(&Flags::default(), &nonsense);
        // Any non-empty text can name a directory.
        if matches!(about.key, "data_dir" | "backup.dir" | "journal.dir") {
            let Config { server, backup, journal, .. } = outcome.unwrap().config;
            let directories = [server.data_dir, backup.directory, journal.directory];
            assert!(directories.contains(&"\u{1}".into()));
            continue;
        }
        let refusal = outcome.expect_err(about.key);
        assert_eq!(refusal.problems().len(), 1, "{refusal}");
        assert!(refusal.problems()[0].starts_with(about.key), "{refusal}");
    }
}

#[test]
fn a_stronger_source_replaces_a_weaker_one() {
    let directory = tempfile::tempdir().unwrap();
    let mut flags = with_file(
        directory.path(),
        "[codes]\nlength = 8\nalphabet = 'base62'\nstrategy = 'random'\n[cache]\nmax_age = '2h'\n",
    );
    flags.set = vec!["codes.strategy=sequential".to_owned()];
    let pairs = [("CURT_CODES__ALPHABET", "base58"), ("CURT_CODES__STRATEGY", "permuted")];
    let loaded = load(&flags, &environment(&pairs)).unwrap();
    let settings = loaded.config.codes;
    assert_eq!(settings.length, 8);
    assert_eq!(settings.alphabet, curt_domain::Alphabet::Base58);
    assert_eq!(settings.strategy, curt_domain::CodeStrategy::Sequential);
    assert_eq!(loaded.config.cache.entry_age_max, Duration::from_hours(2));
}

#[test]
fn database_url_of_the_platform_is_the_weakest_source() {
    let directory = tempfile::tempdir().unwrap();
    let platform = ("DATABASE_URL", "sqlite:platform.db");
    let url_of = |flags: &Flags, pairs: &[(&str, &str)]| {
        load(flags, &environment(pairs)).unwrap().config.database.database
    };
    let sqlite = |path: &str| curt_store::DatabaseUrl::sqlite(path);
    assert_eq!(url_of(&Flags::default(), &[]), sqlite("./data/curt.db"));
    assert_eq!(url_of(&Flags::default(), &[platform]), sqlite("platform.db"));
    let own = ("CURT_DATABASE_URL", "sqlite:own.db");
    assert_eq!(url_of(&Flags::default(), &[own, platform]), sqlite("own.db"));
    let file = with_file(directory.path(), "database_url = 'sqlite:file.db'");
    assert_eq!(url_of(&file, &[platform]), sqlite("file.db"));
}

#[test]
fn all_problems_are_reported_with_setting_value_and_source() {
    let directory = tempfile::tempdir().unwrap();
    let mut flags =
        with_file(directory.path(), "listen = 8000\n\n[cache]\nmax_bytes = '1KB'\nmaxage = '1h'\n");
    flags.set = vec!["codes.length=99".to_owned(), "no assignment".to_owned()];
    let found = problems(&flags, &[("CURT_LOG__LEVEL", "loud"), ("CURT_CASH__X", "1")]);
    let path = directory.path().join("settings.toml").display().to_string();
    let expected = [
        format!("unknown setting cache.maxage ({path}:5); did you mean cache.max_age?"),
        "unknown setting CURT_CASH__X (environment)".to_owned(),
        "--set: expected key=value".to_owned(),
        format!(
            "listen = \"8000\" ({path}:1): expected an IP address and a port, such as \
             `127.0.0.1:8000` or `[::]:8000`"
        ),
        "codes.length = \"99\" (--set): expected a whole number from 4 to 16".to_owned(),
        format!("cache.max_bytes = \"1KB\" ({path}:4): expected a size from `1MiB` to `1TiB`"),
    ];
    for line in &expected {
        assert!(found.contains(line), "{line}\nis not among\n{}", found.join("\n"));
    }
    assert!(found.iter().any(|line| line.starts_with("log.level = \"loud\" (CURT_LOG__LEVEL)")));
    assert_eq!(found.len(), expected.len() + 1);
}

#[test]
fn broken_toml_is_named_by_line_and_never_quoted() {
    let directory = tempfile::tempdir().unwrap();
    let flags = with_file(directory.path(), "listen = '127.0.0.1:1'\nadmin_key = canary-value\n");
    let found = problems(&flags, &[]);
    assert!(found[0].contains("settings.toml:2: is not valid TOML"), "{found:?}");
    assert!(!found.concat().contains("canary"), "{found:?}");
}

#[test]
fn a_named_file_must_exist_and_the_usual_one_need_not() {
    let missing = Flags { config: Some("/nowhere/curt.toml".into()), ..Flags::default() };
    assert_eq!(
        problems(&missing, &[]),
        ["settings file /nowhere/curt.toml (from --config): not found"]
    );
    assert_eq!(
        problems(&Flags::default(), &[("CURT_CONFIG", "/nowhere/else.toml")]),
        ["settings file /nowhere/else.toml (from CURT_CONFIG): not found"]
    );
}

#[test]
fn what_orchestrators_inject_is_only_a_warning() {
    let pairs = [("CURT_PORT", "tcp://10.0.0.1:80"), ("CURT_LISTE", "x"), ("CURTAIN__X", "1")];
    let loaded = load(&Flags::default(), &environment(&pairs)).unwrap();
    assert_eq!(
        loaded.warnings,
        [
            "unknown setting CURT_PORT (environment)",
            "unknown setting CURT_LISTE (environment); did you mean CURT_LISTEN?",
        ]
    );
}

#[test]
fn an_empty_variable_is_not_set_unless_it_should_hold_a_secret() {
    let empty = [("CURT_LISTEN", ""), ("DATABASE_URL", ""), ("CURT_CONFIG", "")];
    assert!(load(&Flags::default(), &environment(&empty)).is_ok());
    let secret = problems(&Flags::default(), &[("CURT_SECRET_KEY", "")]);
    assert_eq!(secret, ["secret_key (CURT_SECRET_KEY): is empty"]);
}

#[test]
fn the_public_url_is_required_where_others_can_connect() {
    let open = ("CURT_LISTEN", "0.0.0.0:8000");
    assert_eq!(
        problems(&Flags::default(), &[open]),
        ["public_url (not set): is required, because listen = \"0.0.0.0:8000\" (CURT_LISTEN) is \
          not loopback"]
    );
    let named = ("CURT_PUBLIC_URL", "https://go.example.com");
    let loaded = load(&Flags::default(), &environment(&[open, named])).unwrap();
    let url = loaded.config.server.public_url(address("0.0.0.0:8000"));
    assert_eq!(url.as_str(), "https://go.example.com/");
    assert_eq!(loaded.warnings, Vec::<String>::new());
}

#[test]
fn the_public_url_follows_the_port_that_was_bound() {
    let loaded = load(&Flags::default(), &environment(&[("CURT_LISTEN", "[::1]:0")])).unwrap();
    let url = loaded.config.server.public_url(address("[::1]:4711"));
    assert_eq!(url.as_str(), "http://localhost:4711/");
}

#[test]
fn a_public_url_is_a_scheme_a_host_and_a_port() {
    for (url, why) in [
        ("go.example.com", "expected an http or https URL"),
        ("ftp://go.example.com", "must begin with http:// or https://"),
        ("https://user@go.example.com", "must not carry a user name"),
        ("https://go.example.com/s", "must not have a path"),
        ("https://go.example.com/?a", "must not have a query"),
        ("https://go.example.com/#a", "must not have a query or a fragment"),
    ] {
        let found = problems(&Flags::default(), &[("CURT_PUBLIC_URL", url)]);
        assert!(found[0].contains(why), "{url}: {found:?}");
    }
}

#[test]
fn what_is_unwise_but_works_is_a_warning() {
    for (pair, warning) in [
        (("CURT_PUBLIC_URL", "http://go.example.com"), "without https"),
        (("CURT_METRICS__LISTEN", "0.0.0.0:9100"), "can read the metrics"),
        (("CURT_DATABASE_URL", "postgres://u:fJ4mLq@db/curt"), "certificate is not verified"),
    ] {
        let loaded = load(&Flags::default(), &environment(&[pair])).unwrap();
        assert_eq!(loaded.warnings.len(), 1, "{:?}", loaded.warnings);
        assert!(loaded.warnings[0].contains(warning), "{:?}", loaded.warnings);
        assert!(!loaded.warnings[0].contains("fJ4mLq"));
    }
}

#[test]
fn metrics_are_off_on_request_and_never_on_the_public_listener() {
    let off = environment(&[("CURT_METRICS__LISTEN", "off")]);
    assert_eq!(load(&Flags::default(), &off).unwrap().config.metrics.listen, None);
    let same = [("CURT_LISTEN", "127.0.0.1:9100")];
    let found = problems(&Flags::default(), &same);
    assert_eq!(
        found,
        ["metrics.listen = \"127.0.0.1:9100\" (default): is the address of the server itself \
          (listen)"]
    );
}

#[test]
fn loop_03_pages_lead_to_other_hosts() {
    for key in ["CURT_PAGES__ROOT_URL", "CURT_PAGES__NOT_FOUND_URL"] {
        for own in ["https://go.example.com/", "https://GO.example.com.:443/x"] {
            let pairs = [("CURT_PUBLIC_URL", "https://go.example.com"), (key, own)];
            let found = problems(&Flags::default(), &pairs);
            assert!(found[0].ends_with("leads back to this server"), "{found:?}");
        }
        let script = problems(&Flags::default(), &[(key, "javascript:alert(1)")]);
        assert!(script[0].contains("http and https are allowed"), "{script:?}");
    }
}

#[test]
fn a_level_that_does_not_exist_cannot_silence_the_log() {
    for level in ["info", "off", "warn,curt_store=debug", "curt_web=trace"] {
        let pairs = environment(&[("CURT_LOG__LEVEL", level)]);
        assert!(load(&Flags::default(), &pairs).is_ok(), "{level}");
    }
    for level in ["inof", "info,debgu", "curt_store=loud"] {
        let found = problems(&Flags::default(), &[("CURT_LOG__LEVEL", level)]);
        assert!(found[0].contains("expected `off`, `error`"), "{level}: {found:?}");
    }
}

#[test]
fn secrets_are_refused_where_others_can_read_them() {
    let flags = Flags { set: vec!["secret_key=canary".to_owned()], ..Flags::default() };
    let found = problems(&flags, &[]);
    assert_eq!(
        found,
        [
            "secret_key (--set): every user of this machine can read flags; use the environment or a \
          file"
        ]
    );

    let directory = tempfile::tempdir().unwrap();
    let flags = with_file(directory.path(), "admin_key = 'canary'");
    let path = flags.config.clone().unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    let found = problems(&flags, &[]).concat();
    assert!(found.contains("others can read (mode 0640)") && !found.contains("canary"), "{found}");
}

#[test]
fn a_key_that_is_given_twice_is_refused() {
    let pairs = [("CURT_ADMIN_KEY", "x"), ("CURT_ADMIN_KEY_FILE", "/nowhere")];
    let found = problems(&Flags::default(), &pairs);
    let line = "admin_key_file = \"/nowhere\" (CURT_ADMIN_KEY_FILE): admin_key (CURT_ADMIN_KEY) is \
                set too";
    assert!(found.contains(&line.to_owned()), "{found:?}");
}

#[test]
fn backups_are_daily_with_sqlite_and_left_to_others_with_a_server() {
    let plan = |pairs: &[(&str, &str)]| {
        load(&Flags::default(), &environment(pairs)).unwrap().config.backup.plan
    };
    let interval = |pairs: &[(&str, &str)]| plan(pairs).map(|plan| plan.interval);
    let postgres = ("CURT_DATABASE_URL", "postgres://u:fJ4mLq@localhost/curt");
    assert_eq!(interval(&[]), Some(Duration::from_hours(24)));
    assert_eq!(interval(&[postgres]), None);
    assert_eq!(
        interval(&[postgres, ("CURT_BACKUP__INTERVAL", "1h")]),
        Some(Duration::from_hours(1))
    );
    for off in ["off", "0"] {
        assert_eq!(plan(&[("CURT_BACKUP__INTERVAL", off)]), None);
    }
    let found = problems(&Flags::default(), &[("CURT_BACKUP__KEEP", "0")]);
    assert!(found[0].ends_with("expected a whole number from 1 to 3650"), "{found:?}");
    let elsewhere = [("CURT_DATA_DIR", "/srv/curt")];
    let config = load(&Flags::default(), &environment(&elsewhere)).unwrap().config;
    assert_eq!(config.backup.directory, Path::new("/srv/curt/backups"));
}
