//! In: a request with a body. Out: its JSON object, or why there is none. Never looks at a member.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use serde_json::{Map, Value};

use super::problem::Problem;

/// The body of a call that writes.
#[derive(Debug)]
pub struct Object(pub Map<String, Value>);

impl<S: Send + Sync> FromRequest<S> for Object {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Problem::media_type());
        }
        // The front has read it already: only its size can be wrong.
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|_| Problem::too_large())?;
        match serde_json::from_slice(&bytes) {
            Ok(Value::Object(members)) => Ok(Self(members)),
            Ok(_) => Err(Problem::attribute("body", "must be one JSON object")),
            Err(error) => Err(Problem::unparsable(&error)),
        }
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let named = headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    named.is_some_and(|named| {
        let media_type = named.split(';').next().unwrap_or_default();
        media_type.trim().eq_ignore_ascii_case("application/json")
    })
}
