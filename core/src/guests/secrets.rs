//! The secrets of the guest API: the keys of XM's server and the CDP's API token.
//!
//! In: the values. Out: what they are good for. `Debug` shows none of them.

use std::fmt;

use crate::api_keys::{self, ApiKeys, KeyFault};

/// The secret that is the password of the CDP's REST API.
const TOKEN: &str = "CDP_API_TOKEN";
/// What is not there without them.
const WHAT: &str = "The guest API is";

/// The secrets, as they are set.
#[derive(Clone, PartialEq, Eq)]
pub struct Secrets {
    pub(super) keys: Result<ApiKeys, KeyFault>,
    pub(super) token: Option<String>,
}

impl Secrets {
    /// Reads them. `get`: the value of a secret by its name.
    #[must_use]
    pub fn read(get: impl Fn(&'static str) -> Option<String>) -> Self {
        // A line end is what `echo TOKEN | wrangler secret put` leaves behind.
        let token = get(TOKEN).map(|token| token.trim().to_owned());
        let usable =
            |token: &String| !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
        Self {
            keys: ApiKeys::read(get),
            token: token.filter(usable),
        }
    }

    /// The keys of XM's server, or what to do about them.
    pub(super) fn keys(&self) -> Result<&ApiKeys, String> {
        self.keys.as_ref().map_err(|fault| fault.remedy(WHAT))
    }

    /// The password of the CDP's REST API, or what to do about it.
    pub(super) fn token(&self) -> Result<&str, String> {
        self.token
            .as_deref()
            .ok_or_else(|| api_keys::unset(WHAT, TOKEN))
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unset_secret_is_named_and_a_set_one_is_not_shown() {
        let none = Secrets::read(|_| None);
        assert!(none.keys().unwrap_err().contains("XM_API_KEY"));
        assert!(none.token().unwrap_err().contains("CDP_API_TOKEN"));
        let slip = Secrets::read(|name| (name == "XM_API_KEY_2").then(|| "hunter2:x".to_owned()));
        let told = slip.keys().unwrap_err();
        assert!(
            told.contains("XM_API_KEY_2") && !told.contains("hunter2"),
            "{told}"
        );
        let set = Secrets::read(|_| Some("hunter2\n".to_owned()));
        assert_eq!(set.token(), Ok("hunter2"));
        assert_eq!(format!("{set:?}"), "Secrets(…)");
        for odd in ["", " ", "a b", "é"] {
            assert!(
                Secrets::read(|_| Some(odd.to_owned())).token().is_err(),
                "{odd}"
            );
        }
    }
}
