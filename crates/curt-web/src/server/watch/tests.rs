//! Every way to hold a connection, and when it ends. The tests move the ticks themselves.

use std::future::pending;

use tokio::task::JoinHandle;

use super::*;

const SETTINGS: ConnectionSettings = ConnectionSettings {
    max: 100,
    per_client_max: 2,
    header_timeout: Duration::from_secs(5),
    idle_timeout: Duration::from_mins(1),
};

const CLIENT: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 9));

fn watch() -> Arc<Watch> {
    Arc::new(Watch::new(&SETTINGS, ConnectionMetrics::default()))
}

/// A connection whose task never ends.
fn connect(watch: &Arc<Watch>, client: Option<IpAddr>) -> Option<(Watched, JoinHandle<()>)> {
    let watched = watch.admit(client)?;
    let task = tokio_util::task::TaskTracker::new().spawn(pending());
    watch.set_task(watched.id(), task.abort_handle());
    Some((watched, task))
}

impl Watch {
    fn pass(&self, time: Duration) {
        let ticks = time.as_millis() / TICK.as_millis();
        for _ in 0..ticks {
            self.ticks.fetch_add(1, Relaxed);
            self.end_overdue();
        }
    }
}

/// Whether it was told to end after exactly this time, to the tick.
async fn lasts(begin: impl Fn(&Connection), time: Duration) -> bool {
    let watch = watch();
    let (watched, task) = connect(&watch, None).unwrap();
    watch.pass(Duration::from_secs(2));
    begin(&watched.connection);
    watch.pass(time.saturating_sub(TICK));
    tokio::task::yield_now().await;
    let early = task.is_finished();
    watch.pass(TICK);
    tokio::task::yield_now().await;
    !early && task.is_finished()
}

#[tokio::test]
async fn http_10_silence_and_a_dripping_head_end_after_the_header_timeout() {
    // Two of the five seconds have passed since it was accepted, whatever has arrived.
    let left = SETTINGS.header_timeout.saturating_sub(Duration::from_secs(2));
    assert!(lasts(|_| {}, left).await);
    assert!(lasts(Connection::has_read, left).await);
    // The second request on a connection has its own five seconds, from its first byte.
    let next_head = |connection: &Connection| {
        connection.begins_answer();
        connection.ends_answer();
        connection.has_read();
        connection.has_read();
    };
    assert!(lasts(next_head, SETTINGS.header_timeout).await);
}

#[tokio::test]
async fn http_10_an_idle_connection_ends_after_the_idle_timeout() {
    let answered = |connection: &Connection| {
        connection.begins_answer();
        connection.has_read();
        connection.ends_answer();
    };
    assert!(lasts(answered, SETTINGS.idle_timeout).await);
}

#[tokio::test]
async fn a_client_that_takes_nothing_of_its_answer_is_left() {
    let stuck = |connection: &Connection| {
        connection.begins_answer();
        connection.is_stuck();
        connection.is_stuck();
    };
    assert!(lasts(stuck, WRITE_TIME_MAX).await);
}

#[tokio::test]
async fn an_answer_that_is_taken_slowly_is_taken_to_its_end() {
    let watch = watch();
    let (watched, task) = connect(&watch, Some(CLIENT)).unwrap();
    let connection = &watched.connection;
    connection.begins_answer();
    connection.ends_answer();
    for _ in 0..20 {
        connection.is_stuck();
        watch.pass(WRITE_TIME_MAX.saturating_sub(TICK));
        watch.make_room();
        connection.has_written();
    }
    tokio::task::yield_now().await;
    assert!(!task.is_finished(), "it was cut off in the middle of its answer");
    watch.pass(SETTINGS.idle_timeout);
    tokio::task::yield_now().await;
    assert!(task.is_finished());
}

#[tokio::test]
async fn a_request_in_flight_is_never_ended_by_the_watch() {
    let watch = watch();
    let (watched, task) = connect(&watch, None).unwrap();
    let connection = &watched.connection;
    connection.begins_answer();
    connection.begins_answer();
    connection.ends_answer();
    connection.is_stuck();
    connection.has_written();
    watch.pass(Duration::from_hours(1));
    tokio::task::yield_now().await;
    assert!(!task.is_finished());
}

#[tokio::test]
async fn f13_the_connection_that_was_idle_the_longest_makes_room() {
    let watch = watch();
    let idle = || {
        let (watched, task) = connect(&watch, None).unwrap();
        watched.connection.is_idle();
        (watched, task)
    };
    let (_busy, busy) = connect(&watch, None).unwrap();
    let (_first, first) = idle();
    watch.pass(EVICTABLE_AFTER);
    let (_second, second) = idle();
    // The first has been idle long enough, the second has not.
    watch.make_room();
    watch.make_room();
    watch.pass(EVICTABLE_AFTER);
    tokio::task::yield_now().await;
    assert_eq!([busy, first, second].map(|task| task.is_finished()), [false, true, false]);
}

#[tokio::test]
async fn a_client_has_so_many_connections_and_its_own_idle_one_makes_room() {
    let watch = watch();
    let (first, first_task) = connect(&watch, Some(CLIENT)).unwrap();
    let _second = connect(&watch, Some(CLIENT)).unwrap();
    let mapped = "::ffff:203.0.113.9".parse().unwrap();
    assert!(connect(&watch, Some(mapped)).is_none(), "both are in use, and it is the same client");
    assert!(connect(&watch, Some(IpAddr::from([203, 0, 113, 10]))).is_some());
    assert!(connect(&watch, None).is_some(), "proxies speak for many");

    first.connection.is_idle();
    watch.pass(EVICTABLE_AFTER);
    assert!(connect(&watch, Some(CLIENT)).is_some());
    tokio::task::yield_now().await;
    assert!(first_task.is_finished());
}

#[tokio::test]
async fn xff_05_an_ipv6_network_is_one_client() {
    let watch = watch();
    let connect = |address: &str| connect(&watch, Some(address.parse().unwrap()));
    let first = connect("2001:db8::1").unwrap();
    let _second = connect("2001:db8::ffff:2").unwrap();
    assert!(connect("2001:db8::3").is_none());
    assert!(connect("2001:db8:0:1::3").is_some());
    drop(first);
    assert!(connect("2001:db8::3").is_some(), "an ended connection gives its place back");
}

#[tokio::test]
async fn nothing_is_remembered_of_connections_that_ended() {
    let watch = watch();
    for last in 0..=255 {
        drop(connect(&watch, Some(IpAddr::from([203, 0, 113, last]))));
    }
    assert_eq!(watch.table().entries.len(), 0);
    assert_eq!(watch.table().per_client.len(), 0);
}
