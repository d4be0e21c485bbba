//! A network that fails at the worst moments: between BEGIN, COMMIT or ROLLBACK and the answer.

use std::{future::pending, net::SocketAddr, sync::Arc, time::Duration};

use testkit::databases::for_each_server;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::JoinSet,
    time::{pause, resume, timeout},
};
use url::Url;

use crate::{
    StoreMetrics, StoreSettings,
    db::{Body, Db, Sql},
    error::{DbError, DbErrorKind},
};

const CREATE: Sql = Sql::new("create table samples (id bigint primary key)");
const INSERT: Sql = Sql::new("insert into samples (id) values ($1)");
const COUNT: Sql = Sql::new("select count(*) from samples");

async fn connect(url: &str) -> Db {
    let settings = StoreSettings::new(url.parse().unwrap());
    Db::connect(&settings, StoreMetrics::unregistered()).await.unwrap()
}

/// What happens to a connection when the answer to a given word comes back.
#[derive(Debug, Clone, Copy)]
enum Fault {
    HangUp,
    /// Neither end receives anything more, and neither is told.
    Silence,
}

/// A network that works until the server has answered the word, but drops that answer.
#[derive(Clone)]
struct BadNetwork {
    word: &'static [u8],
    fault: Fault,
    answered: Arc<Notify>,
}

impl BadNetwork {
    fn new(word: &'static str, fault: Fault) -> Self {
        Self { word: word.as_bytes(), fault, answered: Arc::default() }
    }

    async fn carry(self, mut client: TcpStream, mut server: TcpStream) {
        let (mut asked, mut answered) = ([0; 4096], [0; 4096]);
        let mut was_said = false;
        loop {
            tokio::select! {
                Ok(len @ 1..) = client.read(&mut asked) => {
                    let words = &mut asked[..len].windows(self.word.len());
                    was_said = words.any(|window| window == self.word);
                    server.write_all(&asked[..len]).await.unwrap();
                }
                Ok(len @ 1..) = server.read(&mut answered) => {
                    if was_said {
                        break;
                    }
                    client.write_all(&answered[..len]).await.unwrap();
                }
                else => return,
            }
        }
        self.answered.notify_one();
        match self.fault {
            Fault::HangUp => {}
            Fault::Silence => pending().await,
        }
    }

    async fn run(self, listener: TcpListener, server: SocketAddr) {
        let mut connections = JoinSet::new();
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(server).await.unwrap();
            connections.spawn(self.clone().carry(client, server));
        }
    }
}

/// A connection through the network, which exists as long as the set.
async fn connect_through(network: BadNetwork, url: &Url) -> (Db, JoinSet<()>) {
    let server = server_address(url);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let detour = through(listener.local_addr().unwrap(), url);
    let mut running = JoinSet::new();
    running.spawn(network.run(listener, server));
    (connect(detour.as_str()).await, running)
}

pub(in crate::db::server) fn server_address(url: &Url) -> SocketAddr {
    let usual_port = || (url.scheme() == "mysql").then_some(3306).or(Some(5432));
    url.socket_addrs(usual_port).unwrap()[0]
}

/// The address with the bad network in between, which must see the traffic unencrypted.
pub(in crate::db::server) fn through(proxy: SocketAddr, url: &Url) -> Url {
    let mut detour = url.clone();
    detour.set_ip_host(proxy.ip()).unwrap();
    detour.set_port(Some(proxy.port())).unwrap();
    detour.query_pairs_mut().append_pair("sslmode", "disable");
    if url.scheme() == "mysql" {
        detour.set_query(Some("ssl-mode=disabled"));
    }
    detour
}

#[tokio::test]
async fn f20_a_commit_whose_answer_was_lost_is_not_run_again() {
    for_each_server(async |database| {
        let url = Url::parse(&database.url()).unwrap();
        let db = connect(url.as_str()).await;
        db.execute(CREATE, &[]).await.unwrap();

        let network = BadNetwork::new("COMMIT", Fault::HangUp);
        let (detour, _running) = connect_through(network, &url).await;
        let insert: Body<i64, (), DbError> =
            |tx, id| Box::pin(async move { tx.execute(INSERT, &[(*id).into()]).await.map(drop) });
        let unsure = detour.transaction("insert", 1, insert).await;
        assert_eq!(unsure.unwrap_err().kind(), DbErrorKind::Unavailable);
        let count = db.row(COUNT, &[]).await.unwrap().unwrap();
        assert_eq!(count.int(0).unwrap(), 1, "it was committed, and once");
    })
    .await;
}

/// Once the network is silent, tokio's paused clock advances whenever all tasks only wait.
#[tokio::test]
async fn a_transaction_ends_when_the_network_falls_silent() {
    const LONG: Duration = Duration::from_mins(5);
    let succeed: Body<(), (), DbError> = |_, ()| Box::pin(async { Ok(()) });
    let fail: Body<(), (), DbError> =
        |tx, ()| Box::pin(async move { tx.execute(Sql::new("no statement"), &[]).await.map(drop) });
    for_each_server(async |database| {
        let url = Url::parse(&database.url()).unwrap();
        for (word, body, kind) in [
            ("BEGIN", succeed, DbErrorKind::Unavailable),
            ("COMMIT", succeed, DbErrorKind::Unavailable),
            ("ROLLBACK", fail, DbErrorKind::Other),
        ] {
            let network = BadNetwork::new(word, Fault::Silence);
            let answered = Arc::clone(&network.answered);
            let (db, _running) = connect_through(network, &url).await;
            let silence = async {
                answered.notified().await;
                pause();
            };
            let transaction = timeout(LONG, db.transaction(word, (), body));
            let (result, ()) = tokio::join!(transaction, silence);
            let error = result.expect("it ends").unwrap_err();
            assert_eq!(error.kind(), kind, "{word}");
            timeout(LONG, db.close()).await.expect("closing ends too");
            resume();
        }
    })
    .await;
}
