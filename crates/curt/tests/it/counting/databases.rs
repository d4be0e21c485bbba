//! A database that is away, blocked, or does not confirm its commits: redirects go on, and each
//! click is counted once.

use std::{
    net::SocketAddr,
    thread,
    time::{Duration, Instant},
};

use testkit::{
    databases::for_each_server,
    proxy::Proxy,
    server::{Client, Server, free_address},
    sqlite_lock::WriteLock,
    visits::{Pace, Visits, await_counted, await_health},
};

use super::command;

/// Redirects a second while the database is away.
const RATE: u32 = 300;
const AWAY: Duration = Duration::from_secs(2);
/// How many times faster than they arrive clicks must be counted, so that a backlog shrinks.
const CATCHING_UP_MIN: f64 = 5.0;
/// This many transactions were committed, and the server does not know.
const ANSWERS_LOST: u32 = 6;
const LOST_WITHIN: Duration = Duration::from_secs(30);

#[test]
fn p2_p3_a_blocked_sqlite_costs_no_click() {
    let (data_dir, metrics) = (tempfile::tempdir().unwrap(), free_address());
    let server = command(data_dir.path()).metrics(metrics).start();
    let file = data_dir.path().join("curt.db");
    let mut visits = Visits::new(&server);
    visits.follow(&server, 100);
    let mut lock = None;
    outage(&server, &mut visits, metrics, |database| {
        lock = match database {
            Database::Away => Some(WriteLock::take(&file)),
            Database::Back => None,
        };
    });
}

#[tokio::test]
async fn p2_p3_a_database_server_that_is_away_costs_no_click() {
    for_each_server(async |database| {
        let (data_dir, metrics) = (tempfile::tempdir().unwrap(), free_address());
        let proxy = Proxy::before(&database.url());
        let command = command(data_dir.path()).env("CURT_DATABASE_URL", proxy.url());
        let server = command.metrics(metrics).start();
        let mut visits = Visits::new(&server);
        visits.follow(&server, 100);
        outage(&server, &mut visits, metrics, |state| match state {
            Database::Away => proxy.cut(),
            Database::Back => proxy.restore(),
        });
    })
    .await;
}

#[tokio::test]
async fn p2_a_commit_whose_answer_is_lost_counts_once() {
    for_each_server(async |database| {
        let data_dir = tempfile::tempdir().unwrap();
        let proxy = Proxy::before(&database.url());
        let server = command(data_dir.path()).env("CURT_DATABASE_URL", proxy.url()).start();
        let mut visits = Visits::new(&server);
        visits.follow(&server, 100);
        proxy.lose_answers_to_commit(ANSWERS_LOST);
        visits.during(&server, Pace::PerSecond(RATE), || {
            proxy.await_answers_lost(ANSWERS_LOST, LOST_WITHIN);
        });
        visits.assert_exact(&server);
    })
    .await;
}

/// Follows links at a fixed rate while `switch` takes the database away, and after it is back.
#[expect(clippy::print_stdout, reason = "a measurement")]
fn outage(
    server: &Server,
    visits: &mut Visits,
    metrics: SocketAddr,
    mut switch: impl FnMut(Database),
) {
    await_counted(server);
    let before = visits.tally().answered;
    let mut metrics = Client::new(metrics);
    let work_before = Work::of(&mut metrics);
    let back = visits.during(server, Pace::PerSecond(RATE), || {
        switch(Database::Away);
        let start = Instant::now();
        await_health(server, |counting| counting["failing"] == true);
        #[expect(clippy::disallowed_methods, reason = "how long it is away is what is tested")]
        thread::sleep(AWAY.saturating_sub(start.elapsed()));
        switch(Database::Back);
        let back = Instant::now();
        await_counted(server);
        back.elapsed()
    });
    visits.assert_exact(server);
    let clicks = visits.tally().answered - before;
    let work = Work::of(&mut metrics);
    let rate = (work.clicks - work_before.clicks) / (work.seconds - work_before.seconds);
    println!("{clicks} clicks, counted {back:?} after it was back, at {rate:.0} a second");
    assert!(CATCHING_UP_MIN * f64::from(RATE) < rate, "{rate} a second");
}

enum Database {
    Away,
    Back,
}

/// The drain's work since the start.
struct Work {
    clicks: f64,
    seconds: f64,
}

impl Work {
    fn of(metrics: &mut Client) -> Self {
        let seconds = metrics.metric::<f64>("curt_drain_read_seconds_total")
            + metrics.metric::<f64>("curt_drain_store_seconds_sum");
        Self { clicks: metrics.metric("curt_drain_clicks_total"), seconds }
    }
}
