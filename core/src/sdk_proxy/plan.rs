//! What to do with one call of an SDK.
//!
//! In: the request, tenant and site. Out: a [`Plan`]. The direct API is at `CDP_ENDPOINT`; the paths of Sitecore's Edge
//! go there when `SITECORE_EDGE_CONTEXT_ID` is set, else they become the calls of the direct API that mean the same.

use url::Url;

use super::{
    consent,
    contract::Contract,
    headers,
    json::JsonRules,
    query,
    refusal::Refusal,
    reply::Reply,
    route::{Call, Route, route},
    same_site,
};
use crate::{
    config::{CdpSettings, Site, Tag},
    request::{Headers, Target},
};

/// Most of a request's body, in bytes. The largest event of an SDK has a few KiB; browsers send no more than 64 KiB when
/// a page is left.
pub const MAX_BODY: usize = 256 * 1024;

/// The header with which Content SDK names its context.
const CONTEXT_HEADER: &str = "x-sitecore-contextid";

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan {
    /// Answer so; nothing is called.
    Answer(Answer),
    /// Call the upstream.
    Forward(Box<Forward>),
    /// Answer with a problem document.
    Refuse(Refusal),
}

/// An answer that needs no upstream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// 200, or 204 without a body.
    pub status: u16,
    /// All headers.
    pub headers: Vec<(&'static str, String)>,
    /// UTF-8.
    pub body: String,
}

/// A call of the upstream. Redirects must not be followed, only a script may come from a cache, and after
/// [`TIME_LIMIT_MS`](super::TIME_LIMIT_MS) it is [`Refusal::Timeout`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forward {
    /// Which call, as a constant label for the log.
    pub label: &'static str,
    /// `GET` or `POST`.
    pub method: &'static str,
    /// Where; path and query as the client sent them unless a rule changed them.
    pub url: String,
    /// All headers, in lower case.
    pub headers: Vec<(&'static str, String)>,
    /// For a POST: read at most [`MAX_BODY`] bytes, send what the rules make of them.
    pub body: Option<JsonRules>,
    /// Whether the call goes on when the visitor has left: people send events while they leave.
    pub outlives_visitor: bool,
    /// What to do with the answer.
    pub reply: Reply,
}

/// Plans the call. `target`: below `site.endpoint_prefix`; what does not belong to an SDK is
/// [`Refusal::NotServed`]. `site`: of the page that calls, see [`page_path`](super::page_path).
#[must_use]
pub fn plan(
    method: &str,
    target: &Target<'_>,
    headers: &impl Headers,
    cdp: &CdpSettings,
    site: &Site,
) -> Plan {
    let below = target.path.strip_prefix(site.endpoint_prefix.as_str());
    let route = match below
        .ok_or(Refusal::NotServed)
        .and_then(|path| route(method, path))
    {
        Ok(route) => route,
        Err(refusal) => return Plan::Refuse(refusal),
    };
    if !same_site::is_same_site(target, headers, site) {
        return Plan::Refuse(Refusal::CrossSite);
    }
    if method == "OPTIONS" {
        return Plan::Answer(Answer {
            status: 204,
            headers: same_site::preflight(headers, route.allow),
            body: String::new(),
        });
    }
    if !consent::allows(&route.call, headers, site) {
        return Plan::Refuse(Refusal::NoConsent);
    }
    let caller = Caller {
        target,
        headers,
        cdp,
        site,
    };
    caller.plan(&route).unwrap_or_else(Plan::Refuse)
}

/// Who calls, and on whose behalf.
struct Caller<'a, H> {
    target: &'a Target<'a>,
    headers: &'a H,
    cdp: &'a CdpSettings,
    site: &'a Site,
}

