use std::os::unix::fs::PermissionsExt as _;

use curt_store::Contents;

use super::*;
use crate::backup::manifest::MadeBy;

const MADE_AT: &str = "2026-11-22T01:37:00.250Z";

fn made_at() -> Timestamp {
    MADE_AT.parse().unwrap()
}

fn manifest(at: Timestamp, bytes: u64) -> Manifest {
    let contents = Contents {
        links: 3,
        deleted: 1,
        newest_change: Some(at),
        key_check: None,
        schema: "0001_first".to_owned(),
        is_newer: false,
    };
    Manifest::new(at, MadeBy::Command, "sqlite", (bytes, "00".to_owned()), contents)
}

/// A directory in a directory that exists, and the names of everything in it.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn directory(&self) -> BackupDir {
        BackupDir::new(&self.0.path().join("deep/backups"))
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.directory().path()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.retain(|name| name != LOCK_FILE);
        names.sort_unstable();
        names
    }

    fn make(&self, at: Timestamp) -> PathBuf {
        let directory = self.directory();
        let locked = directory.lock().unwrap();
        let partial = locked.begin(at, Engine::Sqlite).unwrap();
        fs::write(partial.path(), "whole").unwrap();
        partial.publish(&manifest(at, 5)).unwrap()
    }
}

#[test]
fn a_backup_appears_whole_and_private() {
    let home = Home::new();
    assert!(home.directory().list().unwrap().is_empty(), "no directory is no backup");
    let path = home.make(made_at());
    assert_eq!(
        home.names(),
        ["curt-20261122T013700Z.sqlite3", "curt-20261122T013700Z.sqlite3.json"]
    );
    for (path, mode) in
        [(home.directory().path(), 0o700), (&path, 0o600), (&Manifest::path(&path), 0o600)]
    {
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, mode);
    }
    let [backup] = <[Backup; 1]>::try_from(home.directory().list().unwrap()).unwrap();
    assert!(backup.is_complete());
    assert_eq!((backup.made_at, backup.manifest), (Some(made_at()), Some(manifest(made_at(), 5))));
}

#[test]
fn what_was_begun_has_no_name_and_is_removed() {
    let home = Home::new();
    let directory = home.directory();
    let locked = directory.lock().unwrap();
    drop(locked.begin(made_at(), Engine::Sqlite).unwrap());
    assert!(home.names().is_empty(), "dropped");

    // Like `kill -9`: nothing is dropped.
    std::mem::forget(locked.begin(made_at(), Engine::Sqlite).unwrap());
    fs::write(locked.path(".curt-20261122T013700Z.sqlite3.partial-journal"), "").unwrap();
    fs::write(locked.path("curt-20261122T013700Z.sqlite3.json"), "{}").unwrap();
    fs::write(locked.path("notes.json"), "somebody's").unwrap();
    assert!(directory.list().unwrap().is_empty());
    locked.remove_leftovers().unwrap();
    assert_eq!(home.names(), ["notes.json"]);
}

#[test]
fn backups_of_one_second_have_names_in_order() {
    let home = Home::new();
    let later = made_at().plus(Duration::from_millis(500));
    let [first, second] = [home.make(made_at()), home.make(later)];
    assert_eq!(second.file_name().unwrap(), "curt-20261122T013701Z.sqlite3");
    let listed: Vec<PathBuf> =
        home.directory().list().unwrap().into_iter().map(|backup| backup.path).collect();
    assert_eq!(listed, [second, first], "newest first");
}

#[test]
fn only_one_at_a_time() {
    let home = Home::new();
    let (one, other) = (home.directory(), home.directory());
    let locked = one.lock().unwrap();
    assert!(other.lock().err().unwrap().is::<Busy>());
    drop(locked);
    other.lock().unwrap();
}

/// A program that is being started has such a copy for a moment.
#[test]
fn a_copy_of_its_descriptor_does_not_keep_the_lock() {
    let home = Home::new();
    let backups = home.directory();
    let locked = backups.lock().unwrap();
    let inherited = locked.lock.try_clone().unwrap();
    drop(locked);
    assert!(backups.lock().is_ok());
    drop(inherited);
}

#[test]
fn a_backup_is_found_by_age_by_name_and_by_path() {
    let home = Home::new();
    let directory = home.directory();
    let missing = directory.find("latest").unwrap_err();
    assert_eq!(missing.downcast::<Failure>().unwrap().exit, Exit::NotFound);
    let path = home.make(made_at());
    for which in ["latest", "curt-20261122T013700Z.sqlite3", path.to_str().unwrap()] {
        assert_eq!(directory.find(which).unwrap().path, path, "{which}");
    }
    let missing = directory.find("curt-20261122T013701Z.sqlite3").unwrap_err();
    assert_eq!(missing.downcast::<Failure>().unwrap().exit, Exit::NotFound);
}

#[test]
fn a_manifest_that_is_of_no_use_says_why() {
    let home = Home::new();
    let path = home.make(made_at());
    for (text, problem) in [
        ("{", "the manifest is damaged"),
        ("{}", "the manifest is damaged"),
        (
            &manifest(made_at(), 5).to_json().replace("\"version\": 1", "\"version\": 2"),
            "the manifest was written by a newer release (version 2)",
        ),
        (
            &manifest(made_at(), 5).to_json().replace(MADE_AT, "yesterday"),
            "the manifest holds a time that is none",
        ),
        (&" ".repeat(100_000), "the manifest is too long"),
    ] {
        fs::write(Manifest::path(&path), text).unwrap();
        let backup = Backup::at(path.clone()).unwrap();
        assert_eq!(backup.manifest_problem.as_deref(), Some(problem));
        assert!(!backup.is_complete());
        assert_eq!(backup.made_at, Some("2026-11-22T01:37:00Z".parse().unwrap()), "by its name");
    }
}

#[test]
fn only_names_of_ours_are_backups() {
    for engine in Engine::ALL {
        assert!(is_backup_name(&name_at(made_at(), engine)));
    }
    for name in [
        "curt-20261122T013700Z.zip",
        "curt-20261122T013700.sqlite3",
        "curt-2026112éT013700Z.sqlite3",
        "curt-20261122T996100Z.sqlite3",
        "curt-.sqlite3",
        "other-20261122T013700Z.sqlite3",
        ".curt-20261122T013700Z.sqlite3.partial",
        "curt-20261122T013700Z.sqlite3.json",
    ] {
        assert!(!is_backup_name(name), "{name}");
    }
}
