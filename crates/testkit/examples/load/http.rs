//! As much of HTTP/1.1 as the loads need: answers with a length, on connections that stay open.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, SocketAddrV4},
    str,
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    time::timeout,
};

use crate::Outcome;

/// More headers than any server here sends.
const HEADERS_MAX: usize = 32;

/// Longest time for one answer: past every limit of the servers themselves.
const ANSWER_TIME_MAX: Duration = Duration::from_mins(1);

/// A complete answer at the start of some bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head_len: usize,
    pub(crate) body_len: usize,
}

/// The answer at the start of `bytes`; `None` until it is complete.
pub(crate) fn answer(bytes: &[u8]) -> Outcome<Option<Answer>> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(head_len) = response.parse(bytes)? else { return Ok(None) };
    let is_length = |h: &&httparse::Header<'_>| h.name.eq_ignore_ascii_case("content-length");
    let length = response.headers.iter().find(is_length).ok_or("an answer without a length")?;
    let body_len: usize = str::from_utf8(length.value)?.parse()?;
    let status = response.code.ok_or("an answer without a status")?;
    let is_whole = head_len + body_len <= bytes.len();
    Ok(is_whole.then_some(Answer { status, head_len, body_len }))
}

/// A socket that will connect from this address of the machine.
pub(crate) fn socket(source: Ipv4Addr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddrV4::new(source, 0).into())?;
    socket.set_nodelay(true)?;
    Ok(socket)
}

pub(crate) async fn connect(source: Ipv4Addr, address: SocketAddr) -> io::Result<TcpStream> {
    socket(source)?.connect(address).await
}

/// A connection that waits for each answer before it sends the next request.
pub(crate) struct Client {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Client {
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self { stream, received: Vec::new() }
    }

    /// The status and the body of the answer to a request.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> Outcome<(u16, &[u8])> {
        timeout(ANSWER_TIME_MAX, self.exchange(request)).await.map_err(|_| "no answer in time")?
    }

    async fn exchange(&mut self, request: &[u8]) -> Outcome<(u16, &[u8])> {
        self.received.clear();
        self.stream.write_all(request).await?;
        loop {
            if self.stream.read_buf(&mut self.received).await? == 0 {
                return Err("the server closed a connection instead of answering".into());
            }
            if let Some(Answer { status, head_len, .. }) = answer(&self.received)? {
                return Ok((status, &self.received[head_len..]));
            }
        }
    }

    /// Whether the server has kept the connection open.
    pub(crate) fn is_open(&self) -> bool {
        let nothing = self.stream.try_read(&mut [0; 1]);
        nothing.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }
}
