//! The answers besides success follow from an operation's input, so they are written here once: an
//! operation that needs a key can refuse it, and one with a body can get a bad one.

use std::collections::{BTreeMap, BTreeSet};

use utoipa::openapi::{
    ContentBuilder, ObjectBuilder, OpenApi, PathItem, Ref, RefOr, Response,
    path::{Operation, Parameter, ParameterIn},
    schema::{AllOfBuilder, Schema, Type},
    security::SecurityRequirement,
};

use super::components::{
    self, KEY, RATE_LIMIT, RATE_LIMIT_POLICY, REQUEST_ID, RETRY_AFTER, SESSION, WWW_AUTHENTICATE,
};
use crate::{gate, response::ProblemCode, site::LinkSettings};

/// Where operations list their specific refusals: `json!([ProblemCode::…])`.
const PROBLEMS: &str = "x-problems";

/// What any request can get, whatever its path.
const ANYWHERE: [ProblemCode; 7] = [
    ProblemCode::ClientBlocked,
    ProblemCode::InvalidHost,
    ProblemCode::MisdirectedRequest,
    ProblemCode::UriTooLong,
    ProblemCode::HeadersTooLarge,
    ProblemCode::Internal,
    ProblemCode::Unavailable,
];

/// Problems that may go away with time.
const RETRIED: [ProblemCode; 2] = [ProblemCode::Unavailable, ProblemCode::RateLimited];

/// Adds to every operation what follows from its parameters, its body and its security.
pub(super) fn complete(document: &mut OpenApi, settings: LinkSettings) {
    let shared = ProblemCode::ALL.iter().map(|code| (name(*code), shared_problem(*code).into()));
    document.components.get_or_insert_default().responses.extend(shared);
    for (path, item) in &mut document.paths.paths {
        let reads = [item.get.as_mut(), item.head.as_mut()];
        let writes = [item.post.as_mut(), item.patch.as_mut(), item.delete.as_mut()];
        let limited = gate::is_rate_limited(path).then_some(ProblemCode::RateLimited);
        for operation in reads.into_iter().flatten() {
            add_problems(operation, limited);
        }
        for operation in writes.into_iter().flatten() {
            let guarded = operation.security.is_some().then_some(ProblemCode::CrossSiteRequest);
            let more = limited.into_iter().chain(guarded).chain([ProblemCode::StorageFull]);
            add_problems(operation, more);
        }
        for operation in operations(item) {
            if limited.is_some() {
                tell_limits(operation);
            }
            allow_session(operation);
            number_requests(operation);
            describe_parameters(operation);
        }
    }
    components::merge_parts(document.components.get_or_insert_default());
    if settings.anonymous_create {
        allow_without_key(document);
    }
}

pub(super) fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, head, post, patch, delete, .. } = item;
    [get, head, post, patch, delete].into_iter().flatten()
}

fn add_problems(operation: &mut Operation, more: impl IntoIterator<Item = ProblemCode>) {
    let mut codes = BTreeSet::from(ANYWHERE);
    codes.extend(more);
    codes.extend(own_problems(operation));
    codes.extend(implied_problems(operation));
    let mut by_status = BTreeMap::<u16, Vec<ProblemCode>>::new();
    for code in codes {
        by_status.entry(code.status().as_u16()).or_default().push(code);
    }
    let responses = &mut operation.responses.responses;
    for (status, codes) in by_status {
        let new = || match codes.as_slice() {
            [code] => RefOr::Ref(Ref::from_response_name(name(*code))),
            _ => Response::new("").into(),
        };
        let response = responses.entry(status.to_string()).or_insert_with(new);
        if let RefOr::T(response) = response {
            add_problem(response, status, &codes);
        }
    }
}

/// The name of the shared response with only this problem.
fn name(code: ProblemCode) -> String {
    format!("{code:?}")
}

fn shared_problem(code: ProblemCode) -> Response {
    let mut response = Response::new("");
    add_problem(&mut response, code.status().as_u16(), &[code]);
    add_header(&mut response, REQUEST_ID);
    response
}

/// The problems that the handler names; the list itself is removed from the document.
fn own_problems(operation: &mut Operation) -> Vec<ProblemCode> {
    let listed = operation.extensions.as_mut().and_then(|extensions| extensions.remove(PROBLEMS));
    let is_listed = |code: &&ProblemCode| {
        let words = listed.as_ref().and_then(|words| words.as_array());
        words.is_some_and(|words| words.iter().any(|word| word == code.as_str()))
    };
    ProblemCode::ALL.iter().filter(is_listed).copied().collect()
}

