//! In: a path of the site. Out: the page that stands there, or XM's 404.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, LOCATION};
use axum::response::{IntoResponse, Response};
use minijinja::context;

use super::cookies;
use super::respond::{Charset, Page, respond};
use crate::app::App;

/// Every page that needs no more than its path.
pub async fn page(State(app): State<Arc<App>>, request: Request) -> Response {
    let path = request.uri().path();
    let trimmed = if path.len() > 1 {
        path.trim_end_matches('/')
    } else {
        path
    };
    let mut page = Page::ok("");
    match trimmed {
        "/" => page.template = "pages/home.html",
        "/de" => page.template = "pages/de.html",
        "/products" => page.template = "pages/products.html",
        "/landing/summer" => page.template = "pages/summer.html",
        "/landing/weekend" => page.template = "pages/weekend.html",
        "/landing/weekend-family" => page.template = "pages/weekend-family.html",
        "/contact" => {
            page = Page {
                template: "pages/contact.html",
                form: true,
                ..page
            }
        }
        "/login" => {
            page = Page {
                template: "pages/login.html",
                form: true,
                ..page
            }
        }
        "/thank-you" => page.template = "pages/thank-you.html",
        "/plain" => page.template = "pages/plain.html",
        "/big" => page.template = "pages/big.html",
        "/legacy" => {
            page = Page {
                template: "pages/legacy.html",
                charset: Charset::Windows1252,
                ..page
            }
        }
        "/fragments/gear-list" => {
            page = Page {
                template: "fragments/gear-list.html",
                ..page
            }
        }
        "/fragments/family-list" => {
            page = Page {
                template: "fragments/family-list.html",
                ..page
            }
        }
        _ => {
            if let Some(product) = trimmed
                .strip_prefix("/products/")
                .and_then(|slug| app.pages.product(slug))
            {
                page = Page {
                    template: "pages/product.html",
                    context: context! { product },
                    form: true,
                    ..page
                };
            } else {
                page = Page {
                    template: "pages/not-found.html",
                    status: StatusCode::NOT_FOUND,
                    ..page
                };
            }
        }
    }
    respond(&app, request.uri(), request.headers(), page)
}

/// `/redirect`
pub async fn redirect() -> Response {
    (StatusCode::FOUND, [(LOCATION, "/products/trail-tent"), (CONTENT_TYPE, "text/html; charset=utf-8")], "<html><head><title>Object moved</title></head><body>\r\n<h2>Object moved to <a href=\"/products/trail-tent\">here</a>.</h2>\r\n</body></html>\r\n").into_response()
}

/// `/sitecore/*`: where editors work; nothing a CDN may touch.
pub async fn editing(State(app): State<Arc<App>>, request: Request) -> Response {
    let html = app
        .pages
        .render("pages/sitecore.html", context! { token => cookies::hex() });
    (
        [
            (CONTENT_TYPE, "text/html; charset=utf-8"),
            (axum::http::header::CACHE_CONTROL, "no-cache, no-store"),
        ],
        html_for(&request, html),
    )
        .into_response()
}

fn html_for(request: &Request, html: String) -> String {
    html.replace(
        "__PATH__",
        &request
            .uri()
            .path()
            .replace('<', "&lt;")
            .replace('"', "&quot;"),
    )
}
