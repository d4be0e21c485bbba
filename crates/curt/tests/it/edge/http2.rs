//! Cleartext HTTP/2 with prior knowledge, used correctly and incorrectly.

use std::{
    io::{Read as _, Write as _},
    time::{Duration, Instant},
};

use bytes::Bytes;
use h2::client::{self, SendRequest};
use tokio::{net::TcpStream, runtime::Runtime, time::timeout};

use super::{Edge, TARGET, is_closed};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

struct Connection {
    requests: SendRequest<Bytes>,
    ended: tokio::task::JoinHandle<()>,
}

async fn connect(edge: &Edge) -> Connection {
    let stream = TcpStream::connect(edge.server.address()).await.unwrap();
    let (requests, connection) = client::handshake(stream).await.unwrap();
    // The result does not matter: the tests check whether it has ended.
    let ended = tokio_util::task::TaskTracker::new().spawn(async move {
        connection.await.ok();
    });
    Connection { requests, ended }
}

fn get(edge: &Edge, path: &str) -> http::Request<()> {
    let uri = format!("http://{}{path}", edge.host());
    http::Request::get(uri).body(()).unwrap()
}

fn run(test: impl Future<Output = ()>) {
    let runtime = Runtime::new().unwrap();
    runtime.block_on(async { timeout(super::ANSWER_MAX, test).await.unwrap() });
}

#[test]
fn a_redirect_over_http2_is_the_same_redirect() {
    let edge = Edge::start();
    run(async {
        let mut requests = connect(&edge).await.requests.ready().await.unwrap();
        for _ in 0..200 {
            let (answer, _) = requests.send_request(get(&edge, "/link"), true).unwrap();
            let answer = answer.await.unwrap();
            assert_eq!(
                (answer.status().as_u16(), &answer.headers()["location"]),
                (302, &TARGET.parse().unwrap())
            );
            assert!(answer.headers().contains_key("x-request-id"));
            requests = requests.ready().await.unwrap();
        }
        let other = http::Request::get("http://evil.example/link").body(()).unwrap();
        let (answer, _) = requests.send_request(other, true).unwrap();
        assert_eq!(answer.await.unwrap().status(), 421);
    });
}

#[test]
fn http_12_an_idle_http2_connection_is_closed() {
    let edge = Edge::with(&[("IDLE_TIMEOUT", "1s")]);
    run(async {
        let Connection { requests, ended } = connect(&edge).await;
        let mut requests = requests.ready().await.unwrap();
        let (answer, _) = requests.send_request(get(&edge, "/link"), true).unwrap();
        assert_eq!(answer.await.unwrap().status(), 302);
        let start = Instant::now();
        ended.await.unwrap();
        let took = start.elapsed().as_secs_f64();
        assert!((0.7..3.0).contains(&took), "after {took} s");
    });
}

#[test]
fn http_12_streams_beyond_the_limit_wait_and_resets_are_survived() {
    let edge = Edge::start();
    run(async {
        let mut requests = connect(&edge).await.requests.ready().await.unwrap();
        let (answer, _) = requests.send_request(get(&edge, "/link"), true).unwrap();
        assert_eq!(answer.await.unwrap().status(), 302);
        assert_eq!(requests.current_max_send_streams(), 64);
        for _ in 0..1_000 {
            let Ok(ready) = requests.ready().await else { break };
            requests = ready;
            let Ok((_, mut stream)) = requests.send_request(get(&edge, "/link"), false) else {
                break;
            };
            stream.send_reset(h2::Reason::CANCEL);
        }
    });
    assert!(edge.redirects());
}

#[test]
fn http_12_a_head_without_end_is_cut_off() {
    let edge = Edge::start();
    let mut stream = edge.connect();
    stream.write_all(PREFACE).unwrap();
    stream.write_all(&frame(4, 0, 0, &[])).unwrap();
    let start = Instant::now();
    // A head that announces more, and more of it without end.
    stream.write_all(&frame(1, 0, 1, &[0x82])).unwrap();
    let filler = frame(9, 0, 1, &[b'\0'; 1_000]);
    // Some of it is still on its way when the server gives up.
    while stream.write_all(&filler).is_ok() {
        assert!(start.elapsed() < Duration::from_secs(5), "the head is still being read");
    }
    assert!(edge.redirects());
}

#[test]
fn http_12_silence_after_the_preface_is_closed() {
    let edge = Edge::with(&[("IDLE_TIMEOUT", "1s")]);
    let mut stream = edge.connect();
    stream.write_all(PREFACE).unwrap();
    let start = Instant::now();
    let mut answer = Vec::new();
    if let Err(error) = stream.read_to_end(&mut answer) {
        assert!(is_closed(&error), "{error}");
    }
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
}

/// RFC 9113, section 4.1.
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let len = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = vec![len[1], len[2], len[3], kind, flags];
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}
