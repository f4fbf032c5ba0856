//! In: a page and the request for it. Out: the response as XM on IIS sends it: its headers and cookies, chunked
//! in several writes, compressed or conditional when the settings or the query say so.

use axum::http::header::{
    CACHE_CONTROL, CONTENT_TYPE, ETAG, EXPIRES, IF_NONE_MATCH, PRAGMA, SERVER, SET_COOKIE,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use minijinja::value::merge_maps;
use minijinja::{Value, context};
use sha2::{Digest, Sha256};

use super::transfer::{compressed, in_several_writes};
use super::{cookies, edge_headers, media, pages};
use crate::app::App;
use crate::settings::{CachePolicy, Site};

/// A page to be rendered.
#[derive(Clone, Debug)]
pub struct Page {
    /// File below `site/`.
    pub template: &'static str,
    /// What it is about.
    pub context: Value,
    /// Its status.
    pub status: StatusCode,
    /// How its text becomes bytes.
    pub charset: Charset,
    /// Whether it has a form, and so an anti-forgery token.
    pub form: bool,
}

/// How text becomes bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charset {
    /// As nearly everywhere.
    Utf8,
    /// As on pages nobody has touched since 2004.
    Windows1252,
}

impl Page {
    /// 200, UTF-8, no form, about nothing in particular.
    #[must_use]
    pub fn ok(template: &'static str) -> Self {
        Self {
            template,
            context: context! {},
            status: StatusCode::OK,
            charset: Charset::Utf8,
            form: false,
        }
    }
}

/// Renders and answers.
pub fn respond(app: &App, uri: &Uri, headers: &HeaderMap, page: Page) -> Response {
    let site = in_this_request(app.settings().site.clone(), uri);
    // A page with an ETag must not differ by the clock; it is rendered anew each minute.
    let now = if site.etag {
        app.clock.now_ms() / 60_000 * 60_000
    } else {
        app.clock.now_ms()
    };
    let id = if site.etag {
        "0".repeat(32)
    } else {
        cookies::hex()
    };
    let path = uri.path();
    let account = cookies::value(headers, super::accounts::COOKIE)
        .and_then(|token| app.accounts().who(token).cloned());
    let authenticated = (site.guest && account.is_some()).then(edge_headers::authenticated);
    let signed_in_as = account.map(|account| account.first_name);
    let html = app.pages.render(
        page.template,
        context! { path, signed_in_as, ..merge_maps([pages::rendering(now, &id), page.context]) },
    );
    let (content_type, bytes) = match page.charset {
        Charset::Utf8 => ("text/html; charset=utf-8", html.into_bytes()),
        Charset::Windows1252 => (
            "text/html; charset=windows-1252",
            encoding_rs::WINDOWS_1252.encode(&html).0.into_owned(),
        ),
    };
    let mut response_headers = HeaderMap::new();
    response_headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    of_iis(&mut response_headers);
    response_headers.extend(authenticated);
    caching(&mut response_headers, site.cache);
    if site.cookies {
        let anti_forgery = page.form.then(cookies::anti_forgery);
        for cookie in cookies::of_page(headers).into_iter().chain(anti_forgery) {
            response_headers.extend(
                HeaderValue::try_from(cookie)
                    .ok()
                    .map(|value| (SET_COOKIE, value)),
            );
        }
    }
    if site.etag && page.status == StatusCode::OK {
        let etag = etag(&bytes);
        response_headers.extend(HeaderValue::try_from(&etag).ok().map(|value| (ETAG, value)));
        if headers
            .get(IF_NONE_MATCH)
            .is_some_and(|known| known.as_bytes() == etag.as_bytes())
        {
            return (StatusCode::NOT_MODIFIED, response_headers).into_response();
        }
    }
    if has(uri, "range=1") {
        return media::ranged(headers, response_headers, Bytes::from(bytes));
    }
    let bytes = if site.gzip {
        compressed(headers, &mut response_headers, bytes)
    } else {
        bytes
    };
    (page.status, response_headers, in_several_writes(bytes)).into_response()
}

/// The settings, with what the query of this request asks for.
fn in_this_request(mut site: Site, uri: &Uri) -> Site {
    if has(uri, "cache=public") {
        site.cache = CachePolicy::Public;
    }
    site.gzip |= has(uri, "gzip=1");
    site.etag |= has(uri, "etag=1");
    site.cookies &= !has(uri, "cookies=0");
    site
}

fn has(uri: &Uri, pair: &str) -> bool {
    uri.query()
        .unwrap_or_default()
        .split('&')
        .any(|found| found == pair)
}

/// What IIS and ASP.NET say about themselves.
pub fn of_iis(headers: &mut HeaderMap) {
    headers.insert(SERVER, HeaderValue::from_static("Microsoft-IIS/10.0"));
    headers.insert(
        HeaderName::from_static("x-aspnetmvc-version"),
        HeaderValue::from_static("5.2"),
    );
    headers.insert(
        HeaderName::from_static("x-aspnet-version"),
        HeaderValue::from_static("4.0.30319"),
    );
    headers.insert(
        HeaderName::from_static("x-powered-by"),
        HeaderValue::from_static("ASP.NET"),
    );
}

fn caching(headers: &mut HeaderMap, policy: CachePolicy) {
    match policy {
        CachePolicy::NoStore => {
            headers.insert(
                CACHE_CONTROL,
                HeaderValue::from_static("no-cache, no-store"),
            );
            headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
            headers.insert(EXPIRES, HeaderValue::from_static("-1"));
        }
        CachePolicy::Public => {
            headers.insert(
                CACHE_CONTROL,
                HeaderValue::from_static("public, max-age=60"),
            );
        }
    }
}

/// A strong ETag of the bytes.
#[must_use]
pub fn etag(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    let hex: String = digest
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("\"{hex}\"")
}
