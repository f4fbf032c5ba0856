//! Settings for the tests of this crate's request, response and events folders.

use url::Url;

use crate::config::{
    Bots, BrowserCache, BudgetFrom, CdpSettings, Consent, GoalScript, GuestApi, Language,
    PageViews, Site, Tag,
};

/// A site with every default.
pub(crate) fn site() -> Site {
    Site {
        point_of_sale: "shop/ie".to_owned(),
        channel: "WEB".to_owned(),
        currency: "EUR".to_owned(),
        language: Language::Html,
        decision_budget_ms: 400,
        decision_budget_from: BudgetFrom::Request,
        id_budget_ms: 250,
        hold_limit_kib: 256,
        page_views: PageViews::Edge,
        bots: Bots::Default,
        exclude_paths: Vec::new(),
        personalise_not_found: false,
        trusted_html: Vec::new(),
        guest_fields: Vec::new(),
        guest_api: GuestApi::V2_1,
        browser_cache: BrowserCache::NoStore,
        reuse_decisions_s: 0,
        reuse_on_failure_s: 0,
        shadow: false,
        debug: false,
        cookie_domain: None,
        endpoint_prefix: "/_cdp".to_owned(),
        consent: Consent::Always,
        tag: Tag::None,
        goal_script: GoalScript::Beacon,
        goals: Vec::new(),
        identities: Vec::new(),
        guest_updates: Vec::new(),
        page_experiences: Vec::new(),
        cache: Vec::new(),
        cache_version: String::new(),
    }
}

/// A tenant.
pub(crate) fn cdp() -> CdpSettings {
    CdpSettings {
        endpoint: Url::parse("https://api-engage-eu.sitecorecloud.io").unwrap(),
        client_key: "CLIENTKEY".to_owned(),
        edge_context_id: None,
        edge_endpoint: Url::parse("https://edge-platform.sitecorecloud.io").unwrap(),
        web_flow_endpoint: None,
    }
}

/// Header lines in a table of cases.
pub(crate) type Lines<'a> = &'a [(&'a str, &'a str)];

/// A browser id as text.
pub(crate) const BROWSER_ID: &str = "a38b230c-11eb-4cf9-8d5d-274e9f344925";
