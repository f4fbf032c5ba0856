//! What previews need that is secret: the key that signs links, and the keys of XM's server, which may ask for them.
//!
//! In: the values. Out: what they are good for, or what to do about them. `Debug` shows none of them.

use super::key::{self, KeyFault, PreviewKey};
use crate::api_keys::{self, ApiKeys};

/// The secrets, as they are set.
#[derive(Clone, Debug)]
pub struct Secrets {
    /// Signs links.
    pub key: Result<PreviewKey, KeyFault>,
    /// Who may have links signed.
    pub callers: Result<ApiKeys, api_keys::KeyFault>,
}

impl Secrets {
    /// Reads them. `get`: the value of a secret by its name.
    #[must_use]
    pub fn read(get: impl Fn(&'static str) -> Option<String>) -> Self {
        Self {
            key: PreviewKey::read(get(key::NAME).as_deref()),
            callers: ApiKeys::read(get),
        }
    }
}
