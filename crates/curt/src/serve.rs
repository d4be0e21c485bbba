//! `curt serve`: from a valid configuration to a running server, and down again.

use std::process::ExitCode;

use crate::{config::Loaded, data_dir::DataDir, keys::Keys, logging, output};

pub(crate) fn serve(loaded: Loaded) -> anyhow::Result<ExitCode> {
    let Loaded { config, warnings, .. } = loaded;
    logging::start(&config.log);
    for warning in &warnings {
        tracing::warn!("{warning}");
    }
    let data_dir = DataDir::open(&config.server.data_dir)?.lock()?;
    let keys = Keys::ready(config.keys, &data_dir)?;
    announce_new_admin_key(&keys);
    tracing::info!("keys ready");
    Ok(ExitCode::SUCCESS)
}

/// The log gets the path, a terminal the key.
fn announce_new_admin_key(keys: &Keys) {
    let Some(path) = &keys.new_admin_key else { return };
    tracing::info!(path = %path.display(), "made an admin key; keep it like a password");
    output::new_admin_key(&keys.admin);
}
