//! `curt serve`: starts a server from a valid configuration, and stops it.
//!
//! It starts in this order: listener, database, cache, tasks, server. It stops in reverse: the
//! server drains, the tasks end, the database finishes its queued work.

use std::{net::SocketAddr, sync::Arc};

use anyhow::Context as _;
use curt_domain::Clock;
use curt_store::{Store, StoreMetrics};
use curt_web::{AdminKey, Front, HttpMetrics, MetricsPage, Node, ProcessMemory, Server};
use prometheus_client::registry::Registry;
use tokio::{
    net::TcpListener,
    time::{Instant, timeout_at},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::{
    backups::Schedule, changes_feed::ChangesFeed, counting::Counting, setup::Setup, upkeep::Upkeep,
};
use crate::{
    app::{Access, app},
    config::{Config, Loaded},
    data_dir::{DataDir, LockedDataDir},
    database,
    failure::Refusal,
    keys::Keys,
    logging, signals,
    terminal::output,
};

mod backups;
mod changes_feed;
mod counting;
mod node_id;
mod open_files;
mod setup;
mod upkeep;

/// The time left when the requests have ended is divided by this; counting clicks gets one part.
/// Clicks can wait for the next start, and the database needs time to finish its queued work.
const COUNTING_SHARE: u32 = 2;

pub(crate) fn serve(loaded: Loaded) -> anyhow::Result<()> {
    let Loaded { mut config, warnings, .. } = loaded;
    logging::start(&config.log);
    for warning in &warnings {
        tracing::warn!("{warning}");
    }
    let data_dir = DataDir::open(&config.server.data_dir)?.lock()?;
    let keys = Keys::ready(std::mem::take(&mut config.keys), &data_dir)?;
    announce_new_admin_key(&keys);
    let runtime = tokio::runtime::Runtime::new().context("starting the async runtime")?;
    let served = runtime.block_on(run(&config, &keys, &data_dir));
    // Work that has not ended in time, for example on a disk that hangs, must not keep the process.
    runtime.shutdown_background();
    served
}

/// Logs the path of the key, and shows the key itself on a terminal only.
fn announce_new_admin_key(keys: &Keys) {
    let Some(path) = &keys.new_admin_key else { return };
    tracing::info!(path = %path.display(), "made an admin key; keep it like a password");
    output::new_admin_key(keys.admin.expose());
}

async fn run(config: &Config, keys: &Keys, data_dir: &LockedDataDir) -> anyhow::Result<()> {
    let (stop, tasks_end, tasks) =
        (CancellationToken::new(), CancellationToken::new(), TaskTracker::new());
    // Not one of the tasks that the end waits for: a second signal must work until the very end.
    let watch = tokio::task::JoinSet::from_iter([signals::watch(stop.clone())?]);
    let listener = bind(config.server.listen).await?;
    let metrics_listener = match config.metrics.listen {
        Some(listen) => Some(bind(listen).await?),
        None => None,
    };
    let mut registry = Registry::default();
    registry.register_collector(Box::new(ProcessMemory));
    let metrics = registry.sub_registry_with_prefix("curt");

    // Databases can be slow to answer and slow to migrate; a signal can interrupt the start.
    let store = tokio::select! {
        store = open_store(config, keys, metrics) => store?,
        () = stop.cancelled() => return Ok(()),
    };
    let node = Arc::new(Node::new(store.clone()));
    let address = listener.local_addr().context("asking for the bound address")?;
    let setup = Setup::ready(data_dir, &store, &config.server.public_url(address)).await?;
    let access = Access {
        admin_key: AdminKey::new(keys.admin.expose()),
        bootstrap: setup.as_ref().map(Setup::bootstrap),
    };
    let mut app = app(config, keys, access, &store, &node, address, metrics);
    let counting = match config.journal.settings.clone() {
        Some(settings) => Some(Counting::start(settings, store.clone(), metrics)?),
        None => None,
    };
    if let Some(counting) = &counting {
        app = app.counting(counting.pipeline());
    }
    let (cache, offline_max) = (Arc::clone(&app.cache), config.cache.offline_max);
    let (list, blocks, known) =
        (app.target_blocks.clone(), app.ip_blocks.clone(), Arc::clone(&node));
    let automatic_blocks = app.automatic_blocks();
    let feed =
        ChangesFeed::start(store.clone(), cache, known, list.clone(), blocks, offline_max).await?;
    let key_check = keys.secret.fingerprint();
    let schedule = Schedule::new(&config.backup, &config.database, key_check, &node, metrics);
    let front = Front::new(app, HttpMetrics::new(metrics));

    tasks.spawn(feed.run(tasks_end.clone()));
    tasks.spawn(list.run(tasks_end.clone()));
    tasks.spawn(automatic_blocks.run(tasks_end.clone()));
    let upkeep = Upkeep {
        store: store.clone(),
        node_id: node_id::read_or_create(data_dir)?,
        audit_keep: config.audit.keep,
        reports_keep: config.reports.keep,
    };
    tasks.spawn(upkeep.run(tasks_end.clone()));
    if let Some(setup) = setup {
        tasks.spawn(setup.end(tasks_end.clone()));
    }
    if let Some(schedule) = schedule {
        tasks.spawn(schedule.run(tasks_end.clone()));
    }
    if let Some(listener) = metrics_listener {
        tasks.spawn(MetricsPage::new(registry).run(listener, tasks_end.clone()));
    }
    tasks.close();

    let public_url = config.server.public_url(address);
    tracing::info!(%address, %public_url, "serving");
    let connections = open_files::allow(config.http.connections);
    let deadline = Server::new(listener, front, node, connections, config.shutdown).run(stop).await;

    tasks_end.cancel();
    end(&tasks, counting, &store, deadline).await;
    drop(watch);
    Ok(())
}

/// Waits for work under way, until the deadline.
async fn end(tasks: &TaskTracker, counting: Option<Counting>, store: &Store, deadline: Instant) {
    let ended = async {
        let counted = async {
            let Some(counting) = counting else { return };
            let left = deadline.saturating_duration_since(Instant::now());
            counting.finish(left / COUNTING_SHARE).await;
        };
        // At the same time: a slow backup must not take the time of the clicks.
        tokio::join!(tasks.wait(), counted);
        store.close().await;
    };
    match timeout_at(deadline, ended).await {
        Ok(()) => tracing::info!("stopped"),
        Err(_elapsed) => tracing::warn!("stopped without an answer from the database"),
    }
}

async fn bind(address: SocketAddr) -> Result<TcpListener, Refusal> {
    let listener = TcpListener::bind(address).await;
    listener.map_err(|error| Refusal::because(format_args!("cannot listen on {address}: {error}")))
}

/// Connects, migrates, and checks that the database belongs to this secret.
async fn open_store(
    config: &Config,
    keys: &Keys,
    registry: &mut Registry,
) -> anyhow::Result<Store> {
    let store = database::connect(&config.database, StoreMetrics::register(registry)).await?;
    database::migrate(&store, &Clock::System).await?;
    database::check_secret(&store, &keys.secret).await?;
    Ok(store)
}