impl<H: Headers> Caller<'_, H> {
    fn plan(&self, route: &Route) -> Result<Plan, Refusal> {
        let contract = Contract::of(route, self.cdp);
        let query = query::apply(
            self.target.query,
            &contract.parameters(&route.call, self.cdp, self.site),
        )?;
        if route.call == Call::CdnUrl && contract == Contract::Mapped {
            return self.cdn_url();
        }
        let body =
            (route.method == "POST").then(|| contract.members(&route.call, self.cdp, self.site));
        if body.is_some() && self.declared_length() > MAX_BODY as u64 {
            return Err(Refusal::TooLarge);
        }
        Ok(Plan::Forward(Box::new(Forward {
            label: route.call.label(),
            method: route.method,
            url: self.url(route, contract, query.as_deref())?,
            headers: self.upstream_headers(route, contract)?,
            body,
            outlives_visitor: route.call.is_event(),
            reply: self.reply(route),
        })))
    }

    /// Where the script of web experiences is: the direct API has no such call.
    fn cdn_url(&self) -> Result<Plan, Refusal> {
        if self.cdp.web_flow_endpoint.is_none() {
            return Err(Refusal::NoWebFlows);
        }
        let mut headers = vec![
            ("content-type", "text/plain; charset=utf-8".to_owned()),
            ("cache-control", "no-store".to_owned()),
            ("x-content-type-options", "nosniff".to_owned()),
        ];
        headers.extend(same_site::cors(self.headers));
        let (base, key) = (self.base(), &self.cdp.client_key);
        Ok(Plan::Answer(Answer {
            status: 200,
            headers,
            body: format!("{base}/web-flow-libs/{key}/web-version.min.js"),
        }))
    }

    fn url(
        &self,
        route: &Route,
        contract: Contract<'_>,
        query: Option<&str>,
    ) -> Result<String, Refusal> {
        let host = match (&route.call, contract) {
            (Call::Library, _) => return self.library_url(),
            (Call::WebFlow(key), _) if *key != self.cdp.client_key => {
                return Err(Refusal::ForeignKey);
            }
            (Call::WebFlow(_), _) => {
                let host = self.cdp.web_flow_endpoint.as_ref();
                host.ok_or(Refusal::NoWebFlows)?
            }
            (_, Contract::Edge(_)) => &self.cdp.edge_endpoint,
            (_, Contract::Direct | Contract::Mapped) => &self.cdp.endpoint,
        };
        let (origin, path) = (origin(host), contract.path(&route.path));
        Ok(match query {
            Some(query) => format!("{origin}{path}?{query}"),
            None => format!("{origin}{path}"),
        })
    }

    /// The operator's own URL, whatever the client's query.
    fn library_url(&self) -> Result<String, Refusal> {
        match &self.site.tag {
            Tag::Boxever { library_url } | Tag::Engage { library_url } => Ok(library_url.clone()),
            Tag::Gtm { .. } | Tag::None | Tag::Own => Err(Refusal::NotServed),
        }
    }

    fn upstream_headers(
        &self,
        route: &Route,
        contract: Contract<'_>,
    ) -> Result<Vec<(&'static str, String)>, Refusal> {
        let mut headers = headers::to_upstream(self.headers, route.call.is_shared_script());
        let Contract::Edge(context) = contract else {
            return Ok(headers);
        };
        let named = self.headers.get(CONTEXT_HEADER);
        match named.as_deref().map(str::trim).filter(|id| !id.is_empty()) {
            Some(named) if named != context => return Err(Refusal::ForeignKey),
            // Cloud SDK names it in the query.
            None if query::has(self.target.query, "sitecoreContextId") => {}
            Some(_) | None => headers.push((CONTEXT_HEADER, context.to_owned())),
        }
        Ok(headers)
    }

    fn reply(&self, route: &Route) -> Reply {
        let rewritten = match (&route.call, &self.cdp.web_flow_endpoint) {
            (Call::CdnUrl, Some(host)) => Some((origin(host), self.base())),
            _ => None,
        };
        Reply {
            is_script: route.call.is_shared_script(),
            is_jsonp: route.call == Call::LogError || query::has(self.target.query, "callback"),
            cors: same_site::cors(self.headers),
            rewritten,
        }
    }

    /// `Content-Length`; 0 when the client does not say.
    fn declared_length(&self) -> u64 {
        self.headers
            .get("content-length")
            .and_then(|length| length.trim().parse().ok())
            .unwrap_or(0)
    }

    /// Where the page finds what is below the prefix.
    fn base(&self) -> String {
        let (scheme, host) = (self.target.scheme, &self.target.host);
        format!("{scheme}://{host}{}", self.site.endpoint_prefix)
    }
}

fn origin(url: &Url) -> String {
    url.origin().ascii_serialization()
}
