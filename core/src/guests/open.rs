//! A request for the guest API, up to its body.
//!
//! In: method, path, query, headers; tenant and secrets. Out: an [`Exchange`], or an answer. Everything that can be
//! refused without the body is refused before it is read.

use super::{
    access,
    call::Caller,
    criteria::Query,
    exchange::Exchange,
    idempotency,
    route::{Operation, Route, Whose, route},
    secrets::Secrets,
};
use crate::{
    answer::{Answer, Invalid, problem},
    api_keys::{Scope, refuse_body},
    cdp::BrowserId,
    config::{CdpSettings, GuestApi, Site},
    request::{Cookies, Headers, Target, browser_id},
};

/// Most of a body, in bytes.
pub const MAX_BODY: usize = 64 * 1024;

/// A request for the guest API.
#[derive(Clone, Copy)]
pub struct Request<'r, H> {
    /// Its method.
    pub method: &'r str,
    /// What stands behind the prefix and its slash: `guests…`.
    pub path: &'r str,
    /// Its URL.
    pub target: &'r Target<'r>,
    /// Its headers.
    pub headers: &'r H,
}

/// Opens the exchange for a request.
///
/// # Errors
/// The answer to a request that is refused; the CDP was not called.
pub fn open<H: Headers>(
    request: Request<'_, H>,
    cdp: &CdpSettings,
    site: &Site,
    secrets: &Secrets,
) -> Result<Exchange, Answer> {
    let headers = request.headers;
    access::refuse_browsers(headers)?;
    let route = route(request.method, request.path)?;
    let token = access::admit(route.operation.scope(), headers, secrets)?;
    let query = Query::read(request.target, &route)?;
    if query.create_or_find {
        // It shows a guest that somebody else made.
        access::admit(Scope::Read, headers, secrets)?;
    }
    if site.guest_api == GuestApi::V2 {
        refuse_unknown_to_v2(route.operation)?;
    }
    let browser_id = match route.whose {
        Some(Whose::Me) => Some(visitor(&query, headers, cdp)?),
        _ => None,
    };
    if route.operation.has_body() {
        refuse_body(headers, MAX_BODY)?;
    }
    let caller = Caller::new(cdp, token, site.guest_api);
    let key = idempotency_key(&route, headers)?;
    Ok(Exchange::new(
        caller,
        route,
        query,
        browser_id,
        key,
        &site.endpoint_prefix,
    ))
}

/// The browser id of the visitor on whose behalf XM's server calls: from the query, else from the visitor's own cookie,
/// which XM's server sends along.
fn visitor(query: &Query, headers: &impl Headers, cdp: &CdpSettings) -> Result<BrowserId, Answer> {
    let given = query.browser_id.clone();
    let from_cookie = || browser_id::from_cookies(&Cookies::from_headers(headers), &cdp.client_key);
    given.or_else(from_cookie).ok_or_else(|| {
        let name = browser_id::cookie_name(&cdp.client_key);
        let expected = format!(
            "is missing: send the visitor's cookie {name} along as the header Cookie, or its value as ?browser_id="
        );
        bad_request("browser_id", &expected)
    })
}

fn idempotency_key(route: &Route, headers: &impl Headers) -> Result<Option<String>, Answer> {
    if route.operation != Operation::Create {
        return Ok(None);
    }
    headers
        .get("idempotency-key")
        .map(|header| {
            let key = idempotency::read(&header).map(str::to_owned);
            key.ok_or_else(|| {
                bad_request(
                    "Idempotency-Key",
                    "expected 1 to 255 visible ASCII characters, in quotes or not",
                )
            })
        })
        .transpose()
}

fn bad_request(field: &str, wrong: &str) -> Answer {
    let error = Invalid {
        field: field.to_owned(),
        problem: wrong.to_owned(),
    };
    problem(
        400,
        "The request is not valid; the CDP was not called.",
        &[error],
    )
}

/// What the legacy API cannot do is not imitated: reading, merging and replacing would lose what others write meanwhile.
fn refuse_unknown_to_v2(operation: Operation) -> Result<(), Answer> {
    let instead = match operation {
        Operation::Update | Operation::UpdateExtension => "changes only whole resources: use PUT",
        Operation::DeleteFields => "changes only whole extensions: use PUT without these fields",
        Operation::Delete => "does not delete guests: use Sitecore CDP itself, or its Batch API",
        Operation::ListExtensions => "has no list of extensions: retrieve them one by one",
        _ => return Ok(()),
    };
    let detail = format!(
        "The CDP's REST API v2 {instead}. If the tenant has data model 2.1, set guest_api = \"v2.1\" in [vars.SITE]."
    );
    Err(problem(501, &detail, &[]))
}
