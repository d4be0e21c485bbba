//! A network that lets connections through one by one.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use testkit::databases::for_each_server;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinSet,
};
use url::Url;

use super::super::transactions::tests::{server_address, through};
use crate::{
    StoreMetrics, StoreSettings,
    db::{Db, Sql},
    error::DbErrorKind,
};

const QUESTION: Sql = Sql::new("select 1");

/// Far longer than a connection takes once it is let through.
const LET_THROUGH_WITHIN: Duration = Duration::from_secs(20);

/// Each connection waits for a ticket, in order of arrival.
async fn run(listener: TcpListener, tickets: Arc<Semaphore>, url: Url) {
    let mut connections = JoinSet::new();
    while let Ok((mut client, _)) = listener.accept().await {
        let (tickets, server) = (Arc::clone(&tickets), server_address(&url));
        connections.spawn(async move {
            tickets.acquire().await.unwrap().forget();
            let mut server = TcpStream::connect(server).await.unwrap();
            copy_bidirectional(&mut client, &mut server).await.ok();
        });
    }
}

#[tokio::test]
async fn f9_a_connection_that_comes_too_late_is_there_for_the_next() {
    for_each_server(async |database| {
        let url = Url::parse(&database.url()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let detour = through(listener.local_addr().unwrap(), &url);
        // For the first look at the server, which does not use the pool.
        let tickets = Arc::new(Semaphore::new(1));
        let mut running = JoinSet::new();
        running.spawn(run(listener, Arc::clone(&tickets), url));
        let settings = StoreSettings {
            connections_max: 1,
            ..StoreSettings::new(detour.as_str().parse().unwrap())
        };
        let db = Db::connect(&settings, StoreMetrics::unregistered()).await.unwrap();

        let late = db.rows(QUESTION, &[]).await.unwrap_err();
        assert_eq!(late.kind(), DbErrorKind::Unavailable);
        // The abandoned attempt gets this ticket; a new attempt would get none.
        tickets.add_permits(1);
        let start = Instant::now();
        while let Err(error) = db.rows(QUESTION, &[]).await {
            assert_eq!(error.kind(), DbErrorKind::Unavailable);
            assert!(start.elapsed() < LET_THROUGH_WITHIN, "{error:?}");
        }
    })
    .await;
}
