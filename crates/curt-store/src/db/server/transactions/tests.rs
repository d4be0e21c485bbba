//! A network that fails at the worst moment: after COMMIT was sent and before it was answered.

use std::net::SocketAddr;

use testkit::databases::for_each_server;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use url::Url;

use crate::{
    StoreMetrics, StoreSettings,
    db::{Body, Db, DbError, DbErrorKind, Sql},
};

const CREATE: Sql = Sql::new("create table samples (id bigint primary key)");
const INSERT: Sql = Sql::new("insert into samples (id) values ($1)");
const COUNT: Sql = Sql::new("select count(*) from samples");

async fn connect(url: &str) -> Db {
    let settings = StoreSettings::new(url.parse().unwrap());
    Db::connect(&settings, StoreMetrics::unregistered()).await.unwrap()
}

/// Passes everything on but the answer to COMMIT, at which it hangs up.
async fn lose_the_answer_to_commit(mut client: TcpStream, mut server: TcpStream) {
    let (mut asked, mut answered) = ([0; 4096], [0; 4096]);
    let mut is_committing = false;
    loop {
        tokio::select! {
            Ok(len @ 1..) = client.read(&mut asked) => {
                is_committing = asked[..len].windows(6).any(|window| window == b"COMMIT");
                server.write_all(&asked[..len]).await.unwrap();
            }
            Ok(len @ 1..) = server.read(&mut answered) => {
                if is_committing {
                    return;
                }
                client.write_all(&answered[..len]).await.unwrap();
            }
            else => return,
        }
    }
}

async fn bad_network(listener: TcpListener, server: SocketAddr) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        let server = TcpStream::connect(server).await.unwrap();
        connections.spawn(lose_the_answer_to_commit(client, server));
    }
}

/// The address with the bad network in between, which must be able to read along.
fn through(proxy: SocketAddr, url: &Url) -> Url {
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

        let addresses =
            url.socket_addrs(|| (url.scheme() == "mysql").then_some(3306).or(Some(5432)));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let detour = through(listener.local_addr().unwrap(), &url);
        let mut network = JoinSet::new();
        network.spawn(bad_network(listener, addresses.unwrap()[0]));

        let insert: Body<i64, (), DbError> =
            |tx, id| Box::pin(async move { tx.execute(INSERT, &[(*id).into()]).await.map(drop) });
        let unsure = connect(detour.as_str()).await.transaction("insert", 1, insert).await;
        assert_eq!(unsure.unwrap_err().kind(), DbErrorKind::Unavailable);
        let count = db.row(COUNT, &[]).await.unwrap().unwrap();
        assert_eq!(count.int(0).unwrap(), 1, "it was committed, and once");
    })
    .await;
}
