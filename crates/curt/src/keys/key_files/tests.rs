use std::{
    os::unix::fs::{PermissionsExt as _, chown},
    sync::Barrier,
    thread,
};

use super::*;

const NOBODY: u32 = 65_534;

fn key_file(directory: &tempfile::TempDir, mode: u32) -> std::path::PathBuf {
    let path = directory.path().join("some.key");
    fs::write(&path, "text").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    path
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[test]
fn boot_01_a_file_that_others_can_read_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    for mode in [0o600, 0o400] {
        assert_eq!(read(&key_file(&directory, mode)).unwrap(), "text");
        fs::remove_file(directory.path().join("some.key")).unwrap();
    }
    for mode in [0o640, 0o604, 0o620, 0o666] {
        let error = read(&key_file(&directory, mode)).unwrap_err().to_string();
        assert_eq!(error, format!("can be read by others (mode {mode:04o}); chmod 600 it"));
    }
}

#[test]
fn a_file_of_another_user_is_refused() {
    if !is_root() {
        // Only root can give a file away. As another user, test with a file of root's, which may
        // reach us through a group.
        let error = read(Path::new("/etc/passwd")).unwrap_err().to_string();
        assert!(error.starts_with("can be read by others"), "{error}");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let path = key_file(&directory, 0o600);
    chown(&path, Some(NOBODY), None).unwrap();
    let error = read(&path).unwrap_err().to_string();
    assert_eq!(error, "belongs to another user (uid 65534, this process is uid 0)");
}

#[test]
fn only_regular_files_of_sensible_size_are_read() {
    let directory = tempfile::tempdir().unwrap();
    assert!(matches!(read(directory.path()), Err(KeyFileError::NotAFile)));
    assert!(matches!(read(Path::new("/dev/zero")), Err(KeyFileError::NotAFile)));
    assert!(matches!(read(&directory.path().join("none")), Err(KeyFileError::NotFound)));
    let long = directory.path().join("long.key");
    create(&long, &"x".repeat(4 << 10)).unwrap();
    assert!(matches!(read(&long), Err(KeyFileError::TooLong)));
}

#[test]
fn a_new_file_is_private_and_complete() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("new.key");
    let (text, origin) = read_or_create(&path, || Ok("first".to_owned())).unwrap();
    assert_eq!((text.as_str(), origin), ("first", Origin::Created));
    assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
    let (text, origin) = read_or_create(&path, || panic!("there is one")).unwrap();
    assert_eq!((text.as_str(), origin), ("first\n", Origin::Kept));
    let names: Vec<_> =
        fs::read_dir(directory.path()).unwrap().map(|e| e.unwrap().path()).collect();
    assert_eq!(names, [path]);
}

/// For example a server and a command on their first run: codes of both must come from one key.
#[test]
fn of_many_who_make_a_key_at_once_all_get_the_same() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("new.key");
    let start = Barrier::new(8);
    let make = |name: usize| {
        start.wait();
        read_or_create(&path, || Ok(name.to_string())).unwrap()
    };
    let answers = thread::scope(|scope| {
        let make = &make;
        [0, 1, 2, 3, 4, 5, 6, 7]
            .map(|name| scope.spawn(move || make(name)))
            .map(|thread| thread.join().unwrap())
    });
    let kept = fs::read_to_string(&path).unwrap();
    assert!(answers.iter().all(|(text, _)| text.trim() == kept.trim()), "{answers:?} {kept}");
    assert_eq!(answers.iter().filter(|(_, origin)| *origin == Origin::Created).count(), 1);
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "nothing is left behind");
}
