//! Calls to the CDP, and fragments from XM, for one page view.
//!
//! In: wishes of the page. Out: decisions, fragments, ids. Nothing is retried while a visitor waits; the wire formats are
//! the core's.

use std::rc::Rc;

use encoding_rs::Encoding;
use js_sys::Reflect;
use wasm_bindgen::{JsCast, JsValue};
use worker::Context;
use xm_edge_core::{
    asking::{Question, Recall},
    breaker::Effect,
    cdp::{browser, flow, language},
    config::{CdpSettings, Rollout, Site},
    decision::Decision,
    guests::{Secrets, vouch::Vouched},
    reason::Failure,
    render::{FragmentPath, MAX_FRAGMENT_BYTES},
    request::{BrowserId, Campaign},
    response,
    reuse::{Kept, Policy, Sealer},
    rollout,
    template::{FriendlyId, PageFacts},
};

use crate::{
    decide::{Call, Door},
    isolate::{self, HostCall},
    own_guest::Whose,
    platform::{
        clock::{self, Clock},
        fetch,
        headers::PlatformHeaders,
    },
    stream::{Answers, FragmentAnswer},
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
    /// For whom flows run.
    pub rollout: Rc<Rollout>,
    /// The request's clock.
    pub clock: Clock,
    /// End of the budget for decisions, on `clock`.
    pub deadline_ms: u32,
    /// What seals decisions that are kept.
    pub sealer: Rc<Sealer>,
    /// Where work goes on behind the page.
    pub context: Rc<Context>,
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
        let question = self.question(&friendly_id, &language);
        let (clock, deadline_ms) = (self.clock, self.deadline_ms);
        let caller = Self::clone(self);
        Door::decide(question, clock, deadline_ms, move || Call {
            request: caller.flow(&friendly_id, &language),
            browser_id: caller.browser_id.clone(),
            context: Rc::clone(&caller.context),
        })
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
        async move {
            // Its outcome says nothing of flows, so it cannot be the probe.
            if isolate::is_host_open() {
                return Err(Failure::BreakerOpen);
            }
            whose.retrieve(vouched.ok_or(Failure::CdpError)?).await
        }
    }
}

impl Caller {
    fn question(&self, friendly_id: &FriendlyId, language: &str) -> Question {
        let recall = Policy::of(&self.site).map(|policy| Recall {
            name: self.sealer.name(&Kept {
                browser_id: &self.browser_id,
                friendly_id,
                cdp: &self.cdp,
                site: &self.site,
                language,
                utm: &self.campaign.utm,
            }),
            sealer: Rc::clone(&self.sealer),
            policy,
        });
        let client_key = &self.cdp.client_key;
        Question {
            refused: rollout::refuses(&self.rollout, client_key, &self.browser_id, friendly_id),
            friendly_id: friendly_id.clone(),
            recall,
            budget_ms: self.site.decision_budget_ms,
            left_ms: self.deadline_ms.saturating_sub(self.clock.now_ms()),
        }
    }

    fn flow(&self, friendly_id: &FriendlyId, language: &str) -> Result<fetch::Prepared, JsValue> {
        let params = flow::Params::new(
            self.campaign.referrer.as_deref(),
            &self.campaign.utm,
            self.place.geo(),
        );
        let call = flow::FlowCall::new(
            &self.cdp,
            &self.site,
            language,
            friendly_id.as_str(),
            &self.browser_id,
            params,
        );
        self.post(flow::PATH, &call.body())
    }

    fn post(&self, path: &str, body: &str) -> Result<fetch::Prepared, JsValue> {
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
    let (answer, headers) = fetch::ask_with_headers(&request.into(), MAX_FRAGMENT_BYTES).await?;
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
) -> Result<fetch::Prepared, JsValue> {
    let mut headers = JSON.to_vec();
    if !user_agent.is_empty() {
        // The CDP knows the visitor's device by it.
        headers.push(("user-agent", user_agent));
    }
    fetch::prepare("POST", &url(cdp, path), &headers, Some(body))
}

/// Creates a browser id; each call makes a guest.
///
/// # Errors
/// A constant label.
pub async fn create_browser_id(cdp: &CdpSettings) -> Result<BrowserId, &'static str> {
    create(cdp).await.0
}

/// As [`create_browser_id`], with what it says of the CDP.
async fn create(cdp: &CdpSettings) -> (Result<BrowserId, &'static str>, Effect) {
    let path = browser::create_path(&cdp.client_key);
    let accept = [("accept", "application/json")];
    let Ok(request) = fetch::prepare("GET", &url(cdp, &path), &accept, None) else {
        return (Err("unavailable"), Effect::NOTHING);
    };
    match fetch::ask(&request, browser::MAX_REPLY).await {
        Ok(answer) => {
            let created = browser::parse_created(answer.status, &answer.body.unwrap_or_default());
            let effect = Effect::answer(answer.status, created.is_ok(), false);
            (created.map_err(browser::CreateError::label), effect)
        }
        Err(_) => (Err("unavailable"), Effect::UNREACHABLE),
    }
}

/// Creates a browser id while a visitor waits, within the site's budget; not while the CDP is known to be away.
///
/// # Errors
/// A constant label.
pub async fn create_in_time(cdp: &CdpSettings, site: &Site) -> Result<BrowserId, &'static str> {
    let Some(call) = HostCall::ask() else {
        return Err(Failure::BreakerOpen.label());
    };
    if let Some((created, effect)) = clock::within(site.id_budget_ms, create(cdp)).await {
        call.settle(effect);
        return created;
    }
    // Of a CDP that decides in its budget, a much smaller one for ids says nothing.
    let enough = site.id_budget_ms.saturating_mul(2) >= site.decision_budget_ms;
    call.settle(Effect::timeout(enough));
    Err("timeout")
}
