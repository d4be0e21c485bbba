//! The node's name: a random id in its data directory, for people who read the `nodes` table.
//! Correctness never depends on it.

use crate::{
    data_dir::LockedDataDir,
    keys::{key_files, random_hex},
};

const NODE_ID_FILE: &str = "node.id";

/// 128 bits: no two nodes ever get the same id.
const ID_LEN: usize = 16;

/// The id in hexadecimal, made on the first start.
pub(crate) fn read_or_create(data_dir: &LockedDataDir) -> anyhow::Result<String> {
    let path = data_dir.join(NODE_ID_FILE);
    let (id, _) = key_files::read_or_create(&path, random_hex::<ID_LEN>)?;
    Ok(id.trim().to_owned())
}
