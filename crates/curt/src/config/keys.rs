//! The two keys of a deployment: supplied here, or generated into the data directory.

use std::path::Path;

use curt_domain::SecretKey;

use super::{
    reader::Reader,
    setting::{About, Disclosure, Fallback, Rejected, Section, Setting},
};
use crate::keys::{ADMIN_KEY_FILE, AdminKey, KeysConfig, SECRET_KEY_FILE, key_files, supplied};

static SECRET: Setting<SecretKey> = Setting {
    about: About {
        key: "secret_key",
        accepts: "at least 32 random bytes, in hex or in base64",
        fallback: Fallback::Described("generated into `secret.key` in the data directory"),
        disclosure: Disclosure::Secret,
        summary: "The secret that codes, sessions and visitor hashes are derived from.",
        details: "Every node of one database needs the same one. Make one with `openssl rand -hex \
                  32`. Weak and published values are refused, and it is never printed.",
    },
    parse: |text| supplied::secret_key(text).map_err(|weak| Rejected::by(&weak)),
};

static SECRET_FILE: Setting<SecretKey> = Setting {
    about: About {
        key: "secret_key_file",
        accepts: "a file with the secret key that nobody else can read",
        fallback: Fallback::Described("none"),
        disclosure: Disclosure::PathOfSecret,
        summary: "A file to read `secret_key` from.",
        details: "It must belong to the user who runs the server or to root, and must not be \
                  readable by others (mode 0600).",
    },
    parse: |path| {
        let text = read_key_file(path)?;
        supplied::secret_key(&text).map_err(|weak| Rejected::by(&weak))
    },
};

static ADMIN: Setting<AdminKey> = Setting {
    about: About {
        key: "admin_key",
        accepts: "at least 40 random characters",
        fallback: Fallback::Described("generated into `admin.key` in the data directory"),
        disclosure: Disclosure::Secret,
        summary: "An administrator's API key that shall exist, for automated set-up.",
        details: "Sent as `Authorization: Bearer KEY`. Weak and published values are refused, and \
                  it is never printed.",
    },
    parse: |text| supplied::admin_key(text).map_err(|weak| Rejected::by(&weak)),
};

static ADMIN_FILE: Setting<AdminKey> = Setting {
    about: About {
        key: "admin_key_file",
        accepts: "a file with the admin key that nobody else can read",
        fallback: Fallback::Described("none"),
        disclosure: Disclosure::PathOfSecret,
        summary: "A file to read `admin_key` from.",
        details: "The rules of `secret_key_file` hold here too.",
    },
    parse: |path| {
        let text = read_key_file(path)?;
        supplied::admin_key(&text).map_err(|weak| Rejected::by(&weak))
    },
};

pub(super) static SECTION: Section = Section {
    title: "Keys",
    settings: &[&SECRET.about, &SECRET_FILE.about, &ADMIN.about, &ADMIN_FILE.about],
};

pub(super) fn read(reader: &mut Reader) -> KeysConfig {
    KeysConfig {
        secret_key: either(reader, &SECRET, &SECRET_FILE, SECRET_KEY_FILE),
        admin_key: either(reader, &ADMIN, &ADMIN_FILE, ADMIN_KEY_FILE),
    }
}

/// With both set, it would be unclear which one is meant.
fn either<T>(
    reader: &mut Reader,
    direct: &Setting<T>,
    file: &Setting<T>,
    generated: &str,
) -> Option<T> {
    if reader.is_given(&direct.about) && reader.is_given(&file.about) {
        let other = reader.source(&direct.about);
        reader.reject(&file.about, format!("{} ({other}) is set too", direct.about.key));
    }
    if !reader.is_given(&file.about) {
        reader.derive(&direct.about, format_args!("(in {generated})"));
    }
    let from_text = reader.given(direct);
    let from_file = reader.given(file);
    from_text.or(from_file)
}

fn read_key_file(path: &str) -> Result<String, Rejected> {
    key_files::read(Path::new(path)).map_err(|error| Rejected::by(&error))
}
