//! How many clicks a drain counts per second of one core, with real journal files, SQLite, and a
//! durable transaction for each batch.
//!
//! Fills a journal first, then starts a drain on it and waits until it has counted everything.
//! Prints `key=value` on a line for each run, for `scripts/bench`.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it is a command, and no server")]

use std::{
    env,
    error::Error,
    net::{IpAddr, Ipv4Addr},
    num::NonZeroUsize,
    path::Path,
    process::ExitCode,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use curt_analytics::{Drain, DrainMetrics, DrainSettings, Finished};
use curt_domain::{Click, ClickQuery, Clock, LinkId, Privacy, Span, Timestamp};
use curt_journal::{Journal, JournalSettings};
use curt_store::{DatabaseUrl, Store, StoreMetrics, StoreSettings};
use rustix::time::{ClockId, clock_gettime};

const USAGE: &str = "usage: drain_rate DIRECTORY CLICKS LINKS
  Counts so many clicks on so many links, in turn, in a directory that does not exist yet.";

/// Different user agents among the clicks.
const AGENTS: u64 = 200;

/// Links whose clicks are checked afterwards.
const CHECKED: u64 = 1_000;

/// Long enough for a slow machine.
const PATIENCE: Duration = Duration::from_mins(30);

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Outcome<()> {
    let [directory, clicks, links] = arguments else { return Err(USAGE.into()) };
    let (clicks, links) = (clicks.parse()?, links.parse()?);
    let home = Path::new(directory);
    std::fs::create_dir(home)?;
    let bytes = fill(home, clicks, links)?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let (wall, cpu) = runtime.block_on(drain(home, clicks, links))?;
    let per_second = |time: Duration| u128::from(clicks) * 1_000_000 / time.as_micros().max(1);
    println!(
        "clicks={clicks} links={links} click_bytes={} wall_ms={} cpu_ms={} clicks_per_second={} \
         clicks_per_cpu_second={}",
        bytes / clicks,
        wall.as_millis(),
        cpu.as_millis(),
        per_second(wall),
        per_second(cpu),
    );
    Ok(())
}

fn open(home: &Path) -> Outcome<Journal> {
    let settings = JournalSettings {
        capacity: u64::MAX,
        ..JournalSettings::new(home.join("journal"), NonZeroUsize::MIN)
    };
    Ok(Journal::open(settings, Clock::System)?)
}

/// Appends the clicks; returns how many bytes they are without their frames.
fn fill(home: &Path, clicks: u64, links: u64) -> Outcome<u64> {
    let journal = open(home)?;
    let agents: Vec<String> = (0..AGENTS).map(agent).collect();
    let mut bytes = 0;
    for number in 0..clicks {
        let click = Click {
            link: LinkId::new(1 + number % links).ok_or("too many links")?,
            at: Clock::System.now(),
            decided: None,
            client: IpAddr::V4(Ipv4Addr::from_bits(u32::try_from(number % 0xff_ffff)?)),
            privacy: Privacy::default(),
            user_agent: agents[usize::try_from(number % AGENTS)?].as_bytes(),
            referrer: b"https://news.example.org/",
            language: b"en-US,en;q=0.9",
            query: ClickQuery::default(),
        };
        let len = click.encoded_len();
        bytes += len as u64;
        // This is faster than the disk: the next segment is still being created.
        while journal.append(len, |place| click.encode(place)).is_err() {
            #[expect(
                clippy::disallowed_methods,
                reason = "the journal tells nobody when it is made"
            )]
            thread::sleep(Duration::from_millis(1));
        }
    }
    journal.close();
    Ok(bytes)
}

fn agent(number: u64) -> String {
    format!(
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
         Chrome/{number}.0.0.0 Safari/537.36"
    )
}

/// Wall time, and processor time of the whole process: the drain and SQLite's writer.
async fn drain(home: &Path, clicks: u64, links: u64) -> Outcome<(Duration, Duration)> {
    let settings = StoreSettings::new(DatabaseUrl::sqlite(home.join("curt.db")));
    let store = Store::connect(&settings, StoreMetrics::unregistered()).await?;
    store.migrate(&Clock::System).await?;
    let journal = Arc::new(open(home)?);
    journal.close();
    let (started, cpu_before) = (Instant::now(), cpu_time());
    let drain = Drain::start(DrainSettings {
        store: store.clone(),
        journal,
        directory: home.join("journal"),
        clock: Clock::System,
        metrics: DrainMetrics::unregistered(),
    })?;
    let finished = drain.finish(PATIENCE).await;
    let times = (started.elapsed(), cpu_time().saturating_sub(cpu_before));
    if finished != Finished::Whole {
        return Err("not done in half an hour".into());
    }
    check(&store, clicks, links).await?;
    store.close().await;
    Ok(times)
}

/// Checks that some of the links have exactly the clicks that they should.
async fn check(store: &Store, clicks: u64, links: u64) -> Outcome<()> {
    let [from, to] = [i64::MIN, i64::MAX].map(Timestamp::from_millis);
    let ever = Span::around(from, to).ok_or("no time")?;
    for number in 1..=links.min(CHECKED) {
        let expected = (clicks - number) / links + 1;
        let link = LinkId::new(number).ok_or("too many links")?;
        let counted = store.clicks_within(link, ever).await?.human;
        if counted != expected {
            return Err(format!("link {number} has {counted} clicks, not {expected}").into());
        }
    }
    Ok(())
}

fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}
