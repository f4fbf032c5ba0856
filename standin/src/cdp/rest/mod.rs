//! In: calls of a server that holds the tenant's API token. Out: guests and their data extensions, the same records
//! that browsers and IDENTITY events make, in the shapes of Sitecore's Guest REST API. Never for browsers: no CORS.
//!
//! ```text
//! access ─► guests, extensions            v2.1, the current API
//! (401)  ├► guests, legacy_extensions     v2
//!        └► contexts                      visits and events, read back
//!
//! search, paging │ guest_body, guest_fields, extension_body │ view, address │ problem
//!     which      │            what may be written           │  what shows   │ what is refused
//! ```

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{delete, get};

use crate::app::App;

pub mod access;
pub mod address;
pub mod body;
pub mod change;
pub mod contexts;
pub mod extension_body;
pub mod extensions;
pub mod guest_body;
pub mod guest_fields;
pub mod guests;
pub mod legacy_extensions;
pub mod paging;
pub mod problem;
pub mod search;
pub mod view;

/// All paths of the REST API.
pub fn router(app: &Arc<App>) -> Router<Arc<App>> {
    Router::new()
        .route("/v2.1/guests", get(guests::find).post(guests::create))
        .route(
            "/v2.1/guests/{guest_ref}",
            get(guests::retrieve)
                .put(guests::replace)
                .patch(guests::merge)
                .delete(guests::delete),
        )
        .route(
            "/v2.1/guests/{guest_ref}/extensions",
            get(extensions::list).post(extensions::create),
        )
        .route(
            "/v2.1/guests/{guest_ref}/extensions/{name}",
            get(extensions::retrieve)
                .put(extensions::replace)
                .patch(extensions::merge)
                .delete(extensions::delete),
        )
        .route(
            "/v2.1/guests/{guest_ref}/extensions/{name}/fields",
            delete(extensions::delete_fields),
        )
        .route("/v2/guests", get(guests::find).post(guests::create))
        .route(
            "/v2/guests/{guest_ref}",
            get(guests::retrieve).post(guests::replace),
        )
        .route(
            "/v2/guests/{guest_ref}/{extension}",
            get(legacy_extensions::list).post(legacy_extensions::put),
        )
        .route(
            "/v2/guests/{guest_ref}/{extension}/{extension_ref}",
            get(legacy_extensions::retrieve)
                .post(legacy_extensions::replace)
                .delete(legacy_extensions::delete),
        )
        .route("/v2/guestContexts", get(contexts::find))
        .route("/v2/guestContexts/", get(contexts::find))
        .route("/v2/guestContexts/{guest_ref}", get(contexts::retrieve))
        .method_not_allowed_fallback(super::wrong_method)
        .route_layer(from_fn_with_state(Arc::clone(app), access::check))
}
