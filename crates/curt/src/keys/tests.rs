use std::fs;

use super::*;
use crate::data_dir::DataDir;

const NOTHING_SUPPLIED: KeysConfig = KeysConfig { secret_key: None, admin_key: None };

fn locked(directory: &tempfile::TempDir) -> LockedDataDir {
    DataDir::open(directory.path()).unwrap().lock().unwrap()
}

#[test]
fn keys_are_made_once_and_kept() {
    let directory = tempfile::tempdir().unwrap();
    let data_dir = locked(&directory);
    let first = Keys::ready(NOTHING_SUPPLIED, &data_dir).unwrap();
    assert_eq!(first.new_admin_key, Some(directory.path().join(ADMIN_KEY_FILE)));
    let second = Keys::ready(NOTHING_SUPPLIED, &data_dir).unwrap();
    assert_eq!(second.new_admin_key, None);
    assert_eq!(first.secret.fingerprint(), second.secret.fingerprint());
    assert_eq!(first.admin.expose(), second.admin.expose());
    assert!(first.admin.expose().starts_with(ADMIN_KEY_PREFIX));
}

#[test]
fn supplied_keys_leave_no_files() {
    let directory = tempfile::tempdir().unwrap();
    let data_dir = locked(&directory);
    let secret = random_hex::<KEY_LEN_MIN>().unwrap();
    let admin = random_hex::<KEY_LEN_MIN>().unwrap();
    let supplied = KeysConfig {
        secret_key: Some(supplied::secret_key(&secret).unwrap()),
        admin_key: Some(supplied::admin_key(&admin).unwrap()),
    };
    let keys = Keys::ready(supplied, &data_dir).unwrap();
    assert_eq!(keys.admin.expose(), admin);
    assert!(!data_dir.join(SECRET_KEY_FILE).exists());
    assert!(!data_dir.join(ADMIN_KEY_FILE).exists());
}

/// Links may depend on the key that a broken file once held; a new key would hide the loss.
#[test]
fn a_broken_key_file_is_refused_and_never_replaced() {
    let directory = tempfile::tempdir().unwrap();
    let data_dir = locked(&directory);
    Keys::ready(NOTHING_SUPPLIED, &data_dir).unwrap();
    let path = data_dir.join(SECRET_KEY_FILE);
    fs::write(&path, "cut").unwrap();
    let error = Keys::ready(NOTHING_SUPPLIED, &data_dir).unwrap_err();
    let refusal = error.downcast_ref::<Refusal>().unwrap().to_string();
    assert!(refusal.contains("secret.key: is neither hex nor base64"), "{refusal}");
    assert_eq!(fs::read_to_string(path).unwrap(), "cut");
}

#[test]
fn keys_never_reach_debug_output() {
    let text = random_hex::<KEY_LEN_MIN>().unwrap();
    let secret = supplied::secret_key(&text).unwrap();
    let admin = supplied::admin_key(&text).unwrap();
    let keys = Keys { secret, admin, new_admin_key: None };
    assert_eq!(
        format!("{keys:?}"),
        "Keys { secret: SecretKey(…), admin: AdminKey(…), new_admin_key: None }"
    );
}
