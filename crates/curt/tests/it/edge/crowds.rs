//! More connections than the server has room for.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};
use testkit::visits::await_counted;

use super::Edge;

/// A connection that has had its answer and stays open.
fn idle(edge: &Edge) -> TcpStream {
    let mut stream = edge.connect();
    let request = format!("GET /link HTTP/1.1\r\nHost: {}\r\n\r\n", edge.host());
    stream.write_all(request.as_bytes()).unwrap();
    assert_ne!(stream.read(&mut [0; 4096]).unwrap(), 0);
    stream
}

fn is_open(stream: &TcpStream) -> bool {
    stream.set_nonblocking(true).unwrap();
    let is_open = matches!(stream.peek(&mut [0]), Err(error) if error.kind() == std::io::ErrorKind::WouldBlock);
    stream.set_nonblocking(false).unwrap();
    is_open
}

#[test]
fn f13_newcomers_take_the_place_of_who_was_idle_the_longest() {
    let edge = Edge::with(&[("CONNECTIONS_MAX", "12")]);
    let crowd: Vec<_> = (0..30).map(|_| idle(&edge)).collect();
    let open: Vec<bool> = crowd.iter().map(is_open).collect();
    assert!(!open[0] && open[29], "the first had to go, the last is there: {open:?}");
    assert!(open.iter().filter(|open| **open).count() <= 12, "{open:?}");
    assert!(edge.redirects());
}

#[test]
fn one_client_may_have_so_many_connections() {
    let edge = Edge::with(&[("CONNECTIONS_PER_CLIENT_MAX", "8"), ("HEADER_TIMEOUT", "2s")]);
    // Heads that never end: no connection is idle.
    let held: Vec<_> = (0..20).map(|_| edge.connect()).collect();
    let start = Instant::now();
    while 9 < held.iter().filter(|stream| is_open(stream)).count() {
        assert!(start.elapsed() < super::ANSWER_MAX, "more than eight stay open");
    }
    // When their time is up there is room again.
    while !edge.redirects() {
        assert!(start.elapsed() < super::ANSWER_MAX, "it stays shut out");
    }
}

#[test]
fn f13_an_idle_connection_costs_little_memory() {
    const COUNT: usize = 700;
    let edge = Edge::start();
    let resident = || {
        let status =
            fs::read_to_string(format!("/proc/{}/status", edge.server.process_id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().strip_suffix(" kB").unwrap().parse::<usize>().unwrap() * 1024
    };
    // Memory that the server needs only once, also to count its first clicks, is not for
    // connections.
    drop((0..50).map(|_| idle(&edge)).collect::<Vec<_>>());
    await_counted(&edge.server);
    let before = resident();
    let crowd: Vec<_> = (0..COUNT).map(|_| idle(&edge)).collect();
    let each = resident().saturating_sub(before) / COUNT;
    drop(crowd);
    assert!(each <= 25_000, "{each} bytes each");
}

#[test]
fn f14_without_file_descriptors_it_waits_without_spinning_and_recovers() {
    let edge = Edge::start();
    let pid = Pid::from_raw(i32::try_from(edge.server.process_id()).unwrap());
    let open = edge.open_files() as u64;
    let maximum = getrlimit(Resource::Nofile).maximum;
    let full = Rlimit { current: Some(open + 5), maximum };
    let roomy = prlimit(pid, Resource::Nofile, full).unwrap();

    let crowd: Vec<_> = (0..40).map(|_| edge.connect()).collect();
    let start = Instant::now();
    while !edge.server.output().contains("could not be accepted") {
        assert!(start.elapsed() < super::ANSWER_MAX, "{}", edge.server.output());
    }
    let busy = cpu_time(&edge);
    #[expect(clippy::disallowed_methods, reason = "what it does in a second is what is tested")]
    std::thread::sleep(Duration::from_secs(1));
    let spent = cpu_time(&edge).saturating_sub(busy);
    assert!(spent < Duration::from_millis(500), "{spent:?} in a second");

    drop(crowd);
    prlimit(pid, Resource::Nofile, roomy).unwrap();
    let start = Instant::now();
    while !edge.redirects() {
        assert!(start.elapsed() < Duration::from_secs(5), "it does not recover");
    }
}

/// Time on a processor so far; the kernel counts in hundredths of a second.
fn cpu_time(edge: &Edge) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{}/stat", edge.server.process_id())).unwrap();
    let (_, fields) = stat.rsplit_once(") ").unwrap();
    let fields: Vec<&str> = fields.split(' ').collect();
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    Duration::from_millis(10 * ticks)
}

#[test]
fn f14_a_small_limit_of_open_files_means_fewer_connections() {
    let limited = ["sh", "-c", "ulimit -n 300; exec \"$0\" \"$@\""];
    let edge = Edge::start_command(&[], |command| command.within(limited));
    assert!(edge.server.output().contains("connections_max"), "{}", edge.server.output());
    let crowd: Vec<_> = (0..100).map(|_| idle(&edge)).collect();
    assert!(edge.redirects());
    assert!(!edge.server.output().contains("could not be accepted"));
    drop(crowd);
}
