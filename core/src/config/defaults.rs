//! A site for which nothing is configured but its point of sale.
//!
//! In: the point of sale, the only setting without a sensible default. Out: every default, in one place.

use super::settings::{
    Bots, BrowserCache, BudgetFrom, Consent, GoalScript, GuestApi, Language, PageViews, Site, Tag,
};

impl Site {
    /// The site that an absent or empty `[vars.SITE]` means.
    #[must_use]
    pub fn with_defaults(point_of_sale: impl Into<String>) -> Self {
        Self {
            point_of_sale: point_of_sale.into(),
            channel: "WEB".to_owned(),
            currency: "USD".to_owned(),
            language: Language::Html,
            // What Sitecore's own middleware waits for a decision.
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
}
