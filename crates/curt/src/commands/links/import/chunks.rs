//! Rows in portions that one request takes.

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

/// Neighbouring rows, no more than are written in one transaction. The same input is always cut the
/// same way, which a repeated import relies on.
pub(super) struct Chunk {
    pub(super) rows: Vec<Row>,
    /// How much of the input has been read with it, in bytes.
    pub(super) position: u64,
}

#[derive(Serialize)]
struct Body<'a> {
    links: Vec<&'a Map<String, Value>>,
}

impl Chunk {
    /// The rows that are worth asking the API about.
    pub(super) fn links(&self) -> impl Iterator<Item = &Map<String, Value>> {
        self.rows.iter().filter_map(|row| row.link.as_ref().ok())
    }

    /// The body of a bulk create.
    pub(super) fn body(&self) -> Vec<u8> {
        let body = Body { links: self.links().collect() };
        serde_json::to_vec(&body).expect("rows are made of texts and numbers")
    }

    /// What keeps a repeated import from making these links a second time, if anything has to: a
    /// link with a code of its own meets itself.
    pub(super) fn idempotency_key(&self, body: &[u8], secret: &[u8; 32]) -> Option<String> {
        if self.links().all(|link| link.contains_key("custom_alias")) {
            return None;
        }
        // The key is kept, and bodies may hold passwords: it must not be a hash that anybody can
        // make.
        let hash: Hmac<Sha256> =
            Hmac::new_from_slice(secret).expect("HMAC takes a key of any length");
        // Equal rows elsewhere in the file are other links.
        let hash = hash.chain_update(self.rows.first()?.line.to_be_bytes()).chain_update(body);
        Some(format!("import-{}", URL_SAFE_NO_PAD.encode(hash.finalize().into_bytes())))
    }
}

/// Reads to the end, or until nobody wants more; an error is the last thing sent.
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
