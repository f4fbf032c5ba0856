//! Requests that are none of our business: to XM and back, the body unread in both directions.
//!
//! In: the visitor's request. Out: the runtime's own response object. It reads nothing and, but for HEAD, changes
//! nothing.

use wasm_bindgen::{JsCast, JsValue};
use xm_edge_core::{
    config::Site,
    log_line::{LogLine, OriginLog},
    page_experience::rule_for,
    reason::PassThrough,
    request::{Route, Target, gate, origin},
    response,
};

use crate::{
    page_log,
    platform::{
        clock::Clock,
        fetch,
        headers::{self, PlatformHeaders},
    },
};

/// Response headers of XM that are for this Worker alone.
pub const FOR_US: [&str; 2] = ["cdp-event", "cdp-guest"];

/// The request for XM: the visitor's own, at XM's address, with the edits of the core.
///
/// # Errors
/// Never for a request that the platform delivered.
pub fn to_xm(
    request: &web_sys::Request,
    target: &Target<'_>,
    route: Route,
    hops: u8,
    xm_origin: Option<&url::Url>,
) -> Result<web_sys::Request, JsValue> {
    // A Request is also the dictionary of its own method, headers, body, redirect mode and `cf`.
    let init = request.unchecked_ref::<web_sys::RequestInit>();
    let url = origin::url(target, xm_origin);
    let request = web_sys::Request::new_with_str_and_init(&url, init)?;
    headers::apply(
        &request.headers(),
        &origin::edits(
            target,
            &PlatformHeaders(&request.headers()),
            route,
            hops,
            xm_origin,
        ),
    );
    Ok(request)
}

/// Fetches from XM and returns what came, as it came.
pub async fn answer(
    request: &web_sys::Request,
    reason: PassThrough,
    clock: Clock,
    log: bool,
) -> Result<web_sys::Response, JsValue> {
    let fetched = fetch::send(request).await;
    if log {
        let status = fetched.as_ref().map_or(0, web_sys::Response::status);
        note(LogLine::passed(reason), status, clock);
    }
    match fetched {
        Ok(response) => Ok(response),
        Err(_) => bad_gateway(),
    }
}

/// An answer for a visitor who has gone.
pub fn to_nobody() -> Result<web_sys::Response, JsValue> {
    web_sys::Response::new()
}

/// Logs a line about something that passed through.
pub fn note(mut line: LogLine, status: u16, clock: Clock) {
    line.ms = clock.now_ms();
    line.origin = Some(OriginLog {
        status,
        ms: line.ms,
    });
    page_log::write(&line);
}

/// HEAD of a page: no body, but the headers that GET would have (RFC 9110 §9.3.2).
pub fn head_of_page(
    response: web_sys::Response,
    target: &Target<'_>,
    request_headers: &PlatformHeaders<'_>,
    site: &Site,
) -> Result<web_sys::Response, JsValue> {
    let is_page_route = !site.shadow && gate("GET", target, request_headers, site) == Route::Page;
    let own = response.headers();
    let opened = response::gate(response.status(), &PlatformHeaders(&own), site);
    // Where a rule decides, everything is private.
    let is_decided = rule_for(site, target.path).is_some();
    let is_page = is_page_route && (is_decided || matches!(opened, response::Opened::Page(_)));
    let told = FOR_US.iter().any(|name| own.has(name).unwrap_or(false));
    if !is_page && !told {
        return Ok(response);
    }
    let leaving = headers::copy(&own)?;
    if is_page {
        headers::apply(&leaving, &response::edits(&response::Leaving::default()));
    }
    for name in FOR_US {
        leaving.delete(name)?;
    }
    with_body(&response, &leaving, None)
}

/// A response as it came, without the headers that are for this Worker alone.
///
/// # Errors
/// As [`with_body`].
pub fn without_ours(response: web_sys::Response) -> Result<web_sys::Response, JsValue> {
    let list = response.headers();
    if !FOR_US.iter().any(|name| list.has(name).unwrap_or(false)) {
        return Ok(response);
    }
    let leaving = headers::copy(&list)?;
    for name in FOR_US {
        leaving.delete(name)?;
    }
    with_body(&response, &leaving, response.body().as_ref())
}

/// A response with XM's status, `headers`, and `body`.
///
/// # Errors
/// Never for headers and streams of the platform.
pub fn with_body(
    xm: &web_sys::Response,
    headers: &web_sys::Headers,
    body: Option<&web_sys::ReadableStream>,
) -> Result<web_sys::Response, JsValue> {
    web_sys::Response::new_with_opt_readable_stream_and_init(body, &like(xm, headers))
}

/// As [`with_body`], with the whole body at hand.
///
/// # Errors
/// As [`with_body`].
pub fn with_bytes(
    xm: &web_sys::Response,
    headers: &web_sys::Headers,
    body: &[u8],
) -> Result<web_sys::Response, JsValue> {
    let body = js_sys::Uint8Array::from(body);
    web_sys::Response::new_with_opt_js_u8_array_and_init(Some(&body), &like(xm, headers))
}

/// The browser holds the page already.
///
/// # Errors
/// As [`with_body`].
pub fn not_modified(headers: &web_sys::Headers) -> Result<web_sys::Response, JsValue> {
    let init = web_sys::ResponseInit::new();
    init.set_status(304);
    init.set_headers(headers);
    web_sys::Response::new_with_opt_readable_stream_and_init(None, &init)
}

/// A redirect (302 Found) to `location`, for this visitor alone.
///
/// # Errors
/// Never for a location of visible ASCII.
pub fn found(location: &str, cookies: &[String]) -> Result<web_sys::Response, JsValue> {
    let headers = web_sys::Headers::new()?;
    headers.set("cache-control", "private, no-store")?;
    headers.set("location", location)?;
    for cookie in cookies {
        headers.append("set-cookie", cookie)?;
    }
    let init = web_sys::ResponseInit::new();
    init.set_status(302);
    init.set_headers(&headers);
    web_sys::Response::new_with_opt_readable_stream_and_init(None, &init)
}

fn like(xm: &web_sys::Response, headers: &web_sys::Headers) -> web_sys::ResponseInit {
    let init = web_sys::ResponseInit::new();
    init.set_status(response::rebuilt_status(xm.status()));
    init.set_status_text(&xm.status_text());
    init.set_headers(headers);
    init
}

/// XM could not be reached: there is no page to fall back to.
pub fn bad_gateway() -> Result<web_sys::Response, JsValue> {
    constant(
        502,
        "Bad gateway: the site's origin could not be reached.\n",
    )
}

/// The route leads back to itself (RFC 5842 §7.2).
pub fn loop_detected() -> Result<web_sys::Response, JsValue> {
    constant(508, "Loop detected: XM_ORIGIN leads back to this Worker.\n")
}

fn constant(status: u16, text: &str) -> Result<web_sys::Response, JsValue> {
    let headers = web_sys::Headers::new()?;
    headers.set("cache-control", "no-store")?;
    headers.set("content-type", "text/plain;charset=utf-8")?;
    let init = web_sys::ResponseInit::new();
    init.set_status(status);
    init.set_headers(&headers);
    web_sys::Response::new_with_opt_str_and_init(Some(text), &init)
}
