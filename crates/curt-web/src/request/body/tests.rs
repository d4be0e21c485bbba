//! Bodies that drip, stall and keep up, on a clock that only the test moves.

use futures_util::stream;
use http_body_util::{BodyExt as _, StreamBody};
use tokio::time::{Instant, sleep};

use super::*;

const GRACE: Duration = Duration::from_secs(10);

/// `count` frames of `len` bytes, one every `pause`.
fn dripping(
    count: usize,
    len: usize,
    pause: Duration,
) -> impl Body<Data = Bytes, Error = BoxError> {
    let frames = stream::unfold(0, move |sent| async move {
        if sent == count {
            return None;
        }
        sleep(pause).await;
        Some((Ok::<_, BoxError>(Frame::data(Bytes::from(vec![b'x'; len]))), sent + 1))
    });
    PacedBody::new(StreamBody::new(frames), GRACE)
}

#[tokio::test(start_paused = true)]
async fn http_11_a_dripping_body_ends_when_its_time_is_up() {
    let start = Instant::now();
    let error = dripping(1_000, 1, Duration::from_secs(1)).collect().await.unwrap_err();
    assert!(BodyTooSlow::caused(&*error), "{error}");
    assert_eq!(start.elapsed().as_secs(), GRACE.as_secs());
}

#[tokio::test(start_paused = true)]
async fn a_stalled_body_ends_when_its_time_is_up() {
    let stalled = StreamBody::new(stream::pending::<Result<Frame<Bytes>, BoxError>>());
    let start = Instant::now();
    let error = PacedBody::new(stalled, GRACE).collect().await.unwrap_err();
    assert!(BodyTooSlow::caused(&*error), "{error}");
    assert_eq!(start.elapsed().as_secs(), GRACE.as_secs());
}

#[tokio::test(start_paused = true)]
async fn a_long_body_that_keeps_up_may_take_its_time() {
    let rate = usize::try_from(RATE_MIN).unwrap();
    let body = dripping(100, rate, Duration::from_secs(1)).collect().await.unwrap();
    assert_eq!(body.to_bytes().len(), 100 * rate);
}
