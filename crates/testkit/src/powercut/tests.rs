use std::process::Command;

use super::*;

/// Runs `script` under the shim in the data directory; `sync` syncs the files in its arguments.
fn run(power_cut: &PowerCut, script: &str) {
    let status = Command::new("sh")
        .args(["-ec", script])
        .current_dir(power_cut.data_dir())
        .envs(power_cut.env())
        .status()
        .unwrap();
    assert!(status.success(), "{script}");
}

fn read(power_cut: &PowerCut, name: &str) -> Option<String> {
    fs::read_to_string(power_cut.data_dir().join(name)).ok()
}

#[test]
fn unsynced_bytes_are_lost() {
    let mut power_cut = PowerCut::new();
    run(&power_cut, "printf one >a; printf two >b; sync a; printf more >>a; sync .");
    power_cut.cut();
    assert_eq!(read(&power_cut, "a").as_deref(), Some("one"));
    assert_eq!(read(&power_cut, "b").as_deref(), Some(""), "named, but never synced");
}

#[test]
fn a_file_in_an_unsynced_directory_is_lost() {
    let mut power_cut = PowerCut::new();
    run(&power_cut, "printf one >a; sync a");
    power_cut.cut();
    assert_eq!(read(&power_cut, "a"), None);
}

#[test]
fn a_name_changes_when_its_directory_is_synced() {
    let mut power_cut = PowerCut::new();
    run(&power_cut, "printf old >a; printf gone >b; sync a b .");
    power_cut.cut();

    run(&power_cut, "printf new >t; sync t; mv t a; rm b");
    power_cut.cut();
    assert_eq!(read(&power_cut, "a").as_deref(), Some("old"));
    assert_eq!(read(&power_cut, "b").as_deref(), Some("gone"));

    run(&power_cut, "printf new >t; sync t; mv t a; rm b; sync .");
    power_cut.cut();
    assert_eq!(read(&power_cut, "a").as_deref(), Some("new"));
    assert_eq!(read(&power_cut, "b"), None);
    assert_eq!(read(&power_cut, "t"), None);
}

#[test]
fn directories_are_kept_with_their_names_and_modes() {
    let mut power_cut = PowerCut::new();
    run(
        &power_cut,
        "mkdir d e; (umask 077; printf key >d/k); printf x >e/x; sync d/k d e/x .; mv d f; sync .",
    );
    power_cut.cut();
    assert_eq!(read(&power_cut, "f/k").as_deref(), Some("key"));
    assert_eq!(read(&power_cut, "d/k"), None, "the directory was renamed");
    assert_eq!(read(&power_cut, "e/x"), None, "the names in e were never synced");
    assert!(power_cut.data_dir().join("e").is_dir());

    let key = fs::metadata(power_cut.data_dir().join("f/k")).unwrap();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&key.permissions()) & 0o777, 0o600);
}

#[test]
fn what_is_there_at_the_start_is_durable() {
    let mut power_cut = PowerCut::new();
    fs::create_dir(power_cut.data_dir().join("d")).unwrap();
    fs::write(power_cut.data_dir().join("d/a"), "before").unwrap();
    run(&power_cut, "printf after >>d/a");
    power_cut.cut();
    assert_eq!(read(&power_cut, "d/a").as_deref(), Some("before"));
}

#[test]
fn a_program_that_never_ran_changes_nothing() {
    let mut power_cut = PowerCut::new();
    fs::write(power_cut.data_dir().join("a"), "before").unwrap();
    power_cut.cut();
    assert_eq!(read(&power_cut, "a").as_deref(), Some("before"));
}
