//! In: where a request was sent. Out: the absolute URLs in its answer, of the same host and version.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::header::HOST;
use axum::http::request::Parts;

/// Which of the two generations of the REST API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// `/v2`, legacy: updates by POST, data extensions at `/ext{name}/{ref}`.
    V2,
    /// `/v2.1`: PUT and PATCH, data extensions by name.
    V2_1,
}

/// Builds URLs.
#[derive(Clone, Debug)]
pub struct Address {
    /// The version that was asked.
    pub version: Version,
    host: String,
}

impl Address {
    /// All guests.
    #[must_use]
    pub fn guests(&self) -> String {
        let version = match self.version {
            Version::V2 => "v2",
            Version::V2_1 => "v2.1",
        };
        format!("http://{}/{version}/guests", self.host)
    }

    /// One guest.
    #[must_use]
    pub fn guest(&self, reference: &str) -> String {
        format!("{}/{reference}", self.guests())
    }

    /// All data extensions of a guest.
    #[must_use]
    pub fn extensions(&self, reference: &str) -> String {
        format!("{}/extensions", self.guest(reference))
    }

    /// The guest contexts, which only exist in v2.
    #[must_use]
    pub fn contexts(&self) -> String {
        format!("http://{}/v2/guestContexts", self.host)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Address {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let host = parts.headers.get(HOST);
        Ok(Self {
            version: if parts.uri.path().starts_with("/v2.1/") {
                Version::V2_1
            } else {
                Version::V2
            },
            host: host
                .and_then(|host| host.to_str().ok())
                .unwrap_or("localhost")
                .to_owned(),
        })
    }
}
