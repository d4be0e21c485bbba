//! A service that tells the watch when an answer begins and when it is ready.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use hyper::service::Service;

use super::watch::Connection;

#[derive(Clone)]
pub(super) struct WatchedService<S> {
    service: S,
    connection: Arc<Connection>,
}

impl<S> WatchedService<S> {
    pub(super) fn new(service: S, connection: Arc<Connection>) -> Self {
        Self { service, connection }
    }
}

impl<R, S: Service<R, Future: Unpin>> Service<R> for WatchedService<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = WatchedAnswer<S::Future>;

    fn call(&self, request: R) -> Self::Future {
        let in_flight = InFlight::begin(Arc::clone(&self.connection));
        WatchedAnswer { answer: self.service.call(request), _in_flight: in_flight }
    }
}

/// Dropped with the answer, or when the client stops waiting for it.
pub(super) struct WatchedAnswer<F> {
    answer: F,
    _in_flight: InFlight,
}

impl<F: Future + Unpin> Future for WatchedAnswer<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        Pin::new(&mut self.answer).poll(context)
    }
}

struct InFlight(Arc<Connection>);

impl InFlight {
    fn begin(connection: Arc<Connection>) -> Self {
        connection.begins_answer();
        Self(connection)
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.ends_answer();
    }
}
