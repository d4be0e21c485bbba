//! Restores a backup: into a new SQLite file, or into an empty database on a server.
//!
//! **Invariant:** a restore never overwrites anything. An SQLite database gets its name only after
//! this program has opened it, brought its tables up to date and found links in it.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use curt_domain::{Clock, LinkId, SecretKey};
use curt_store::{DatabaseUrl, Store, StoreMetrics, StoreSettings, checkpoint_wal};

use super::{
    directory::{Backup, create_private, remove_if_present, sync_directory},
    make::read_through,
    tools::Tools,
    verify::Verified,
};
use crate::database;

/// Links that are looked up in the restored database.
const LINKS_TRIED: u64 = 10;

/// Ids that are skipped. Links made after the backup are lost, but their codes are in use outside:
/// without the gap the next links would get them. Enough for a day of twelve creates a second.
const IDS_SKIPPED: u64 = 1 << 20;

/// What happens to the secret that the backup belongs to.
#[derive(Clone, Copy)]
pub(crate) enum Secret<'a> {
    Check(Option<&'a SecretKey>),
    /// The secret is lost; the next start may make a new one.
    Forget,
}

/// Loads a verified backup into the database, which must be absent or empty. Returns how many links
/// were tried.
pub(crate) async fn restore(
    backup: &Backup,
    verified: &Verified,
    target: &StoreSettings,
    secret: Secret<'_>,
) -> anyhow::Result<u64> {
    let Some(tools) = Tools::of(target.database.engine()) else {
        return restore_file(backup, verified, target, secret).await;
    };
    check_empty(target).await?;
    tools.load(&target.database, &backup.path).context(match tools {
        Tools::MySql => "the database may hold a part of it now; drop and create it to try again",
        Tools::Postgres => "nothing was changed",
    })?;
    bring_up(target, secret).await
}

async fn restore_file(
    backup: &Backup,
    verified: &Verified,
    target: &StoreSettings,
    secret: Secret<'_>,
) -> anyhow::Result<u64> {
    let path = target.database.sqlite_path().context("the database is not SQLite")?;
    check_absent(path)?;
    let unfinished = Unfinished::copy(backup, verified, path)?;
    let settings = StoreSettings {
        database: DatabaseUrl::sqlite(&unfinished.path),
        connections_max: target.connections_max,
    };
    let tried = bring_up(&settings, secret).await?;
    unfinished.finish(path)?;
    Ok(tried)
}

/// Checks that there is no database and no file that belongs to one.
pub(crate) fn check_absent(database: &Path) -> anyhow::Result<()> {
    for suffix in ["", "-wal", "-shm", "-journal"] {
        let path = with_suffix(database, suffix);
        // A symbolic link counts even if its target is missing: the disk may not be mounted.
        let exists = match fs::symlink_metadata(&path) {
            Ok(_) => true,
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) => {
                return Err(error).with_context(|| format!("looking for {}", path.display()));
            }
        };
        anyhow::ensure!(
            !exists,
            "{} exists already; move it away first, or restore into another directory with --to",
            path.display()
        );
    }
    Ok(())
}

async fn check_empty(target: &StoreSettings) -> anyhow::Result<()> {
    let store = database::connect(target, StoreMetrics::unregistered()).await?;
    let is_empty = store.is_empty().await;
    store.close().await;
    let database = &target.database;
    anyhow::ensure!(is_empty?, "{database} is not empty; restore into a new database");
    Ok(())
}

/// Opens the restored database as a server would, and tries it.
async fn bring_up(settings: &StoreSettings, secret: Secret<'_>) -> anyhow::Result<u64> {
    let store = database::connect(settings, StoreMetrics::unregistered()).await?;
    let tried = async {
        database::migrate(&store, &Clock::System).await?;
        match secret {
            Secret::Check(Some(secret)) => database::check_secret(&store, secret).await?,
            Secret::Check(None) => {}
            Secret::Forget => store.forget_secret().await?,
        }
        store.reserve_ids(IDS_SKIPPED).await?;
        look_up_some(&store).await
    };
    let tried = tried.await;
    store.close().await;
    tried.context("trying what was restored")
}

/// Looks up some links as a redirect does, without checking whether they may be followed now.
async fn look_up_some(store: &Store) -> anyhow::Result<u64> {
    let Some(newest) = store.newest_link().await? else { return Ok(0) };
    let mut found = 0;
    for _ in 0..LINKS_TRIED {
        let random = getrandom::u64().context("asking the system for random bytes")?;
        let id = LinkId::new(random % (newest.get() + 1)).context("an id out of range")?;
        // The last links may be deleted; then no code follows this id.
        let Some(code) = store.code_from(id).await? else { continue };
        let route = store.route(&code).await?;
        anyhow::ensure!(route.is_some(), "the link {code} is listed and cannot be looked up");
        found += 1;
    }
    Ok(found)
}

/// A database without its final name; removed when it is dropped.
struct Unfinished {
    path: PathBuf,
}

impl Unfinished {
    fn copy(backup: &Backup, verified: &Verified, target: &Path) -> anyhow::Result<Self> {
        let unfinished = Self { path: with_suffix(target, ".restoring") };
        // A killed restore left it; the lock on the data directory keeps other restores out.
        unfinished.remove().context("removing what an earlier restore left")?;
        let copied = copy_file(&backup.path, &unfinished.path, &verified.sha256);
        copied.with_context(|| format!("copying to {}", unfinished.path.display()))?;
        Ok(unfinished)
    }

    /// Renames the database, once everything is in its one file.
    fn finish(self, target: &Path) -> anyhow::Result<()> {
        checkpoint_wal(&self.path)?;
        let log = with_suffix(&self.path, "-wal");
        anyhow::ensure!(!log.exists(), "{} was not closed", log.display());
        check_absent(target)?;
        let directory = target.parent().filter(|parent| *parent != Path::new(""));
        let renamed = File::open(&self.path)
            .and_then(|file| file.sync_all())
            .and_then(|()| fs::rename(&self.path, target))
            .and_then(|()| sync_directory(directory.unwrap_or(Path::new("."))));
        renamed.with_context(|| format!("giving {} its name", target.display()))
    }

    fn remove(&self) -> io::Result<()> {
        for suffix in ["", "-wal", "-shm", "-journal"] {
            remove_if_present(&with_suffix(&self.path, suffix))?;
        }
        Ok(())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // The next restore removes what stays, and until then it harms nothing.
        self.remove().ok();
    }
}

/// Copies only what was verified: the file could have changed since.
fn copy_file(from: &Path, to: &Path, sha256: &str) -> anyhow::Result<()> {
    let mut target = create_private(to)?;
    let (_, copied) = read_through(from, |chunk| Ok(target.write_all(chunk)?))?;
    anyhow::ensure!(copied == sha256, "the backup changed while it was read");
    Ok(())
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
