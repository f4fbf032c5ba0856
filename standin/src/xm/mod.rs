//! In: requests as a CDN sends them to Sitecore XM. Out: pages, media, forms of a small SXA-style shop, complete
//! without any personalisation. `pages` fills templates, `respond` makes them look served by XM, `media`
//! serves files, `forms`, `profile` and `accounts` are the little that changes, `edge_headers` what XM tells the
//! edge. Never asks the CDP anything.

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

use crate::app::App;

pub mod accounts;
mod cookies;
mod edge_headers;
mod forms;
mod landscape;
mod media;
pub mod pages;
mod profile;
mod respond;
mod routes;
mod transfer;

/// All paths of the site.
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/login", get(routes::page).post(forms::login))
        .route("/logout", get(forms::logout))
        .route("/account", get(profile::account))
        .route("/account/profile", post(profile::save))
        .route("/contact", get(routes::page).post(forms::contact))
        .route("/newsletter", post(forms::newsletter))
        .route("/cart", post(forms::add_to_cart))
        .route("/api/cart", get(forms::cart))
        .route("/redirect", get(routes::redirect))
        .route("/sitecore", get(routes::editing))
        .route("/sitecore/{*path}", get(routes::editing))
        .route(
            "/layouts/system/VisitorIdentification.js",
            get(media::visitor_identification),
        )
        .route("/-/media/{*path}", get(media::serve))
        .fallback(get(routes::page))
        .with_state(app)
}
