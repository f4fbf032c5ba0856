//! The settings as the rest of the core reads them: typed, bounded, with every default filled in.
//!
//! In: nothing. Out: plain structs. `parse` (beside this file) makes them from `wrangler.toml`'s `[vars]`.

use url::Url;

/// Everything `wrangler.toml` says, after validation.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Origin (`scheme://host[:port]`, no path) of XM; `None`: the request's own host.
    pub xm_origin: Option<Url>,
    /// Where and as whom the CDP is called.
    pub cdp: CdpSettings,
    /// `[vars.SITE]`.
    pub site: Site,
    /// `[[vars.SITES]]`, most specific first (host, then longest path).
    pub sites: Vec<SiteScope>,
}

/// `CDP_ENDPOINT`, `CDP_CLIENT_KEY` and their optional companions.
#[derive(Clone, Debug, PartialEq)]
pub struct CdpSettings {
    /// `CDP_ENDPOINT` (origin only), for example `https://api-engage-eu.sitecorecloud.io`.
    pub endpoint: Url,
    /// `CDP_CLIENT_KEY`: public; part of the id cookie's name.
    pub client_key: String,
    /// `SITECORE_EDGE_CONTEXT_ID`: when set, `/_cdp/v1/*` goes to the Edge host.
    pub edge_context_id: Option<String>,
    /// `SITECORE_EDGE_ENDPOINT` (origin only); default Sitecore's own. Called only with a context id.
    pub edge_endpoint: Url,
    /// `WEB_FLOW_ENDPOINT`: host behind `/_cdp/web-flow-libs/`.
    pub web_flow_endpoint: Option<Url>,
}

/// `[vars.SITE]` and `POINT_OF_SALE`.
#[derive(Clone, Debug, PartialEq)]
pub struct Site {
    /// `POINT_OF_SALE`, as configured in the tenant.
    pub point_of_sale: String,
    /// `channel`, upper case; default `WEB`.
    pub channel: String,
    /// `currency`, ISO 4217 upper case; default `USD`.
    pub currency: String,
    /// `language`.
    pub language: Language,
    /// `decision_budget_ms`; default 400.
    pub decision_budget_ms: u32,
    /// `decision_budget_from`; default [`BudgetFrom::Request`].
    pub decision_budget_from: BudgetFrom,
    /// `id_budget_ms`; default 250.
    pub id_budget_ms: u32,
    /// `hold_limit_kib`; default 256.
    pub hold_limit_kib: u32,
    /// `page_views`; default [`PageViews::Edge`].
    pub page_views: PageViews,
    /// `bots`; default [`Bots::Default`].
    pub bots: Bots,
    /// `exclude_paths`: exact paths, or prefixes with a trailing `*`.
    pub exclude_paths: Vec<PathPattern>,
    /// `personalise_not_found`: 404 pages too; default false.
    pub personalise_not_found: bool,
    /// `trusted_html`: friendly ids whose values may be HTML.
    pub trusted_html: Vec<String>,
    /// `guest_fields`: JSON Pointers into the guest that pages may show.
    pub guest_fields: Vec<String>,
    /// `guest_api`; default [`GuestApi::V2_1`].
    pub guest_api: GuestApi,
    /// `browser_cache`; default [`BrowserCache::NoStore`].
    pub browser_cache: BrowserCache,
    /// `reuse_decisions_s`; default 0 (never).
    pub reuse_decisions_s: u32,
    /// `reuse_on_failure_s`; default 0 (never).
    pub reuse_on_failure_s: u32,
    /// `shadow`: decide and log, change nothing; default false.
    pub shadow: bool,
    /// `debug`: `Server-Timing` and friends; default false.
    pub debug: bool,
    /// `cookie_domain`: `Domain` of the id cookie; `None`: host-only.
    pub cookie_domain: Option<String>,
    /// `endpoint_prefix`: where the first-party endpoints live; default `/_cdp`.
    pub endpoint_prefix: String,
    /// `[vars.SITE.consent]`; default [`Consent::Always`].
    pub consent: Consent,
    /// `[vars.SITE.tag]`; default [`Tag::None`].
    pub tag: Tag,
    /// `goal_script`; default [`GoalScript::Beacon`].
    pub goal_script: GoalScript,
    /// `[[vars.SITE.goals]]`.
    pub goals: Vec<Goal>,
    /// `[[vars.SITE.identities]]`.
    pub identities: Vec<Identity>,
    /// `[[vars.SITE.guest_updates]]`.
    pub guest_updates: Vec<GuestUpdate>,
    /// `[[vars.SITE.page_experiences]]`.
    pub page_experiences: Vec<PageExperience>,
    /// `[[vars.SITE.cache]]`.
    pub cache: Vec<CacheRule>,
    /// `cache_version`: another value makes every kept page unknown; default empty.
    pub cache_version: String,
}

/// One of `[[vars.SITES]]`: what differs on a host and below a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteScope {
    /// Host name in lower case, without port; `None`: every host.
    pub host: Option<String>,
    /// Path prefix that ends at a segment (`/de` holds `/de` and `/de/x`, not `/dex`); `/` for all.
    pub path: String,
    /// Overrides `POINT_OF_SALE`.
    pub point_of_sale: Option<String>,
    /// Overrides `language`.
    pub language: Option<Language>,
    /// Overrides `currency`.
    pub currency: Option<String>,
}

