//! SETUP-01: the file is removed when its link no longer works.

use std::{fs, time::Duration};

use tempfile::TempDir;
use tokio::time::Instant;

use super::*;

/// An unused link, its file, and the file's directory.
fn waiting() -> (Setup, PathBuf, TempDir) {
    let directory = TempDir::new().unwrap();
    let file = directory.path().join(SETUP_FILE);
    fs::write(&file, "https://sho.rt/-/setup#token\n").unwrap();
    let (bootstrap, _) = Bootstrap::new(Clock::System.now());
    (Setup { bootstrap, file: file.clone() }, file, directory)
}

#[tokio::test(start_paused = true)]
async fn setup_01_the_file_goes_as_soon_as_the_link_has_been_used() {
    let (setup, file, _directory) = waiting();
    let start = Instant::now();
    setup.bootstrap.used.cancel();
    setup.end(CancellationToken::new()).await;
    assert!(!file.exists());
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn setup_01_the_file_goes_after_half_an_hour() {
    let (setup, file, _directory) = waiting();
    let start = Instant::now();
    setup.end(CancellationToken::new()).await;
    assert!(!file.exists());
    assert_eq!(start.elapsed().as_secs(), 30 * 60);
}

#[tokio::test(start_paused = true)]
async fn the_file_goes_with_the_server_and_one_that_is_gone_is_no_error() {
    let (setup, file, _directory) = waiting();
    let server_ends = CancellationToken::new();
    server_ends.cancel();
    fs::remove_file(&file).unwrap();
    setup.end(server_ends).await;
    assert!(!file.exists());
}
