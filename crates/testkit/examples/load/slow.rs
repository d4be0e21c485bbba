//! Clients that keep their connections as long as the server lets them, each slow in its own way. A
//! client whose connection ended comes back.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use socket2::SockRef;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

use crate::{Outcome, http};

/// Source address of all of them; well-behaved clients have another.
const SOURCE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// Between the first connections of two clients, so that the kernel's queue can hold them.
const ARRIVAL_PAUSE: Duration = Duration::from_millis(1);

/// Before a client comes back.
const RETURN_PAUSE: Duration = Duration::from_secs(1);

/// Between two bytes of a client that drips.
const DRIP_PAUSE: Duration = Duration::from_millis(250);

/// Between two checks of a client that does not read: how exactly the end of its connection is
/// known.
const LOOK_PAUSE: Duration = Duration::from_millis(100);

/// A connection that ended earlier was not admitted at all.
const ADMITTED_AFTER: Duration = Duration::from_secs(1);

/// How long to wait for the server at the end: past every limit of a connection.
const CLOSE_TIME_MAX: Duration = Duration::from_secs(30);

/// Bytes that the kernel buffers for a client: few, so that the server soon has to wait.
const RECEIVE_BUFFER_LEN: u32 = 4096;

/// Most bytes in a segment, as on Ethernet. Segments on loopback have 64 KB, and the kernel sizes
/// the server's send buffers by them: three megabytes for a client that does not read, which no
/// remote client gets.
const SEGMENT_LEN_MAX: u32 = 1460;

/// Requests in a row for a long document: more than a server reads ahead.
const UNREAD_REQUESTS: usize = 500;

#[derive(Debug, Clone, Copy)]
enum Kind {
    Silent,
    PartialHead,
    DrippingHead,
    DrippingBody,
    NotReading,
}

const KINDS: [(Kind, &str); 5] = [
    (Kind::Silent, "silent"),
    (Kind::PartialHead, "partial_head"),
    (Kind::DrippingHead, "dripping_head"),
    (Kind::DrippingBody, "dripping_body"),
    (Kind::NotReading, "not_reading"),
];

struct Crowd {
    address: SocketAddr,
    /// Needed for the body: without a valid key the server would not wait for it.
    key: String,
    open: AtomicUsize,
    end: Instant,
}

/// Prints `ready open=…` when all have connected, and at the end `closed=… refused=… open=…` and,
/// by kind, the longest time for which the server kept a connection, in milliseconds.
pub(crate) async fn run(
    address: SocketAddr,
    clients: usize,
    time: Duration,
    key: &str,
) -> Outcome<()> {
    let arrivals = ARRIVAL_PAUSE * u32::try_from(clients)?;
    let crowd = Arc::new(Crowd {
        address,
        key: key.to_owned(),
        open: AtomicUsize::new(0),
        end: Instant::now() + arrivals + time,
    });
    let mut tasks = JoinSet::new();
    for number in 0..clients {
        let index = number % KINDS.len();
        let crowd = Arc::clone(&crowd);
        tasks.spawn(async move { (index, crowd.client(KINDS[index].0).await) });
        sleep(ARRIVAL_PAUSE).await;
    }
    println!("ready open={}", crowd.open.load(Relaxed));
    let (mut closed, mut refused, mut longest) = (0, 0, [Duration::ZERO; KINDS.len()]);
    let left = crowd.end.saturating_duration_since(Instant::now()) + CLOSE_TIME_MAX;
    let all_ended = async {
        while let Some(ended) = tasks.join_next().await {
            let (index, times) = ended?;
            for time in times? {
                closed += 1;
                refused += usize::from(time < ADMITTED_AFTER);
                longest[index] = time.max(longest[index]);
            }
        }
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(())
    };
    // Connections that are still open then are reported below.
    if let Ok(ended) = timeout(left, all_ended).await {
        ended?;
    }
    print!("closed={closed} refused={refused} open={}", crowd.open.load(Relaxed));
    for ((_, name), time) in KINDS.iter().zip(longest) {
        print!(" {name}={}", time.as_millis());
    }
    println!();
    Ok(())
}

impl Crowd {
    /// How long each connection of one client lasted.
    async fn client(&self, kind: Kind) -> Outcome<Vec<Duration>> {
        let mut times = Vec::new();
        loop {
            let socket = http::socket(SOURCE)?;
            socket.set_recv_buffer_size(RECEIVE_BUFFER_LEN)?;
            SockRef::from(&socket).set_tcp_mss(SEGMENT_LEN_MAX)?;
            let stream = socket.connect(self.address).await?;
            let start = Instant::now();
            self.open.fetch_add(1, Relaxed);
            self.hold(stream, kind).await;
            self.open.fetch_sub(1, Relaxed);
            times.push(start.elapsed());
            if self.end <= Instant::now() + RETURN_PAUSE {
                return Ok(times);
            }
            sleep(RETURN_PAUSE).await;
        }
    }

    /// Waits until the server ends the connection; any error means that here.
    async fn hold(&self, mut stream: TcpStream, kind: Kind) {
        if stream.write_all(self.beginning(kind).as_bytes()).await.is_err() {
            return;
        }
        while is_open(&mut stream, kind).await {
            let drips = matches!(kind, Kind::DrippingHead | Kind::DrippingBody);
            if drips && stream.write_all(b" ").await.is_err() {
                return;
            }
        }
    }

    fn beginning(&self, kind: Kind) -> String {
        let Self { address, key, .. } = self;
        match kind {
            Kind::Silent => String::new(),
            Kind::PartialHead | Kind::DrippingHead => {
                format!("GET /slow HTTP/1.1\r\nHost: {address}\r\nX-Slow: ")
            }
            Kind::DrippingBody => format!(
                "POST /api/v1/urls HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\n\
                 Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{{"
            ),
            Kind::NotReading => format!("GET /openapi.json HTTP/1.1\r\nHost: {address}\r\n\r\n")
                .repeat(UNREAD_REQUESTS),
        }
    }
}

/// Whether the connection is open after a pause. A client that reads nothing sees a reset, which
/// the server's kernel sends because of unread requests.
async fn is_open(stream: &mut TcpStream, kind: Kind) -> bool {
    if let Kind::NotReading = kind {
        sleep(LOOK_PAUSE).await;
        return matches!(stream.take_error(), Ok(None));
    }
    match timeout(DRIP_PAUSE, stream.read(&mut [0; 1024])).await {
        Ok(Ok(len)) => 0 < len,
        Ok(Err(_)) => false,
        Err(_elapsed) => true,
    }
}
