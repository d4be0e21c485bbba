//! The smallest redirect answer hyper can give: `scripts/bench` compares the server with it.
//!
//! It has the same allocator, runtime and socket options as the server, and none of its functions:
//! every request is answered with the same redirect.
#![expect(clippy::print_stderr, reason = "it is a command, and no server")]

use std::{convert::Infallible, env, error::Error, process::ExitCode};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header::LOCATION};
use http_body_util::Empty;
use hyper::{
    body::Incoming,
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::TaskTracker;

const USAGE: &str = "usage: bare_hyper ADDRESS http1|http2";

/// As long as the targets in bench/codes.lua.
const TARGET: HeaderValue =
    HeaderValue::from_static("https://site-00001.example.com/articles/000000001?ref=newsletter");

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Debug, Clone, Copy)]
enum Protocol {
    Http1,
    Http2,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let served = match arguments[..] {
        [address, "http1"] => serve(address, Protocol::Http1),
        [address, "http2"] => serve(address, Protocol::Http2),
        _ => Err(USAGE.into()),
    };
    let Err(error) = served;
    eprintln!("{error}");
    ExitCode::FAILURE
}

/// Runs until it is killed.
#[tokio::main]
async fn serve(address: &str, protocol: Protocol) -> Result<Infallible, Box<dyn Error>> {
    let listener = TcpListener::bind(address).await?;
    let connections = TaskTracker::new();
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        connections.spawn(answer_all(stream, protocol));
    }
}

async fn answer_all(stream: TcpStream, protocol: Protocol) {
    let (stream, service) = (TokioIo::new(stream), service_fn(redirect));
    let served = match protocol {
        Protocol::Http1 => http1::Builder::new().serve_connection(stream, service).await,
        Protocol::Http2 => {
            http2::Builder::new(TokioExecutor::new()).serve_connection(stream, service).await
        }
    };
    if let Err(error) = served {
        eprintln!("a connection ended early: {error}");
    }
}

async fn redirect(_: Request<Incoming>) -> Result<Response<Empty<Bytes>>, Infallible> {
    let mut response = Response::new(Empty::new());
    *response.status_mut() = StatusCode::FOUND;
    response.headers_mut().insert(LOCATION, TARGET);
    Ok(response)
}
