//! Checks every answer of every test against the OpenAPI document: its status, content type and
//! body must be ones that the document lists for the operation.

use std::collections::{HashMap, HashSet};

use http::Method;
use jsonschema::Validator;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::{answer::Answer, app::TestApp};

const METHODS: [&str; 5] = ["get", "head", "post", "patch", "delete"];

/// What the document allows, prepared for lookups.
struct Contract {
    /// By path, method, status and content type.
    bodies: HashMap<(String, String, u16, String), Option<Validator>>,
    /// By path and method.
    operations: HashSet<(String, String)>,
    paths: Vec<String>,
}

/// Panics if the document does not allow the answer.
pub(crate) async fn check(method: &Method, path: &str, answer: &Answer) {
    static CONTRACT: OnceCell<Contract> = OnceCell::const_new();
    let contract = CONTRACT.get_or_init(async || Contract::new(&document().await)).await;
    contract.check(method, path, answer);
}

/// The document of a separate server: the test's may have no database, or another host name.
async fn document() -> Value {
    let answer = TestApp::start().await.ask("GET", "/openapi.json").unchecked().await;
    answer.ok(200)
}

/// A validator for the schema, with everything that it may refer to.
pub(crate) fn validator(schema: &Value, document: &Value) -> Validator {
    let schema = json!({ "allOf": [schema], "components": document["components"] });
    jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
}

/// The document's response for a status, also if it is a shared one.
pub(crate) fn resolve<'a>(response: &'a Value, document: &'a Value) -> &'a Value {
    match response["$ref"].as_str() {
        Some(reference) => document.pointer(reference.trim_start_matches('#')).unwrap(),
        None => response,
    }
}

impl Contract {
    fn new(document: &Value) -> Self {
        let (mut bodies, mut operations) = (HashMap::new(), HashSet::new());
        let paths = document["paths"].as_object().unwrap();
        for (path, item) in paths {
            for method in METHODS {
                let Some(operation) = item.get(method) else { continue };
                operations.insert((path.clone(), method.to_owned()));
                for (status, response) in operation["responses"].as_object().unwrap() {
                    let key = |kind: &str| {
                        let status = status.parse().unwrap();
                        (path.clone(), method.to_owned(), status, kind.to_owned())
                    };
                    bodies.insert(key(""), None);
                    let content = resolve(response, document)["content"].as_object();
                    for (kind, content) in content.into_iter().flatten() {
                        let is_json = kind.ends_with("json");
                        let schema = is_json.then(|| validator(&content["schema"], document));
                        bodies.insert(key(kind), schema);
                    }
                }
            }
        }
        Self { bodies, operations, paths: paths.keys().cloned().collect() }
    }

    fn check(&self, method: &Method, path: &str, answer: &Answer) {
        let status = answer.status.as_u16();
        let template = self.template(path).unwrap_or_default();
        let word = |method: &Method| method.as_str().to_ascii_lowercase();
        let knows = |method: &Method, status: u16, kind: &str| {
            self.bodies.get(&(template.to_owned(), word(method), status, kind.to_owned()))
        };
        let is_asked_for =
            |method: &Method| self.operations.contains(&(template.to_owned(), word(method)));
        // HEAD has the answers of GET, unless the document lists them.
        let is_head = *method == Method::HEAD;
        let method = if is_head && !is_asked_for(method) { &Method::GET } else { method };
        if !is_asked_for(method) {
            let is_lost = matches!(status, 302 | 403 | 404 | 405 | 429 | 503);
            assert!(is_lost, "{method} {path} is not in the document: {answer:?}");
            return;
        }
        let is_known = knows(method, status, "").is_some();
        assert!(is_known, "{method} {template} does not answer {status}: {answer:?}");
        if answer.body.is_empty() || is_head {
            return;
        }
        let kind = answer.header("content-type").split(';').next().unwrap();
        let Some(schema) = knows(method, status, kind) else {
            panic!("{method} {template} does not answer {status} with {kind}: {answer:?}");
        };
        if let Some(schema) = schema {
            let body = serde_json::from_slice(&answer.body).unwrap();
            let errors: Vec<_> = schema.iter_errors(&body).map(|e| e.to_string()).collect();
            assert!(errors.is_empty(), "{method} {template}, {status}: {errors:?}\n{body:#}");
        }
    }

    /// The document's path that matches this one; paths without parameters come first.
    fn template(&self, path: &str) -> Option<&str> {
        let path = path.split('?').next().unwrap();
        let plain = self.paths.iter().find(|template| *template == path);
        let fits = |template: &&String| {
            // A slash after a code makes no difference.
            let is_visit = template.starts_with("/{code}");
            let path = path.strip_suffix('/').filter(|_| is_visit).unwrap_or(path);
            let (own, asked) = (template.split('/'), path.split('/'));
            own.clone().count() == asked.clone().count()
                && own.zip(asked).all(|(own, asked)| segment_fits(own, asked))
        };
        plain.or_else(|| self.paths.iter().find(fits)).map(String::as_str)
    }
}

fn segment_fits(own: &str, asked: &str) -> bool {
    let is_code = |text: &str| {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        !text.is_empty() && text.bytes().all(is_allowed)
    };
    match own {
        "{code}+" => asked.strip_suffix('+').is_some_and(is_code),
        "{code}" => is_code(asked),
        _ if own.starts_with('{') => true,
        _ => own == asked,
    }
}
