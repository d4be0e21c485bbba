//! How the server handles failures around it, and how long it waits at the end.

use std::future::pending;

use tokio::{net::TcpSocket, time::Instant};

use super::*;

#[test]
fn only_what_is_used_up_makes_everybody_wait() {
    for errno in [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM] {
        assert!(is_exhaustion(&errno.into()), "{errno}");
    }
    for errno in [Errno::CONNABORTED, Errno::PROTO, Errno::PERM, Errno::NETUNREACH, Errno::INTR] {
        assert!(!is_exhaustion(&errno.into()), "{errno}");
    }
    assert!(!is_exhaustion(&io::Error::other("not from the kernel")));
}

#[tokio::test(start_paused = true)]
async fn draining_takes_as_long_as_it_may_and_no_longer() {
    for time_max in [Duration::ZERO, LINGER / 2, LINGER, LINGER * 10] {
        let connections = connections();
        connections.tasks.spawn(pending::<()>());
        let start = Instant::now();
        connections.drain(time_max).await;
        let over = start.elapsed().saturating_sub(time_max);
        // The timer counts whole milliseconds.
        let over_max = ABORT_TIME_MAX + Duration::from_millis(10);
        assert!(time_max <= start.elapsed() && over < over_max, "{over:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_not_answered_in_time_is_not_answered_later() {
    let connections = connections();
    let watched = connections.watch.admit(None).unwrap();
    let id = watched.id();
    let task = connections.tasks.spawn(async move {
        pending::<()>().await;
        drop(watched);
    });
    connections.watch.set_task(id, task.abort_handle());
    connections.drain(LINGER * 2).await;
    assert!(task.await.unwrap_err().is_cancelled());
}

#[tokio::test]
async fn the_kernel_takes_little_for_a_client_that_reads_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let _client = socket.connect(listener.local_addr().unwrap()).await.unwrap();
    let (stream, _) = listener.accept().await.unwrap();
    prepare(&stream);

    stream.writable().await.unwrap();
    let mut taken = 0;
    while let Ok(len) = stream.try_write(&[b'a'; 16 * 1024]) {
        taken += len;
    }
    // Without the limit it is two and a half megabytes.
    assert!(taken <= 4 * UNSENT_LEN_MAX as usize, "{taken} bytes");
}

fn connections() -> Connections {
    let settings = ConnectionSettings {
        max: 1,
        per_client_max: 1,
        header_timeout: Duration::from_secs(5),
        idle_timeout: Duration::from_mins(1),
    };
    Connections::new(&settings, ConnectionMetrics::default(), Box::new(Some))
}
