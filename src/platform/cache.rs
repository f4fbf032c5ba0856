//! The data centre's cache for short texts of our own, under names of hosts that do not exist.
//!
//! In: a place, a name, a text. Out: the text again, for a while. It may forget, and plain workerd has none: what it does not
//! have is a miss.

use worker::{Cache, Response};

/// What shares a host.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    /// What idempotency keys made.
    Idempotency,
    /// Decisions that were taken before.
    Reuse,
    /// The last good rollout.
    Rollout,
}

impl Place {
    /// No such host exists: the names are ours alone.
    fn url(self, name: &str) -> String {
        let host = match self {
            Self::Idempotency => "idempotency",
            Self::Reuse => "reuse",
            Self::Rollout => "rollout",
        };
        format!("https://{host}.invalid/{name}")
    }
}

/// The text under a name.
///
/// # Errors
/// There is no cache, or it fails.
pub async fn get(place: Place, name: &str) -> worker::Result<Option<String>> {
    let found = Cache::default().get(place.url(name), false).await?;
    match found {
        Some(mut response) => response.text().await.map(Some),
        None => Ok(None),
    }
}

/// Keeps a text for so many seconds.
///
/// # Errors
/// There is no cache, or it fails.
pub async fn put(place: Place, name: &str, text: String, max_age_s: u64) -> worker::Result<()> {
    let mut response = Response::ok(text)?;
    let headers = response.headers_mut();
    headers.set("cache-control", &format!("max-age={max_age_s}"))?;
    Cache::default().put(place.url(name), response).await
}
