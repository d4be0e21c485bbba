//! The API without a socket: a command sends it requests as any client sends them to a server.
//!
//! The rules, the errors and the JSON are therefore the server's, and no command decides anything
//! about links. Servers on the same database learn of a command's changes through the changes feed.

use std::{net::Ipv4Addr, sync::Arc};

use anyhow::Context as _;
use bytes::Bytes;
use curt_cache::{CacheSettings, LimitSettings};
use curt_domain::SecretKey;
use curt_store::Store;
use curt_web::{Front, HttpMetrics, Node};
use http::{HeaderName, HeaderValue, Method, Request, header};
use http_body_util::{BodyExt as _, Full};
use prometheus_client::registry::Registry;
use serde::{Serialize, de::DeserializeOwned};
use url::{Position, Url};

pub(crate) use self::opening::Start;
use crate::{
    app::{Access, app},
    config::Config,
    failure::Problem,
    keys::{AdminKey, Keys},
    logging,
};

pub(crate) mod opening;
pub(crate) mod pages;

/// Small, because a command follows hardly any link.
const CACHE_BYTES_MAX: u64 = 1 << 20;

/// A create that is repeated with the same key returns what the first one made.
pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// A node without a listener, and the right to send it any request.
pub(crate) struct Api {
    front: Front,
    authorization: HeaderValue,
    host: HeaderValue,
    pub(crate) public_url: Url,
    /// The secret by which the rows of a repeated import are recognized.
    pub(crate) import_secret: [u8; 32],
}

/// The body of a successful answer.
pub(crate) struct Answer {
    pub(crate) body: Bytes,
}

/// Runs a command's work with the API; the database is closed before this returns.
pub(crate) fn with_api<T>(
    mut config: Config,
    start: Start,
    work: impl AsyncFnOnce(&Api) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    logging::start_for_command();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.context("starting the async runtime")?.block_on(async {
        let store = opening::store(&config, start).await?;
        let done = match opening::secret(&mut config, &store, start).await {
            Ok(secret) => work(&Api::open(config, secret, &store).await?).await,
            Err(error) => Err(error),
        };
        store.close().await;
        done
    })
}

impl Api {
    async fn open(mut config: Config, secret: SecretKey, store: &Store) -> anyhow::Result<Self> {
        let admin = AdminKey::random().context("asking the system for random bytes")?;
        let authorization = header_value(&format!("Bearer {}", admin.expose()))?;
        let import_secret = secret.derive("curt import keys");
        let keys = Keys { secret, admin, new_admin_key: None };
        config.limits = LimitSettings::OFF;
        config.cache = CacheSettings { bytes_max: CACHE_BYTES_MAX, ..config.cache };
        let (mut registry, listen) = (Registry::default(), config.server.listen);
        let node = Arc::new(Node::new(store.clone()));
        let admin_key = curt_web::AdminKey::of_command(keys.admin.expose(), user_name());
        let access = Access { admin_key, bootstrap: None };
        let app = app(&config, &keys, access, store, &node, listen, &mut registry);
        // A command must refuse the same targets as a server.
        app.target_blocks.reload().await.context("reading the list of blocked destinations")?;
        let front = Front::new(app, HttpMetrics::new(&mut registry));
        let public_url = config.server.public_url(listen);
        Ok(Self {
            front: front.for_peer(Ipv4Addr::LOCALHOST.into()),
            authorization,
            host: header_value(&public_url[Position::BeforeHost..Position::AfterPort])?,
            public_url,
            import_secret,
        })
    }

    /// Sends the request. Every status that is no success is a [`Problem`].
    pub(crate) async fn ask(&self, mut request: Request<Bytes>) -> anyhow::Result<Answer> {
        let headers = request.headers_mut();
        headers.insert(header::HOST, self.host.clone());
        headers.insert(header::AUTHORIZATION, self.authorization.clone());
        let Ok(response) = self.front.answer(request.map(Full::new)).await;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.context("reading an answer of the API")?.to_bytes();
        if parts.status.is_success() {
            return Ok(Answer { body });
        }
        Err(Problem::read(parts.status, &body).into())
    }
}

/// The user who runs the command, for the audit log. The environment names them, because nothing
/// better works without a directory of users. A user who can read the database and its key can
/// claim any name anyway.
fn user_name() -> String {
    let name = ["SUDO_USER", "USER", "LOGNAME"].into_iter().find_map(std::env::var_os);
    let known = name.filter(|name| !name.is_empty());
    known.map_or_else(
        || format!("uid {}", rustix::process::geteuid().as_raw()),
        |name| name.to_string_lossy().into_owned(),
    )
}

impl Answer {
    pub(crate) fn json<T: DeserializeOwned>(&self) -> anyhow::Result<T> {
        serde_json::from_slice(&self.body).context("reading an answer of the API")
    }
}

pub(crate) fn get(path: &str) -> Request<Bytes> {
    bare(Method::GET, path)
}

/// A request without a body.
pub(crate) fn bare(method: Method, path: &str) -> Request<Bytes> {
    let mut request = Request::new(Bytes::new());
    *request.method_mut() = method;
    *request.uri_mut() = path.parse().expect("paths are made of fixed words and encoded ones");
    request
}

pub(crate) fn json(method: Method, path: &str, body: &impl Serialize) -> Request<Bytes> {
    let body = serde_json::to_vec(body).expect("bodies are made of texts, numbers and lists");
    json_bytes(method, path, body)
}

/// A request whose body is already JSON.
pub(crate) fn json_bytes(method: Method, path: &str, body: Vec<u8>) -> Request<Bytes> {
    let mut request = bare(method, path);
    *request.body_mut() = body.into();
    request.headers_mut().insert(header::CONTENT_TYPE, JSON);
    request
}

/// Users can type anything; a header holds one line of visible ASCII.
pub(crate) fn header_value(text: &str) -> anyhow::Result<HeaderValue> {
    HeaderValue::from_str(text).context("not a line of visible ASCII")
}
