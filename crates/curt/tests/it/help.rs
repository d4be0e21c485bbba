//! The program's help.

use crate::program::Program;

#[test]
fn help_of_every_command_reads_as_reviewed() {
    let program = Program::new();
    for (name, arguments) in [
        ("help", &["--help"][..]),
        ("help_serve", &["serve", "--help"]),
        ("help_blocks", &["blocks", "--help"]),
        ("help_blocks_add", &["blocks", "add", "--help"]),
        ("help_config", &["config", "--help"]),
        ("help_backup", &["backup", "--help"]),
        ("help_backup_restore", &["backup", "restore", "--help"]),
        ("help_db", &["db", "--help"]),
        ("help_db_migrate", &["db", "migrate", "--help"]),
        ("help_links", &["links", "--help"]),
        ("help_links_add", &["links", "add", "--help"]),
        ("help_links_list", &["links", "list", "--help"]),
        ("help_links_show", &["links", "show", "--help"]),
        ("help_links_edit", &["links", "edit", "--help"]),
        ("help_links_rm", &["links", "rm", "--help"]),
        ("help_links_import", &["links", "import", "--help"]),
        ("help_links_export", &["links", "export", "--help"]),
        ("help_users", &["users", "--help"]),
        ("help_users_add", &["users", "add", "--help"]),
        ("help_keys", &["keys", "--help"]),
        ("help_keys_add", &["keys", "add", "--help"]),
        ("help_target_blocks", &["target-blocks", "--help"]),
        ("help_target_blocks_import", &["target-blocks", "import", "--help"]),
        ("help_reports", &["reports", "--help"]),
        ("help_journal", &["journal", "--help"]),
        ("help_journal_replay", &["journal", "replay", "--help"]),
        ("help_qr", &["qr", "--help"]),
        ("help_stats", &["stats", "--help"]),
    ] {
        let run = program.run(arguments);
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""));
        insta::assert_snapshot!(name, run.stdout);
    }
}

#[test]
fn without_a_command_the_help_is_shown() {
    let program = Program::new();
    let run = program.run(&[]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""));
    assert_eq!(run.stderr, program.run(&["-h"]).stdout);
}

#[test]
fn the_version_is_that_of_the_workspace() {
    let run = Program::new().run(&["--version"]);
    assert_eq!(run.code, Some(0));
    assert!(run.stdout.starts_with(concat!("curt ", env!("CARGO_PKG_VERSION"))), "{}", run.stdout);
}

/// The help must not show values from the environment.
#[test]
fn log_02_help_shows_no_values() {
    let program = Program::new().with_env("CURT_DATABASE_URL", "postgres://u:canary@db/curt");
    for arguments in [&["--help"][..], &["config", "--help"], &["config", "--reference"]] {
        let run = program.run(arguments);
        assert_eq!(run.code, Some(0));
        assert!(!run.stdout.contains("canary"));
    }
}
