//! A network between a server and its database that can fail: it can be cut, it can fall silent,
//! and it can lose the answer to a COMMIT that the database has carried out.

use std::{
    io::{Read as _, Write as _},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    thread,
    time::Duration,
};

/// More than the packets in which drivers send statements.
const PIECE_LEN: usize = 64 * 1024;

/// What both drivers send to commit, in a separate packet.
const COMMIT: &[u8] = b"COMMIT";

/// Listens until the test process ends.
pub struct Proxy {
    url: String,
    network: Arc<Network>,
}

struct Network {
    database: SocketAddr,
    is_cut: AtomicBool,
    /// Number of connections so far.
    connections: AtomicU32,
    /// The first this many of them carry nothing any more.
    silent: AtomicU32,
    /// How many answers to COMMIT are still to be lost.
    answers_to_lose: AtomicU32,
    answers_lost: Mutex<u32>,
    /// Notified when another answer was lost.
    answer_lost: Condvar,
    /// Both ends of every connection so far.
    streams: Mutex<Vec<TcpStream>>,
}

impl Proxy {
    /// A proxy in front of the database server with this URL.
    pub fn before(url: &str) -> Self {
        let (account, place) = url.rsplit_once('@').expect("test databases have accounts");
        let (database, name) = place.split_once('/').expect("test databases have names");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let network = Arc::new(Network {
            database: database.parse().expect("test databases have an address and a port"),
            is_cut: AtomicBool::new(false),
            connections: AtomicU32::new(0),
            silent: AtomicU32::new(0),
            answers_to_lose: AtomicU32::new(0),
            answers_lost: Mutex::default(),
            answer_lost: Condvar::new(),
            streams: Mutex::default(),
        });
        let served = Arc::clone(&network);
        thread::spawn(move || {
            listener.incoming().flatten().for_each(|client| serve(&served, client));
        });
        Self { url: format!("{account}@{address}/{name}"), network }
    }

    /// The URL of the database through the proxy.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Ends all connections, and every new one at once.
    pub fn cut(&self) {
        self.network.is_cut.store(true, Ordering::SeqCst);
        for stream in self.network.streams().drain(..) {
            // The other side may have ended it first.
            stream.shutdown(Shutdown::Both).ok();
        }
    }

    /// Loses everything on the present connections without telling either side. New ones work.
    pub fn silence(&self) {
        let there_are = self.network.connections.load(Ordering::SeqCst);
        self.network.silent.store(there_are, Ordering::SeqCst);
    }

    pub fn restore(&self) {
        self.network.is_cut.store(false, Ordering::SeqCst);
    }

    /// Loses the next answers to COMMIT, each with its connection.
    pub fn lose_answers_to_commit(&self, count: u32) {
        self.network.answers_to_lose.store(count, Ordering::SeqCst);
    }

    /// Waits until this many were lost.
    ///
    /// # Panics
    /// Panics if it takes longer.
    pub fn await_answers_lost(&self, count: u32, time_max: Duration) {
        let Network { answer_lost, .. } = &*self.network;
        let is_missing = |lost: &mut u32| *lost < count;
        let waited =
            answer_lost.wait_timeout_while(self.network.answers_lost(), time_max, is_missing);
        let lost = *waited.unwrap_or_else(PoisonError::into_inner).0;
        assert!(count <= lost, "{lost} of {count} were lost");
    }
}

impl Network {
    fn answers_lost(&self) -> MutexGuard<'_, u32> {
        self.answers_lost.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn streams(&self) -> MutexGuard<'_, Vec<TcpStream>> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_silent(&self, connection: u32) -> bool {
        connection < self.silent.load(Ordering::SeqCst)
    }

    /// Whether to lose the answer to this packet.
    fn shall_lose(&self, sent: &[u8]) -> bool {
        let commits = sent.windows(COMMIT.len()).any(|word| word == COMMIT);
        let one_less = |count: u32| count.checked_sub(1);
        commits
            && self
                .answers_to_lose
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less)
                .is_ok()
    }
}

fn serve(network: &Arc<Network>, client: TcpStream) {
    if network.is_cut.load(Ordering::SeqCst) {
        return;
    }
    let Ok(database) = TcpStream::connect(network.database) else { return };
    let copy = |stream: &TcpStream| stream.try_clone().expect("a socket can be shared");
    network.streams().extend([copy(&client), copy(&database)]);
    // `cut` may have gone through the streams just before.
    if network.is_cut.load(Ordering::SeqCst) {
        return end([&client, &database]);
    }
    let number = network.connections.fetch_add(1, Ordering::SeqCst);
    let loses = Arc::new(AtomicBool::new(false));
    let (statements, answers) = (Arc::clone(network), Arc::clone(network));
    let ends = [copy(&client), copy(&database)];
    let loses_answer = Arc::clone(&loses);
    thread::spawn(move || {
        let [client, database] = &ends;
        forward(client, database, |sent| {
            if statements.is_silent(number) {
                return Piece::IsSwallowed;
            }
            if statements.shall_lose(sent) {
                loses_answer.store(true, Ordering::SeqCst);
            }
            Piece::Passes
        });
    });
    thread::spawn(move || {
        forward(&database, &client, |_| {
            if answers.is_silent(number) {
                return Piece::IsSwallowed;
            }
            if !loses.load(Ordering::SeqCst) {
                return Piece::Passes;
            }
            *answers.answers_lost() += 1;
            answers.answer_lost.notify_all();
            Piece::IsLost
        });
    });
}

enum Piece {
    Passes,
    /// The piece is lost, and the connection stays.
    IsSwallowed,
    IsLost,
}

/// Forwards until one end closes, or until a piece is lost; then both close.
fn forward(mut from: &TcpStream, mut to: &TcpStream, mut judge: impl FnMut(&[u8]) -> Piece) {
    let mut piece = vec![0; PIECE_LEN];
    while let Ok(len @ 1..) = from.read(&mut piece) {
        match judge(&piece[..len]) {
            Piece::IsSwallowed => {}
            Piece::Passes if to.write_all(&piece[..len]).is_ok() => {}
            Piece::Passes | Piece::IsLost => break,
        }
    }
    end([from, to]);
}

fn end(streams: [&TcpStream; 2]) {
    for stream in streams {
        // The other side may have ended it first.
        stream.shutdown(Shutdown::Both).ok();
    }
}