fn implied_problems(operation: &Operation) -> Vec<ProblemCode> {
    use ProblemCode::{
        Forbidden, IdempotencyInProgress, IdempotencyKeyReused, InvalidField, InvalidJson,
        NotFound, PayloadTooLarge, PreconditionFailed, RequestTimeout, Unauthenticated,
        UnknownField, UnsupportedMediaType,
    };
    let mut codes = Vec::new();
    if operation.security.is_some() {
        codes.extend([Unauthenticated, Forbidden]);
    }
    if operation.request_body.is_some() {
        codes.extend([InvalidJson, UnsupportedMediaType, PayloadTooLarge, RequestTimeout]);
        codes.extend([InvalidField, UnknownField]);
    }
    for parameter in parameters(operation) {
        match (&parameter.parameter_in, parameter.name.as_str()) {
            (ParameterIn::Path, _) => codes.push(NotFound),
            (ParameterIn::Query, _) => codes.extend([InvalidField, UnknownField]),
            (ParameterIn::Header, "If-Match") => codes.push(PreconditionFailed),
            (ParameterIn::Header, "Idempotency-Key") => {
                codes.extend([InvalidField, IdempotencyInProgress, IdempotencyKeyReused]);
            }
            _ => {}
        }
    }
    codes
}

fn parameters(operation: &Operation) -> impl Iterator<Item = &Parameter> {
    operation.parameters.iter().flatten().filter_map(|parameter| match parameter {
        RefOr::T(parameter) => Some(parameter),
        RefOr::Ref(_) => None,
    })
}

/// Added to what the response already is: a page for people, or what a probe reads.
fn add_problem(response: &mut Response, status: u16, codes: &[ProblemCode]) {
    let meanings = codes.iter().map(|code| format!("`{}`: {}.", code.as_str(), code.meaning()));
    let meanings = meanings.collect::<Vec<_>>().join("\n\n");
    if !response.description.is_empty() {
        response.description.push_str("\n\n");
    }
    response.description.push_str(&meanings);
    let content = ContentBuilder::new().schema(Some(problem_schema(status, codes))).build();
    response.content.insert("application/problem+json".to_owned(), content.into());
    if codes.contains(&ProblemCode::Unauthenticated) {
        add_header(response, WWW_AUTHENTICATE);
    }
    if codes.iter().any(|code| RETRIED.contains(code)) {
        add_header(response, RETRY_AFTER);
    }
}

/// A problem with this status and one of these codes.
fn problem_schema(status: u16, codes: &[ProblemCode]) -> Schema {
    let status = ObjectBuilder::new().schema_type(Type::Integer).enum_values(Some([status]));
    let codes = codes.iter().map(|code| code.as_str());
    let code = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(codes));
    let narrowed = ObjectBuilder::new().property("status", status).property("code", code);
    AllOfBuilder::new().item(Ref::from_schema_name("Problem")).item(narrowed).build().into()
}

/// Readers look for a parameter's meaning beside its name, not in its schema.
fn describe_parameters(operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        let RefOr::T(parameter) = parameter else { continue };
        if let Some(RefOr::T(Schema::Object(schema))) = &mut parameter.schema {
            let own = schema.description.take();
            parameter.description = parameter.description.take().or(own);
        }
    }
}

fn number_requests(operation: &mut Operation) {
    for response in operation.responses.responses.values_mut() {
        if let RefOr::T(response) = response {
            add_header(response, REQUEST_ID);
        }
    }
}

/// Redirects and 304 carry no limit headers.
fn tell_limits(operation: &mut Operation) {
    for (status, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response
            && !status.starts_with('3')
        {
            add_header(response, RATE_LIMIT);
            add_header(response, RATE_LIMIT_POLICY);
        }
    }
}

fn add_header(response: &mut Response, name: &str) {
    response.headers.insert(name.to_owned(), components::header_reference(name));
}

/// Operations that accept a key also accept a browser session.
fn allow_session(operation: &mut Operation) {
    let Some(ways) = &mut operation.security else { return };
    let by_session = |way| Some(SecurityRequirement::new(SESSION, scopes(way)?));
    let by_session: Vec<_> = ways.iter().filter_map(by_session).collect();
    ways.extend(by_session);
}

/// The scopes that a key needs; the type gives them only as JSON.
fn scopes(way: &SecurityRequirement) -> Option<Vec<String>> {
    let mut way = serde_json::to_value(way).expect("scopes are texts");
    serde_json::from_value(way.get_mut(KEY)?.take()).ok()
}

/// If the deployment lets anyone create links, a key is optional.
fn allow_without_key(document: &mut OpenApi) {
    let create = document.paths.paths.get_mut("/api/v1/urls").and_then(|item| item.post.as_mut());
    let create = create.expect("the router has the endpoint that creates links");
    create.security.get_or_insert_default().insert(0, SecurityRequirement::default());
}
