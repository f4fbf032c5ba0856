//! Calls to the CDP, and fragments from XM, for one page view.
//!
//! In: wishes of the page. Out: decisions, fragments, ids. Nothing is retried while a visitor waits; the wire formats are
//! the core's.

use std::rc::Rc;

use encoding_rs::Encoding;
use futures_util::future::{Either, select};
use js_sys::Reflect;
use wasm_bindgen::{JsCast, JsValue};
use xm_edge_core::{
    cdp::{browser, flow, language},
    config::{CdpSettings, Site},
    decision::{Decision, MAX_BODY_BYTES},
    guests::{Secrets, vouch::Vouched},
    reason::Failure,
    render::{FragmentPath, MAX_FRAGMENT_BYTES},
    request::{BrowserId, Campaign},
    response,
    template::{FriendlyId, PageFacts},
};

use crate::{
    own_guest::Whose,
    platform::{
        clock,
        fetch::{self, Answer},
        headers::PlatformHeaders,
    },
    stream::{Answers, FragmentAnswer},
    unknown_ids,
};

const JSON: &[(&str, &str)] = &[
    ("accept", "application/json"),
    ("content-type", "application/json"),
];

/// The visitor's place, from Cloudflare's `cf` object.
#[derive(Clone, Debug, Default)]
pub struct Place {
    city: Option<String>,
    country: Option<String>,
    region: Option<String>,
}

impl Place {
    /// Reads `request.cf`; what is missing stays missing.
    pub fn of(request: &web_sys::Request) -> Self {
        let get =
            |object: &JsValue, name: &str| Reflect::get(object, &JsValue::from_str(name)).ok();
        let Some(cf) = get(request, "cf").filter(JsValue::is_object) else {
            return Self::default();
        };
        let text = |name: &str| get(&cf, name).and_then(|value| value.as_string());
        Self {
            city: text("city"),
            country: text("country"),
            region: text("regionCode"),
        }
    }

    fn geo(&self) -> flow::Geo<'_> {
        flow::Geo {
            city: self.city.as_deref(),
            country: self.country.as_deref(),
            region: self.region.as_deref(),
        }
    }
}

/// Who asks for decisions, and for whom.
pub struct Caller {
    pub cdp: CdpSettings,
    pub site: Site,
    pub browser_id: BrowserId,
    pub user_agent: String,
    pub campaign: Campaign,
    pub place: Place,
    /// The request for the page on XM: a fragment is asked for with the same headers.
    pub origin_request: web_sys::Request,
    /// Scheme and host of XM, without a trailing slash.
    pub xm: String,
    /// XM's word for the visitor, if it vouches.
    pub vouched: Option<Vouched>,
    pub secrets: Rc<Secrets>,
}

impl Answers for Rc<Caller> {
    fn decide(
        &self,
        friendly_id: FriendlyId,
        facts: &PageFacts,
    ) -> impl Future<Output = Result<Decision, Failure>> + 'static {
        let language = language(&self.site.language, facts.html_lang.as_deref());
        let params = flow::Params::new(
            self.campaign.referrer.as_deref(),
            &self.campaign.utm,
            self.place.geo(),
        );
        let id = friendly_id.as_str();
        let body = flow::FlowCall::new(
            &self.cdp,
            &self.site,
            &language,
            id,
            &self.browser_id,
            params,
        )
        .body();
        let request = self.post(flow::PATH, &body);
        let browser_id = self.browser_id.clone();
        async move {
            let request = request.map_err(|_| Failure::CdpError)?;
            let answer = fetch::ask(&request, MAX_BODY_BYTES).await;
            let Answer { status, body, .. } = answer.map_err(|_| Failure::CdpError)?;
            let body = body.ok_or(Failure::InvalidDecision)?;
            if browser::is_unknown(status, &body) {
                unknown_ids::note(&browser_id);
            }
            Decision::read(status, &body)
        }
    }

    fn fragment(&self, path: FragmentPath) -> impl Future<Output = FragmentAnswer> + 'static {
        let caller = Self::clone(self);
        async move {
            let url = format!("{}{}", caller.xm, path.as_str());
            let answer = fetch_fragment(&url, &caller).await;
            answer.map_err(|_| Failure::FragmentError)?
        }
    }

    fn guest(&self) -> impl Future<Output = Result<Decision, Failure>> + 'static {
        let vouched = self.vouched.clone();
        let whose = Whose {
            cdp: self.cdp.clone(),
            site: self.site.clone(),
            secrets: Rc::clone(&self.secrets),
            browser_id: self.browser_id.clone(),
        };
        async move { whose.retrieve(vouched.ok_or(Failure::CdpError)?).await }
    }
}

impl Caller {
    fn post(&self, path: &str, body: &str) -> Result<web_sys::Request, JsValue> {
        post(&self.cdp, path, &self.user_agent, body)
    }
}

async fn fetch_fragment(url: &str, caller: &Caller) -> Result<FragmentAnswer, JsValue> {
    let request = web_sys::Request::new_with_str_and_init(
        url,
        caller
            .origin_request
            .unchecked_ref::<web_sys::RequestInit>(),
    )?;
    let (answer, headers) = fetch::ask_with_headers(&request, MAX_FRAGMENT_BYTES).await?;
    let opened = response::gate(answer.status, &PlatformHeaders(&headers), &caller.site);
    let declared: Option<&'static Encoding> = match opened {
        response::Opened::Page(charset) => charset.declared,
        response::Opened::PassThrough(_) => return Ok(Err(Failure::FragmentError)),
    };
    Ok(answer
        .body
        .map(|body| (body, declared))
        .ok_or(Failure::TooLarge))
}

fn url(cdp: &CdpSettings, path: &str) -> String {
    format!("{}{path}", cdp.endpoint.origin().ascii_serialization())
}

/// A POST of JSON to the CDP, with the visitor's device.
///
/// # Errors
/// Never for what the core made.
pub fn post(
    cdp: &CdpSettings,
    path: &str,
    user_agent: &str,
    body: &str,
) -> Result<web_sys::Request, JsValue> {
    let mut headers = JSON.to_vec();
    if !user_agent.is_empty() {
        // The CDP knows the visitor's device by it.
        headers.push(("user-agent", user_agent));
    }
    fetch::request("POST", &url(cdp, path), &headers, Some(body))
}

/// Creates a browser id; each call makes a guest.
///
/// # Errors
/// A constant label.
pub async fn create_browser_id(cdp: &CdpSettings) -> Result<BrowserId, &'static str> {
    let path = browser::create_path(&cdp.client_key);
    let request = fetch::request(
        "GET",
        &url(cdp, &path),
        &[("accept", "application/json")],
        None,
    )
    .map_err(|_| "unavailable")?;
    let answer = fetch::ask(&request, browser::MAX_REPLY)
        .await
        .map_err(|_| "unavailable")?;
    browser::parse_created(answer.status, &answer.body.unwrap_or_default())
        .map_err(browser::CreateError::label)
}

/// Creates a browser id while a visitor waits, within the site's budget.
///
/// # Errors
/// A constant label.
pub async fn create_in_time(cdp: &CdpSettings, site: &Site) -> Result<BrowserId, &'static str> {
    let create = Box::pin(create_browser_id(cdp));
    match select(create, clock::delay(site.id_budget_ms)).await {
        Either::Left((created, _)) => created,
        Either::Right(_) => Err("timeout"),
    }
}
