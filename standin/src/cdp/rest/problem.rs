//! In: what is wrong with a call. Out: the REST API's error, in the words of its documentation.

use axum::Json;
use axum::http::header::WWW_AUTHENTICATE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// An answer of the REST API that is not what was asked for.
#[derive(Debug, PartialEq, Eq)]
pub struct Problem {
    /// The HTTP status.
    pub status: StatusCode,
    /// For everybody.
    pub message: String,
    /// For developers.
    pub developer_message: String,
}

impl Problem {
    /// 400: a field of the body, or a parameter, whose value is refused.
    #[must_use]
    pub fn attribute(name: &str, why: &str) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            message: format!("{name}: {why}"),
            developer_message: format!("Attribute {name} is invalid ({why})."),
        }
    }

    /// 400: no JSON.
    #[must_use]
    pub fn unparsable(error: &serde_json::Error) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            message: "Unable to parse JSON string".to_owned(),
            developer_message: format!(
                "JSON parse error [line: {}, column: {}].",
                error.line(),
                error.column()
            ),
        }
    }

    /// 401: no credentials, or not the tenant's.
    #[must_use]
    pub fn unauthorized() -> Self {
        Self {
            status: StatusCode::UNAUTHORIZED,
            message: "Authentication credentials are required to access the resource. All requests must be authenticated.".to_owned(),
            developer_message: String::new(),
        }
    }

    /// 404: a ref of nobody.
    #[must_use]
    pub fn unknown_guest(reference: &str) -> Self {
        Self::missing(format!("Guest with ref {reference} was not found"))
    }

    /// 404: the guest has no such data extension.
    #[must_use]
    pub fn unknown_extension(name: &str, reference: &str) -> Self {
        Self::missing(format!(
            "Data extension {name} for Guest ref {reference} was not found"
        ))
    }

    /// 409: the guest already has a data extension of this name.
    #[must_use]
    pub fn taken(name: &str) -> Self {
        let message = format!("Data extension {name} already exists.");
        Self {
            status: StatusCode::CONFLICT,
            developer_message: message.clone(),
            message,
        }
    }

    /// 413: more than two megabytes.
    #[must_use]
    pub fn too_large() -> Self {
        let message = "The body is too large.".to_owned();
        Self {
            status: StatusCode::PAYLOAD_TOO_LARGE,
            developer_message: message.clone(),
            message,
        }
    }

    /// 415: a body of another kind.
    #[must_use]
    pub fn media_type() -> Self {
        Self {
            status: StatusCode::UNSUPPORTED_MEDIA_TYPE,
            message: "The media type specified is not supported.".to_owned(),
            developer_message: "Send Content-Type: application/json.".to_owned(),
        }
    }

    fn missing(developer_message: String) -> Self {
        Self {
            status: StatusCode::NOT_FOUND,
            message: "The specified resource does not exist.".to_owned(),
            developer_message,
        }
    }

    /// The documented body. That of 401 names its status in words and says nothing to developers.
    fn body(&self) -> Value {
        let code = self.status.as_u16();
        let more = "https://support.sitecore.com";
        if self.status == StatusCode::UNAUTHORIZED {
            return json!({"status": "UNAUTHORIZED", "code": code, "message": self.message, "moreInfoUrl": more});
        }
        json!({
            "status": code, "code": code, "message": self.message,
            "developerMessage": self.developer_message, "moreInfoUrl": more,
        })
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body())).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Basic realm=\"Sitecore CDP\"");
            response.headers_mut().insert(WWW_AUTHENTICATE, scheme);
        }
        response
    }
}
