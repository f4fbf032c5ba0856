//! In: `?path=&since=&server=`. Out: the requests that were received.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::app::App;
use crate::fault::settings::Server;

/// Which requests; without any: all of the CDP's.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Filter {
    /// This path exactly, or, with a trailing `*`, below it.
    path: Option<String>,
    /// After this number.
    since: u64,
    /// `cdp` (default), `xm` or `all`.
    server: Option<String>,
}

/// `GET /received`
pub async fn list(State(app): State<Arc<App>>, Query(filter): Query<Filter>) -> Json<Value> {
    let requests = app.log.select(|entry| {
        let server_fits = match filter.server.as_deref() {
            Some("all") => true,
            Some("xm") => entry.server == Server::Xm,
            _ => entry.server == Server::Cdp,
        };
        let path_fits =
            filter
                .path
                .as_deref()
                .is_none_or(|wanted| match wanted.strip_suffix('*') {
                    Some(prefix) => entry.path.starts_with(prefix),
                    None => entry.path == wanted,
                });
        server_fits && path_fits && entry.seq > filter.since
    });
    Json(json!({"requests": requests, "last": app.log.last()}))
}

/// `DELETE /received`
pub async fn clear(State(app): State<Arc<App>>) -> StatusCode {
    app.log.clear();
    app.hub.send("cleared", &());
    StatusCode::NO_CONTENT
}
