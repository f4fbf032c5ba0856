//! In: form posts. Out: XM's redirects and cookies.

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{Form, Query, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::accounts::COOKIE;
use super::{cookies, edge_headers};
use crate::app::App;

/// The login form.
#[derive(Debug, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct Login {
    email: String,
    first_name: String,
    return_url: String,
}

impl Default for Login {
    fn default() -> Self {
        Self {
            email: String::new(),
            first_name: String::new(),
            return_url: "/account".to_owned(),
        }
    }
}

/// `POST /login`: any address will do, any password too.
pub async fn login(State(app): State<Arc<App>>, Form(login): Form<Login>) -> Response {
    if !login.email.contains('@') {
        return found("/login?error=1", HeaderMap::new());
    }
    let token = format!("{}{}", cookies::hex(), cookies::hex()).to_uppercase();
    let mut headers = HeaderMap::new();
    headers.extend(
        HeaderValue::try_from(format!("{COOKIE}={token}; path=/; HttpOnly; SameSite=Lax"))
            .ok()
            .map(|value| (SET_COOKIE, value)),
    );
    let first_name = Some(login.first_name.trim()).filter(|name| !name.is_empty());
    let account = app.accounts().sign_in(token, &login.email, first_name);
    if app.settings().site.cdp_events {
        headers.extend(edge_headers::identity(&account));
    }
    let local = login.return_url.starts_with('/') && !login.return_url.starts_with("//");
    found(if local { &login.return_url } else { "/account" }, headers)
}

/// `GET /logout`
pub async fn logout(State(app): State<Arc<App>>, headers: HeaderMap) -> Response {
    if let Some(token) = cookies::value(&headers, COOKIE) {
        app.accounts().sign_out(token);
    }
    let gone = HeaderValue::from_static(
        ".ASPXAUTH=; expires=Tue, 12-Oct-1999 00:00:00 GMT; path=/; HttpOnly",
    );
    let mut headers = HeaderMap::from_iter([(SET_COOKIE, gone)]);
    if app.settings().site.cdp_events {
        headers.extend(edge_headers::logout());
    }
    found("/", headers)
}

/// `POST /contact`
pub async fn contact() -> Response {
    found("/thank-you", HeaderMap::new())
}

/// `POST /newsletter`
pub async fn newsletter() -> Response {
    found("/thank-you?from=newsletter", HeaderMap::new())
}

/// `POST /cart`: the number of things in the cart is all that is kept, in a cookie.
pub async fn add_to_cart(
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let back = form.get("Product").map_or("/products".to_owned(), |slug| {
        format!(
            "/products/{}?added=1",
            slug.replace(|c: char| !c.is_ascii_alphanumeric() && c != '-', "")
        )
    });
    let cookie = HeaderValue::try_from(format!(
        "nm_cart={}; path=/; SameSite=Lax",
        in_cart(&headers) + 1
    ));
    found(
        &back,
        HeaderMap::from_iter(cookie.ok().map(|value| (SET_COOKIE, value))),
    )
}

/// `GET /api/cart`
pub async fn cart(headers: HeaderMap, Query(query): Query<HashMap<String, String>>) -> Response {
    let body = json!({"items": in_cart(&headers), "currency": query.get("currency").map_or("EUR", String::as_str), "updated": null});
    (
        [
            (CONTENT_TYPE, "application/json; charset=utf-8"),
            (CACHE_CONTROL, "private, no-store"),
        ],
        body.to_string(),
    )
        .into_response()
}

fn in_cart(headers: &HeaderMap) -> u32 {
    cookies::value(headers, "nm_cart")
        .and_then(|count| count.parse().ok())
        .unwrap_or_default()
}

/// 302 as ASP.NET writes it.
pub fn found(location: &str, mut headers: HeaderMap) -> Response {
    headers.extend(
        HeaderValue::try_from(location)
            .ok()
            .map(|value| (LOCATION, value)),
    );
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private"));
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    super::respond::of_iis(&mut headers);
    (StatusCode::FOUND, headers, "<html><head><title>Object moved</title></head><body>\r\n<h2>Object moved.</h2>\r\n</body></html>\r\n").into_response()
}
