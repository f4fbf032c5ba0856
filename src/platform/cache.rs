//! The data centre's cache for texts and bytes of our own, under names of hosts that do not exist.
//!
//! In: a place, a name, what to keep. Out: the same again, for a while. It may forget, and plain workerd has none: what it does not
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
    /// Compiled templates.
    Templates,
    /// What was purged of them.
    Purges,
}

impl Place {
    /// No such host exists: the names are ours alone.
    fn url(self, name: &str) -> String {
        let host = match self {
            Self::Idempotency => "idempotency",
            Self::Reuse => "reuse",
            Self::Rollout => "rollout",
            Self::Templates => "templates",
            Self::Purges => "purges",
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

/// The bytes under a name.
///
/// # Errors
/// As [`get`].
pub async fn get_bytes(place: Place, name: &str) -> worker::Result<Option<Vec<u8>>> {
    let found = Cache::default().get(place.url(name), false).await?;
    match found {
        Some(mut response) => response.bytes().await.map(Some),
        None => Ok(None),
    }
}

/// Keeps a text for so many seconds.
///
/// # Errors
/// There is no cache, or it fails.
pub async fn put(place: Place, name: &str, text: String, max_age_s: u64) -> worker::Result<()> {
    keep(place, name, Response::ok(text)?, max_age_s).await
}

/// Keeps bytes for so many seconds.
///
/// # Errors
/// As [`put`].
pub async fn put_bytes(
    place: Place,
    name: &str,
    bytes: Vec<u8>,
    max_age_s: u64,
) -> worker::Result<()> {
    keep(place, name, Response::from_bytes(bytes)?, max_age_s).await
}

/// Forgets what is under a name.
///
/// # Errors
/// As [`get`].
pub async fn delete(place: Place, name: &str) -> worker::Result<()> {
    Cache::default().delete(place.url(name), false).await?;
    Ok(())
}

async fn keep(
    place: Place,
    name: &str,
    mut response: Response,
    max_age_s: u64,
) -> worker::Result<()> {
    let headers = response.headers_mut();
    headers.set("cache-control", &format!("max-age={max_age_s}"))?;
    Cache::default().put(place.url(name), response).await
}
