use std::os::unix::fs::{PermissionsExt as _, chown};

use super::*;

const NOBODY: u32 = 65_534;

fn refusal(path: &Path) -> String {
    DataDir::open(path).unwrap_err().to_string()
}

#[test]
fn an_absent_directory_is_created_for_its_owner_alone() {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("a/b");
    DataDir::open(&path).unwrap();
    for created in [&path, path.parent().unwrap()] {
        assert_eq!(fs::metadata(created).unwrap().mode() & 0o777, MODE_PRIVATE_DIR);
    }
    DataDir::open(&path).unwrap();
}

#[test]
fn a_directory_that_others_can_write_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    for mode in [0o770, 0o702, 0o777] {
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(mode)).unwrap();
        let expected = format!("can be written by others (mode {mode:04o}); chmod 700 it");
        assert!(refusal(directory.path()).ends_with(&expected));
    }
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
    assert!(DataDir::open(directory.path()).is_ok());
}

#[test]
fn something_else_than_a_directory_is_refused() {
    let file = tempfile::NamedTempFile::new().unwrap();
    assert!(refusal(file.path()).ends_with("is not a directory"));
    let below = refusal(&file.path().join("data"));
    assert!(below.contains("cannot be read: Not a directory"), "{below}");
}

#[test]
fn a_directory_of_another_user_is_refused() {
    let user = rustix::process::geteuid().as_raw();
    let directory = tempfile::tempdir().unwrap();
    // Without root no file can be given away, but the root directory belongs to another user.
    let (path, owner) = if user == 0 {
        chown(directory.path(), Some(NOBODY), None).unwrap();
        (directory.path(), NOBODY)
    } else {
        (Path::new("/"), 0)
    };
    let expected = format!("belongs to another user (uid {owner}, this process is uid {user})");
    assert!(refusal(path).contains(&expected), "{}", refusal(path));
}

#[test]
fn one_server_at_a_time_and_the_second_learns_who_is_first() {
    let directory = tempfile::tempdir().unwrap();
    let open = || DataDir::open(directory.path()).unwrap();
    let first = open().lock().unwrap();
    let second = open().lock().unwrap_err().to_string();
    let expected = format!("is in use by another server, process {}", std::process::id());
    assert!(second.ends_with(&expected), "{second}");
    drop(first);
    open().lock().unwrap();
}

#[test]
fn a_lock_of_somebody_unknown_still_counts() {
    let directory = tempfile::tempdir().unwrap();
    let other = File::create(directory.path().join(LOCK_FILE)).unwrap();
    other.lock().unwrap();
    let refusal = DataDir::open(directory.path()).unwrap().lock().unwrap_err().to_string();
    assert!(refusal.ends_with("is in use by another server"), "{refusal}");
}
