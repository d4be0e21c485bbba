//! Rows in portions that fit one request.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use curt_store::LINKS_AT_ONCE_MAX;
use curt_web::CHUNK_PASSWORDS_MAX;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Serialize;
use serde_json::{Map, Value};
use sha2::Sha256;
use tokio::sync::mpsc::Sender;

use super::{super::columns::PASSWORD, row::Row, rows::Rows};

/// Input for one request, in bytes: as JSON it stays below the API's 16 MiB, however it is escaped.
const INPUT_LEN_MAX: u64 = 1 << 20;

/// Neighbouring rows, at most as many as one transaction writes. The same input is always cut the
/// same way, which a repeated import relies on.
pub(super) struct Chunk {
    pub(super) rows: Vec<Row>,
    /// How much of the input has been read so far, in bytes.
    pub(super) position: u64,
}

#[derive(Serialize)]
struct Body<'a> {
    links: Vec<&'a Map<String, Value>>,
}

impl Chunk {
    /// The rows to send to the API.
    pub(super) fn links(&self) -> impl Iterator<Item = &Map<String, Value>> {
        self.rows.iter().filter_map(|row| row.link.as_ref().ok())
    }

    /// The body of a bulk create.
    pub(super) fn body(&self) -> Vec<u8> {
        let body = Body { links: self.links().collect() };
        serde_json::to_vec(&body).expect("rows are made of texts and numbers")
    }

    /// Keeps a repeated import from making these links twice. Absent if every link has a custom
    /// code: those conflict with themselves.
    pub(super) fn idempotency_key(&self, body: &[u8], secret: &[u8; 32]) -> Option<String> {
        if self.links().all(|link| link.contains_key("custom_alias")) {
            return None;
        }
        // The key is stored, and bodies may hold passwords: an attacker must not be able to compute
        // it.
        let hash: Hmac<Sha256> =
            Hmac::new_from_slice(secret).expect("HMAC takes a key of any length");
        // Equal rows elsewhere in the file are other links.
        let hash = hash.chain_update(self.rows.first()?.line.to_be_bytes()).chain_update(body);
        Some(format!("import-{}", URL_SAFE_NO_PAD.encode(hash.finalize().into_bytes())))
    }
}

/// Reads to the end, or until the receiver is gone; an error is the last thing sent.
pub(super) fn read_chunks(mut rows: Rows, chunks: &Sender<anyhow::Result<Chunk>>) {
    loop {
        let chunk = read_chunk(&mut rows);
        let is_last = chunk.as_ref().map_or(true, |chunk| chunk.rows.is_empty());
        if chunks.blocking_send(chunk).is_err() || is_last {
            return;
        }
    }
}

fn read_chunk(rows: &mut Rows) -> anyhow::Result<Chunk> {
    let start = rows.position();
    let (mut chunk, mut passwords) = (Vec::new(), 0);
    while chunk.len() < LINKS_AT_ONCE_MAX
        && passwords < CHUNK_PASSWORDS_MAX
        && rows.position() - start < INPUT_LEN_MAX
    {
        let Some(row) = rows.next()? else { break };
        passwords += usize::from(row.link.as_ref().is_ok_and(|link| link.contains_key(PASSWORD)));
        chunk.push(row);
    }
    Ok(Chunk { rows: chunk, position: rows.position() })
}