/// Where the page's language comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Language {
    /// A fixed code, upper case, for example `EN`.
    Fixed(String),
    /// `<html lang>`.
    Html,
}

/// From when `decision_budget_ms` counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BudgetFrom {
    /// From the moment XM's response headers arrived: for sites whose XM is slower than the budget.
    Origin,
    /// From the start of the request.
    Request,
}

/// Who sends the VIEW event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageViews {
    /// The client-side tag.
    Browser,
    /// This Worker.
    Edge,
}

/// What a bot's page view leaves in the CDP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bots {
    /// One VIEW with `channel:"bot"`.
    Count,
    /// Nothing.
    Default,
}

/// Which version of the CDP's REST API holds the guests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GuestApi {
    /// The legacy one: it replaces only as a whole.
    V2,
    /// The one of data model 2.1.
    V2_1,
}

/// What the visitor's own browser may keep of a personalised page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BrowserCache {
    /// `private, no-store`.
    NoStore,
    /// `private, no-cache` with an ETag of our own.
    Revalidate,
}

/// How consent is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Consent {
    /// Every visitor consents (the site asks elsewhere, or needs not).
    Always,
    /// A cookie's decoded value says so; an absent text grants nothing.
    Cookie(ConsentCookie),
    /// Nobody is identified, personalised or counted.
    Off,
}

/// `mode = "cookie"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentCookie {
    /// Name of the cookie.
    pub cookie: String,
    /// Text that allows a browser id.
    pub id: Option<String>,
    /// Text that allows decisions.
    pub personalisation: Option<String>,
    /// Text that allows events.
    pub analytics: Option<String>,
}

/// Under which name pages get the script that sends marked goals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GoalScript {
    /// `beacon.js`.
    Beacon,
    /// `goals.js`: public lists of trackers name whatever is called `beacon.js`, on every host.
    Goals,
}

impl GoalScript {
    /// The file below `endpoint_prefix`.
    #[must_use]
    pub const fn file(self) -> &'static str {
        match self {
            Self::Beacon => "beacon.js",
            Self::Goals => "goals.js",
        }
    }
}

/// The client-side tag to inject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tag {
    /// Boxever JS.
    Boxever {
        /// URL of the library.
        library_url: String,
    },
    /// Sitecore Engage.
    Engage {
        /// URL of the library.
        library_url: String,
    },
    /// Google Tag Manager.
    Gtm {
        /// `GTM-…`.
        container_id: String,
    },
    /// No tag.
    None,
    /// The pages load a library themselves: nothing is put in, and the id cookie is theirs to read.
    Own,
}

/// An exact path, or a prefix that was written with a trailing `*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathPattern {
    /// The whole path.
    Exact(String),
    /// What the path starts with.
    Prefix(String),
}

impl PathPattern {
    /// Whether `path` (as sent, without query) matches.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        match self {
            Self::Exact(exact) => path == exact,
            Self::Prefix(prefix) => path.starts_with(prefix),
        }
    }
}

/// A path and method whose success is a goal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Goal {
    /// Where.
    pub path: PathPattern,
    /// Method in upper case.
    pub method: String,
    /// Type of the custom event, upper case.
    pub event: String,
}

/// A form post whose fields are an identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Where.
    pub path: PathPattern,
    /// Method in upper case.
    pub method: String,
    /// Provider of the identifier.
    pub provider: String,
    /// Form field that holds the identifier.
    pub id: String,
    /// Wire field of IDENTITY → form field.
    pub fields: Vec<(String, String)>,
}

/// A form post whose fields are the visitor's own guest data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuestUpdate {
    /// Where.
    pub path: PathPattern,
    /// Method in upper case.
    pub method: String,
    /// What of the guest → form field.
    pub fields: Vec<(GuestField, String)>,
}

/// Something of a guest that a form may change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GuestField {
    /// A field of a data extension: `ext.tier`.
    Extension {
        /// `ext`, `ext1` … `ext5`.
        extension: String,
        /// The field's name.
        field: String,
    },
    /// A field of the guest itself: `firstName`.
    Guest(String),
}

impl GuestField {
    /// The field `field` of `extension`.
    #[must_use]
    pub fn extension(extension: &str, field: &str) -> Self {
        Self::Extension {
            extension: extension.to_owned(),
            field: field.to_owned(),
        }
    }
}

/// A page decided as a whole, before its headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageExperience {
    /// Where.
    pub path: PathPattern,
    /// Friendly id.
    pub friendly_id: String,
    /// Whether the config calls it an experiment.
    pub experiment: bool,
}

/// Which pages may be shared as compiled templates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheRule {
    /// Where.
    pub path: PathPattern,
    /// Freshness in seconds.
    pub ttl_s: u32,
    /// How long after that it may be served while it is revalidated, or while XM fails, in seconds.
    pub stale_s: u32,
    /// Cookies of the origin that may be dropped so that the page can be shared.
    pub strip_cookies: Vec<String>,
    /// Cookies whose visitors always get XM's own answer; a trailing `*` stands for any rest.
    pub bypass_cookies: Vec<String>,
}
