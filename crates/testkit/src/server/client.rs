//! A blocking HTTP/1.1 client on one kept connection.
//!
//! Unlike libraries it never retries. It distinguishes a request that cannot have reached the
//! server from one whose answer is missing, which may have been carried out.

use std::{
    fmt::Debug,
    io::{self, BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    str::FromStr,
    time::Duration,
};

use serde_json::Value;

use crate::metrics::metric;

/// Far longer than any request takes, so that a hanging server fails the test, not the test run.
const ANSWER_MAX: Duration = Duration::from_secs(20);
/// A page of 200 links with every field set stays below this.
const BODY_BYTES_MAX: u64 = 4 * 1024 * 1024;
const HEADER_LINES_MAX: usize = 64;
const LINE_BYTES_MAX: u64 = 16 * 1024;

pub struct Client {
    address: SocketAddr,
    key: Option<String>,
    headers: String,
    connection: Option<BufReader<TcpStream>>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// No connection: the server has not seen the request.
    #[error("cannot connect")]
    NotSent(#[source] io::Error),
    /// Sent, in part at least: the server may have carried it out.
    #[error("sent, but not answered")]
    Unanswered(#[source] io::Error),
}

impl Client {
    pub fn new(address: SocketAddr) -> Self {
        Self { address, key: None, headers: String::new(), connection: None }
    }

    #[must_use]
    pub fn with_key(mut self, key: &str) -> Self {
        self.key = Some(key.to_owned());
        self
    }

    /// Adds a header to every following request.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.extend([name, ": ", value, "\r\n"]);
        self
    }

    pub fn get(&mut self, path: &str) -> Result<Response, RequestError> {
        self.request("GET", path, None)
    }

    pub fn post(&mut self, path: &str, body: &Value) -> Result<Response, RequestError> {
        self.request("POST", path, Some(body))
    }

    pub fn patch(&mut self, path: &str, body: &Value) -> Result<Response, RequestError> {
        self.request("PATCH", path, Some(body))
    }

    pub fn delete(&mut self, path: &str) -> Result<Response, RequestError> {
        self.request("DELETE", path, None)
    }

    pub fn request(
        &mut self,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Response, RequestError> {
        let body = body.map(Value::to_string).unwrap_or_default();
        let head = self.head(method, path, body.len());
        self.exchange(&(head + &body))
    }

    /// Sends a form as a page does.
    pub fn post_form(&mut self, path: &str, form: &str) -> Result<Response, RequestError> {
        let head = self.head_of("POST", path, "application/x-www-form-urlencoded", form.len());
        self.exchange(&(head + form))
    }

    fn exchange(&mut self, request: &str) -> Result<Response, RequestError> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => connect(self.address).map_err(RequestError::NotSent)?,
        };
        connection
            .get_mut()
            .write_all(request.as_bytes())
            .and_then(|()| Response::read(&mut connection))
            .inspect(|answer| self.connection = (!answer.is_last()).then_some(connection))
            .map_err(RequestError::Unanswered)
    }

    /// The number of a series, for a client of the metrics address.
    ///
    /// # Panics
    /// Panics if there is none.
    pub fn metric<T: FromStr<Err: Debug>>(&mut self, series: &str) -> T {
        let page = self.get("/metrics").expect("a healthy server answers").body;
        let page = String::from_utf8_lossy(&page);
        metric(&page, series).unwrap_or_else(|| panic!("no {series} in {page}"))
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether the next request can reuse the connection; false after the server announced its
    /// close.
    pub fn is_connected(&self) -> bool {
        self.connection.is_some()
    }

    /// The head of a request, for tests that write the bytes themselves.
    pub fn head(&self, method: &str, path: &str, body_len: usize) -> String {
        self.head_of(method, path, "application/json", body_len)
    }

    fn head_of(&self, method: &str, path: &str, body_type: &str, body_len: usize) -> String {
        // The host name of the default public URL.
        let host = format!("localhost:{}", self.address.port());
        let key = match &self.key {
            Some(key) => format!("Authorization: Bearer {key}\r\n"),
            None => String::new(),
        };
        let body = match body_len {
            0 => String::new(),
            len => format!("Content-Type: {body_type}\r\nContent-Length: {len}\r\n"),
        };
        let headers = &self.headers;
        format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\n{key}{headers}{body}\r\n")
    }
}

fn connect(address: SocketAddr) -> io::Result<BufReader<TcpStream>> {
    let stream = TcpStream::connect_timeout(&address, ANSWER_MAX)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(ANSWER_MAX))?;
    stream.set_write_timeout(Some(ANSWER_MAX))?;
    Ok(BufReader::new(stream))
}

#[derive(Debug, Clone)]
pub struct Response {
    pub status: u16,
    headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Response {
    /// Reads one answer, except to a HEAD request. An interim one (100) counts as an answer.
    pub fn read(from: &mut impl BufRead) -> io::Result<Self> {
        let status_line = read_line(from)?;
        let rest =
            ["HTTP/1.1 ", "HTTP/1.0 "].iter().find_map(|http| status_line.strip_prefix(http));
        let status = rest
            .and_then(|rest| rest.get(..3)?.parse().ok())
            .ok_or_else(|| malformed("the status line", &status_line))?;
        let mut response = Self { status, headers: Vec::new(), body: Vec::new() };
        loop {
            let line = read_line(from)?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').ok_or_else(|| malformed("a header", &line))?;
            response.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
            if HEADER_LINES_MAX < response.headers.len() {
                return Err(malformed("the header", "too many lines"));
            }
        }
        response.read_body(from)?;
        Ok(response)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON; null if it is something else.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Whether the server will close the connection.
    pub fn is_last(&self) -> bool {
        self.header("connection").is_some_and(|value| value.eq_ignore_ascii_case("close"))
    }

    fn read_body(&mut self, from: &mut impl BufRead) -> io::Result<()> {
        if self.header("transfer-encoding") == Some("chunked") {
            return self.read_chunks(from);
        }
        let len = match self.header("content-length") {
            Some(text) => text.parse().map_err(|_| malformed("the length", text))?,
            None if matches!(self.status, 100..=199 | 204 | 304) => 0,
            None => return Err(malformed("the header", "no length of the body")),
        };
        self.read_part(from, len)
    }

    fn read_chunks(&mut self, from: &mut impl BufRead) -> io::Result<()> {
        loop {
            let line = read_line(from)?;
            let len =
                u64::from_str_radix(&line, 16).map_err(|_| malformed("a chunk's length", &line))?;
            self.read_part(from, len)?;
            read_line(from)?;
            if len == 0 {
                return Ok(());
            }
        }
    }

    fn read_part(&mut self, from: &mut impl BufRead, len: u64) -> io::Result<()> {
        if BODY_BYTES_MAX < len + self.body.len() as u64 {
            return Err(malformed("the body", "too long"));
        }
        let got = from.take(len).read_to_end(&mut self.body)?;
        if (got as u64) < len {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }
}

fn read_line(from: &mut impl BufRead) -> io::Result<String> {
    let mut line = String::new();
    from.take(LINE_BYTES_MAX).read_line(&mut line)?;
    match line.strip_suffix("\r\n") {
        Some(text) => Ok(text.to_owned()),
        None => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

fn malformed(what: &str, text: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("cannot read {what} of an answer: {text}"))
}
