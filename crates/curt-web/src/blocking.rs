//! Work so long that it would delay redirects on the same thread.

use tokio::task::spawn_blocking;

use crate::response::ApiError;

/// Runs it on a thread for such work. A panic fails only this request.
pub(crate) async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ApiError> {
    spawn_blocking(work).await.map_err(|error| ApiError::from_failure(&error))
}
