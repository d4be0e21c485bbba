//! The node's name: a random id in its data directory, for people who look at the `nodes` table.
//! Correctness never depends on it.

use crate::{data_dir::LockedDataDir, keys::key_files};

const NODE_ID_FILE: &str = "node.id";

/// 128 bits in hexadecimal, made on the first start.
pub(crate) fn read_or_create(data_dir: &LockedDataDir) -> anyhow::Result<String> {
    let generate = || {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)?;
        Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    };
    let (id, _) = key_files::read_or_create(&data_dir.join(NODE_ID_FILE), generate)?;
    Ok(id.trim().to_owned())
}
