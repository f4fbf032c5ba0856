//! In: any request to the REST API. Out: the same, if it shows the tenant's key and token; else 401. It stands in
//! front of the whole router, so that no handler can be without it. Never a header for browsers: guest data is
//! not theirs to read.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use headers::authorization::Basic;
use headers::{Authorization, HeaderMapExt};

use super::problem::Problem;
use crate::app::App;

/// `Authorization: Basic`, the client key as the name and the API token as the password.
pub async fn check(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let opens = request
        .headers()
        .typed_get::<Authorization<Basic>>()
        .is_some_and(|shown| {
            shown.username() == app.options.client_key && shown.password() == app.options.api_token
        });
    if opens {
        next.run(request).await
    } else {
        Problem::unauthorized().into_response()
    }
}
