//! A request being built; awaiting it sends it.

use std::{
    future::{Future, IntoFuture},
    pin::Pin,
};

use axum::body::Body;
use curt_web::Front;
use http::{HeaderValue, Method, Request, header};
use serde_json::Value;

use crate::{answer::Answer, contract};

/// The user agent of a common browser.
const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
const BROWSER_ACCEPT: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

#[must_use = "a request is sent by awaiting it"]
pub(crate) struct Ask {
    front: Front,
    request: Request<Body>,
}

impl Ask {
    pub(crate) fn new(front: &Front, host: &str, method: Method, path: &str) -> Self {
        let mut request = Request::new(Body::empty());
        *request.method_mut() = method;
        *request.uri_mut() = path.parse().unwrap();
        Self { front: front.clone(), request }.header("host", host)
    }

    /// Replaces a header of the same name.
    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
        self.request.headers_mut().insert(name, value);
        self
    }

    pub(crate) fn without(mut self, name: &'static str) -> Self {
        self.request.headers_mut().remove(name);
        self
    }

    pub(crate) fn key(self, key: &str) -> Self {
        self.header("authorization", &format!("Bearer {key}"))
    }

    /// As a person's browser sends it.
    pub(crate) fn by_browser(self) -> Self {
        self.header("user-agent", BROWSER).header("accept", BROWSER_ACCEPT)
    }

    /// Sends it without a check against the document, which itself is fetched like this.
    pub(crate) async fn unchecked(self) -> Answer {
        let Ok(response) = self.front.answer(self.request).await;
        Answer::read(response).await
    }

    pub(crate) fn json(self, value: &Value) -> Self {
        self.body("application/json", value.to_string())
    }

    pub(crate) fn body(mut self, content_type: &'static str, body: impl Into<Body>) -> Self {
        let content_type = HeaderValue::from_static(content_type);
        self.request.headers_mut().insert(header::CONTENT_TYPE, content_type);
        *self.request.body_mut() = body.into();
        self
    }
}

impl IntoFuture for Ask {
    type Output = Answer;
    type IntoFuture = Pin<Box<dyn Future<Output = Answer> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let (method, path) = (self.request.method().clone(), self.request.uri().to_string());
            let answer = self.unchecked().await;
            contract::check(&method, &path, &answer).await;
            answer
        })
    }
}
