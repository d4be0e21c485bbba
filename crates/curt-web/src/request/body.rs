//! Request bodies that must keep coming.
//!
//! A single limit for the whole body would either cut off a long body on a slow line or let a short
//! one drip for minutes. So the time allowed for a body grows with the bytes received.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::BoxError;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

/// Bytes per second that a body must average after its first seconds: the speed of a poor mobile
/// connection.
const RATE_MIN: u32 = 16 * 1024;

/// The body was too slow; reading has stopped.
#[derive(Debug, thiserror::Error)]
#[error("the body came too slowly")]
pub(crate) struct BodyTooSlow;

impl BodyTooSlow {
    /// Whether this error ended the reading of a body.
    pub(crate) fn caused(error: &(dyn std::error::Error + 'static)) -> bool {
        let mut causes = std::iter::successors(Some(error), |error| error.source());
        causes.any(<dyn std::error::Error>::is::<Self>)
    }
}

/// A body whose every byte extends its deadline.
pub(crate) struct PacedBody<B> {
    body: Pin<Box<B>>,
    deadline: Pin<Box<Sleep>>,
}

impl<B> PacedBody<B> {
    /// `grace` is the time allowed for an empty body.
    pub(crate) fn new(body: B, grace: Duration) -> Self {
        Self { body: Box::pin(body), deadline: Box::pin(sleep_until(Instant::now() + grace)) }
    }
}

impl<B: Body<Data = Bytes, Error: Into<BoxError>>> Body for PacedBody<B> {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let Poll::Ready(frame) = self.body.as_mut().poll_frame(context) else {
            ready!(self.deadline.as_mut().poll(context));
            return Poll::Ready(Some(Err(BodyTooSlow.into())));
        };
        if let Some(Ok(frame)) = &frame
            && let Some(data) = frame.data_ref()
        {
            let bought = u32::try_from(data.len()).unwrap_or(u32::MAX);
            let deadline = self.deadline.deadline() + Duration::from_secs(1) * bought / RATE_MIN;
            self.deadline.as_mut().reset(deadline);
        }
        Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests;
