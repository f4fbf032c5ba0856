//! The data centre's cache for texts and bytes of our own, under names of hosts that do not exist.
//!
//! In: a place, a name, what to keep. Out: the same again, for a while. It may forget, and plain workerd has none: what it does not
//! have is a miss.

use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue};

use super::{js, promise::settled};

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
pub async fn get(place: Place, name: &str) -> Result<Option<String>, JsValue> {
    let found = get_bytes(place, name).await?;
    Ok(found.and_then(|bytes| String::from_utf8(bytes).ok()))
}

/// The bytes under a name.
///
/// # Errors
/// As [`get`].
pub async fn get_bytes(place: Place, name: &str) -> Result<Option<Vec<u8>>, JsValue> {
    let found = settled(&js::cached(&place.url(name))).await?;
    let bytes: Option<Uint8Array> = found.dyn_into().ok();
    Ok(bytes.map(|bytes| bytes.to_vec()))
}

/// Keeps a text for so many seconds.
///
/// # Errors
/// There is no cache, or it fails.
pub async fn put(place: Place, name: &str, text: &str, max_age_s: u64) -> Result<(), JsValue> {
    put_bytes(place, name, text.as_bytes(), max_age_s).await
}

/// Keeps bytes for so many seconds.
///
/// # Errors
/// As [`put`].
pub async fn put_bytes(
    place: Place,
    name: &str,
    bytes: &[u8],
    max_age_s: u64,
) -> Result<(), JsValue> {
    #[expect(
        clippy::cast_precision_loss,
        reason = "times are far below 2^53 seconds"
    )]
    let max_age_s = max_age_s as f64;
    let kept = js::keep(&place.url(name), &Uint8Array::from(bytes), max_age_s);
    settled(&kept).await.map(|_| ())
}

/// Forgets what is under a name.
///
/// # Errors
/// As [`get`].
pub async fn delete(place: Place, name: &str) -> Result<(), JsValue> {
    settled(&js::forget(&place.url(name))).await.map(|_| ())
}
