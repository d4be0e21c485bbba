//! The secret key and the admin key: supplied by the operator, or generated once and kept.
//!
//! **Invariant:** no key is ever printed or logged, except a freshly generated admin key to a
//! terminal. Key files have mode 0600 and are written whole or not at all.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use curt_domain::{KEY_LEN_MIN, SecretKey};

mod admin_key;
pub(crate) mod key_files;
mod random;
pub(crate) mod strength;
pub(crate) mod supplied;

use self::key_files::KeyFileError;
pub(crate) use self::{admin_key::AdminKey, random::random_hex};
use crate::{
    data_dir::{DataDir, LockedDataDir},
    failure::Refusal,
};

/// The files in the data directory that hold generated keys.
pub(crate) const SECRET_KEY_FILE: &str = "secret.key";
pub(crate) const ADMIN_KEY_FILE: &str = "admin.key";

/// Tells people what the string is, and lets secret scanners recognize it.
const ADMIN_KEY_PREFIX: &str = "curt_admin_";

/// The supplied keys; an absent key is in the data directory.
#[derive(Debug, Default)]
pub(crate) struct KeysConfig {
    pub(crate) secret_key: Option<SecretKey>,
    pub(crate) admin_key: Option<AdminKey>,
}

/// Both keys of a deployment, ready to use.
#[derive(Debug)]
pub(crate) struct Keys {
    pub(crate) secret: SecretKey,
    pub(crate) admin: AdminKey,
    /// Where the admin key was written, if this start generated it.
    pub(crate) new_admin_key: Option<PathBuf>,
}

impl Keys {
    /// Uses the supplied keys. Missing keys come from the data directory, where the first start
    /// generates them.
    pub(crate) fn ready(supplied: KeysConfig, data_dir: &LockedDataDir) -> anyhow::Result<Self> {
        let secret = match supplied.secret_key {
            Some(secret) => secret,
            None => secret(data_dir)?,
        };
        let (admin, new_admin_key) = match supplied.admin_key {
            Some(admin) => (admin, None),
            None => kept_admin_key(data_dir)?,
        };
        Ok(Self { secret, admin, new_admin_key })
    }
}

/// The secret in the data directory, if an earlier start left one.
pub(crate) fn kept_secret(data_dir: &Path) -> anyhow::Result<Option<SecretKey>> {
    let path = data_dir.join(SECRET_KEY_FILE);
    match key_files::read(&path) {
        Ok(text) => supplied::secret_key(&text).map(Some).map_err(|weak| refuse(&path, &weak)),
        Err(KeyFileError::NotFound) => Ok(None),
        Err(error) => Err(refuse(&path, &error)),
    }
}

/// The kept secret, or a new one if there is none.
pub(crate) fn secret(data_dir: &DataDir) -> anyhow::Result<SecretKey> {
    let path = data_dir.join(SECRET_KEY_FILE);
    let (text, _) = key_files::read_or_create(&path, random_hex::<KEY_LEN_MIN>)?;
    supplied::secret_key(&text).map_err(|weak| refuse(&path, &weak))
}

fn kept_admin_key(data_dir: &LockedDataDir) -> anyhow::Result<(AdminKey, Option<PathBuf>)> {
    let path = data_dir.join(ADMIN_KEY_FILE);
    let generate = || Ok(format!("{ADMIN_KEY_PREFIX}{}", random_hex::<KEY_LEN_MIN>()?));
    let (text, origin) = key_files::read_or_create(&path, generate)?;
    let key = supplied::admin_key(&text).map_err(|weak| refuse(&path, &weak))?;
    let created = match origin {
        key_files::Origin::Created => Some(path),
        key_files::Origin::Kept => None,
    };
    Ok((key, created))
}

fn refuse(path: &Path, why: &dyn fmt::Display) -> anyhow::Error {
    Refusal::because(format_args!("key file {}: {why}", path.display())).into()
}

#[cfg(test)]
mod tests;
