//! What the document's operations share: schemas, headers, and how callers authenticate.

use std::collections::BTreeSet;

use utoipa::{
    PartialSchema as _, ToSchema,
    openapi::{
        Components, ComponentsBuilder, Header, ObjectBuilder, OpenApi, Ref, RefOr, Schema, Type,
        header::HeaderBuilder,
        schema::{AllOf, Object},
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use crate::response::{FieldError, Problem, ProblemCode};

/// The names of the security schemes, as operations call them.
pub(super) const KEY: &str = "key";
pub(super) const SESSION: &str = "session";

const KEY_MEANING: &str = "An access token, an API key, or the administrator's key, which the first start writes to \
     `admin.key`. An API key needs the scope that the operation names. `account` is no scope: it \
     takes a token or a session, and no key. `admin` takes an administrator.";

const SESSION_MEANING: &str = "The session of a browser. A request that changes something must come from a page of this server \
     (`Sec-Fetch-Site: same-origin`, or its own `Origin`). On plain HTTP the cookie's name is \
     `session`.";

pub(super) const REQUEST_ID: &str = "X-Request-Id";
pub(super) const RETRY_AFTER: &str = "Retry-After";
pub(super) const RATE_LIMIT: &str = "RateLimit";
pub(super) const RATE_LIMIT_POLICY: &str = "RateLimit-Policy";
pub(super) const WWW_AUTHENTICATE: &str = "WWW-Authenticate";

/// The components that do not depend on the routes.
pub(super) fn shared() -> Components {
    let key =
        HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(KEY_MEANING)).build();
    let session = ApiKeyValue::with_description("__Host-session", SESSION_MEANING);
    let mut schemas = vec![
        (Problem::name().into_owned(), Problem::schema()),
        (FieldError::name().into_owned(), FieldError::schema()),
        (ProblemCode::name().into_owned(), ProblemCode::schema()),
    ];
    Problem::schemas(&mut schemas);
    let mut components = ComponentsBuilder::new()
        .schemas_from_iter(schemas)
        .security_scheme(KEY, SecurityScheme::Http(key))
        .security_scheme(SESSION, SecurityScheme::ApiKey(ApiKey::Cookie(session)))
        .build();
    let id = ObjectBuilder::new().schema_type(Type::String).pattern(Some("^[0-9a-f]{16}$"));
    let seconds = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1));
    let bearer = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["Bearer"]));
    let text = || ObjectBuilder::new().schema_type(Type::String);
    let left = "What is left of each limit that the request counted for (draft-ietf-httpapi-\
        ratelimit-headers): `r` requests, and one more in `t` seconds.";
    let policy = "Those limits: `q` requests in any `w` seconds.";
    components.headers.extend([
        header(RATE_LIMIT, left, text()),
        header(RATE_LIMIT_POLICY, policy, text()),
        header(REQUEST_ID, "Names the request in the server's log.", id),
        header(RETRY_AFTER, "Seconds after which to try again, where that is known.", seconds),
        header(WWW_AUTHENTICATE, "How to send the key.", bearer),
    ]);
    components
}

fn header(name: &str, about: &str, schema: ObjectBuilder) -> (String, RefOr<Header>) {
    let header = HeaderBuilder::new().schema(Some(schema)).description(Some(about)).build();
    (name.to_owned(), header.into())
}

/// By reference to the shared header of that name.
pub(super) fn header_reference(name: &str) -> RefOr<Header> {
    RefOr::Ref(Ref::new(format!("#/components/headers/{name}")))
}

/// The schemas of one route.
pub(super) fn add(document: &mut OpenApi, schemas: Vec<(String, RefOr<Schema>)>) {
    document.components.get_or_insert_default().schemas.extend(schemas);
}

/// Turns objects made of parts into plain ones: to readers of the JSON, a flattened field is no
/// separate object, and client generators have trouble with `allOf`.
pub(super) fn merge_parts(components: &mut Components) {
    let parts = components.schemas.clone();
    let mut merged = BTreeSet::new();
    for schema in components.schemas.values_mut() {
        let RefOr::T(Schema::AllOf(all)) = schema else { continue };
        merged.extend(all.items.iter().filter_map(name).map(str::to_owned));
        *schema = merge(all, |name| parts.get(name)).into();
    }
    components.schemas.retain(|name, _| !merged.contains(name));
}

fn name(item: &RefOr<Schema>) -> Option<&str> {
    match item {
        RefOr::Ref(reference) => reference.ref_location.rsplit('/').next(),
        RefOr::T(_) => None,
    }
}

/// An object's own fields come before those that were flattened into it.
fn merge<'a>(all: &'a AllOf, part: impl Fn(&str) -> Option<&'a RefOr<Schema>>) -> Object {
    let mut merged = Object::new();
    merged.description.clone_from(&all.description);
    for item in all.items.iter().rev() {
        let item = match item {
            RefOr::Ref(_) => name(item).and_then(&part),
            RefOr::T(_) => Some(item),
        };
        let Some(RefOr::T(Schema::Object(object))) = item else { continue };
        let own = object.properties.iter();
        merged.properties.extend(own.map(|(name, schema)| (name.clone(), schema.clone())));
        merged.required.extend(object.required.iter().cloned());
    }
    merged
}
