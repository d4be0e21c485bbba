//! Sources of settings, their order, and how problems are reported.

use std::fs;

use crate::program::{EXIT_REFUSED, Program, repository};

/// A table as text, without the path of the test's directory.
fn table(program: &Program, arguments: &[&str]) -> String {
    let run = program.run(arguments);
    assert_eq!(run.code, Some(0), "{run:?}");
    run.stdout
}

#[test]
fn the_table_names_the_source_of_every_value() {
    let program = Program::new()
        .with_file("curt.toml", "data_dir = '/srv/curt'\n\n[cache]\nmax_age = '10m'\n")
        .with_env("CURT_CODES__LENGTH", "8")
        .with_env("CURT_LOG__FORMAT", "json");
    let arguments = ["config", "--listen=127.0.0.1:9000", "--set", "log.format=pretty"];
    insta::assert_snapshot!(table(&program, &arguments));
}

#[test]
fn the_same_table_is_there_for_programs() {
    let program = Program::new().with_env("CURT_CODES__LENGTH", "8");
    insta::assert_snapshot!(table(&program, &["config", "--json"]));
}

#[test]
fn the_file_loses_to_the_environment_and_that_to_flags() {
    let line_of = |program: &Program, arguments: &[&str]| {
        let table = table(program, arguments);
        let line = table.lines().find(|line| line.starts_with("data_dir ")).unwrap();
        line.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    let program = Program::new();
    assert_eq!(line_of(&program, &["config"]), ["data_dir", "./data", "default"]);
    let program = program.with_file("curt.toml", "\ndata_dir = 'from-file'");
    assert_eq!(line_of(&program, &["config"]), ["data_dir", "from-file", "curt.toml:2"]);
    let program = program.with_env("CURT_DATA_DIR", "from-env");
    assert_eq!(line_of(&program, &["config"]), ["data_dir", "from-env", "CURT_DATA_DIR"]);
    let set = ["config", "--set", "data_dir=from-set"];
    assert_eq!(line_of(&program, &set), ["data_dir", "from-set", "--set"]);
    let flag = ["config", "--set", "data_dir=from-set", "--data-dir", "from-flag"];
    assert_eq!(line_of(&program, &flag), ["data_dir", "from-flag", "--data-dir"]);
}

#[test]
fn a_named_file_takes_the_place_of_the_usual_one() {
    let program = Program::new()
        .with_file("curt.toml", "listen = 'never read'")
        .with_file("other.toml", "[codes]\nlength = 9")
        .with_file("third.toml", "[codes]\nlength = 10");
    let by_flag = table(&program, &["config", "--config", "other.toml"]);
    assert!(by_flag.contains("other.toml:2"), "{by_flag}");
    let program = program.with_env("CURT_CONFIG", "third.toml");
    assert!(table(&program, &["config"]).contains("third.toml:2"));
    // A flag wins over the environment here too.
    let by_flag = table(&program, &["--config=other.toml", "config"]);
    assert!(by_flag.contains("other.toml:2"), "{by_flag}");
}

#[test]
fn all_problems_are_reported_at_once() {
    let program = Program::new()
        .with_file("curt.toml", "[cache]\nmax_bytes = 'much'\nmaxage = '1h'\n[codes]\nlength = 3\n")
        .with_env("CURT_LISTEN", "0.0.0.0:8000")
        .with_env("CURT_LIMITZ__X", "1")
        .with_env("CURT_PUBLICURL", "https://go.example.com")
        .with_env("CURT_PORT", "tcp://10.0.0.1:80");
    for command in [&["serve"][..], &["config"], &["config", "--check"], &["config", "--json"]] {
        let run = program.run(&[command, &["--set=log.level=loud"]].concat());
        assert_eq!((run.code, run.stdout.as_str()), (Some(EXIT_REFUSED), ""), "{run:?}");
        insta::assert_snapshot!("all_problems", run.stderr);
    }
    assert!(!program.path("data").exists(), "nothing is touched before everything is valid");
}

#[test]
fn a_check_answers_by_its_exit_code() {
    let program = Program::new();
    let run = program.run(&["config", "--check"]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
    assert_eq!(run.stdout, "the configuration is valid\n");
    assert_eq!(program.run(&["config", "--check", "--set=codes.length=3"]).code, Some(78));
}

#[test]
fn warnings_do_not_keep_the_server_from_starting() {
    let program = Program::new().with_env("CURT_PORT", "tcp://10.0.0.1:80");
    let run = program.run(&["config", "--check"]);
    assert_eq!(run.code, Some(0));
    assert_eq!(run.warnings(), "warning: unknown setting CURT_PORT (environment)");
    let log = program.serve_until_ready();
    let warning = r#""level":"WARN","target":"curt::serve","message":"unknown setting CURT_PORT"#;
    assert!(log.contains(warning), "{log}");
}

#[test]
fn the_manual_is_up_to_date() {
    let manual = Program::new().run(&["config", "--reference"]).stdout;
    let committed = fs::read_to_string(repository().join("docs/configuration.md")).unwrap();
    assert!(
        manual == committed,
        "run `cargo run -p curt -- config --reference > docs/configuration.md`"
    );
}
