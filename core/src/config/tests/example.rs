//! A configuration that uses every key once, and what each becomes.

use serde_json::json;
use url::Url;

use super::{config, vars};
use crate::config::{
    Bots, BrowserCache, BudgetFrom, CacheRule, CdpSettings, Config, Consent, ConsentCookie, Goal,
    GoalScript, GuestApi, GuestField, GuestUpdate, Identity, Language, PageExperience, PageViews,
    PathPattern, Site, SiteScope, Tag, parse, parse_strict,
};

const EVERY_KEY: &str = r#"
XM_ORIGIN = "https://cd.garden.example:8443/"
CDP_ENDPOINT = "https://api-engage-us.sitecorecloud.io"
CDP_CLIENT_KEY = "Garden_Key-1"
POINT_OF_SALE = "garden/uk"
SITECORE_EDGE_CONTEXT_ID = "4fGh"
SITECORE_EDGE_ENDPOINT = "https://edge.garden.example"
WEB_FLOW_ENDPOINT = "https://flows.garden.example"

[SITE]
channel = "MOBILE_WEB"
currency = "GBP"
language = "en-GB"
decision_budget_ms = 300
decision_budget_from = "origin"
id_budget_ms = 0
hold_limit_kib = 512
page_views = "browser"
bots = "count"
exclude_paths = ["/feeds/*", "/basket"]
personalise_not_found = true
trusted_html = ["banner_top"]
guest_fields = ["/lastName", "/extensions/0/tier"]
guest_api = "v2"
browser_cache = "revalidate"
reuse_decisions_s = 60
reuse_on_failure_s = 3600
shadow = true
debug = true
cookie_domain = ".Garden.example"
endpoint_prefix = "/edge/cdp"
goal_script = "goals.js"

[SITE.consent]
mode = "cookie"
cookie = "CookieConsent"
id = "necessary:true"
analytics = "statistics:true"

[SITE.tag]
kind = "gtm"
container_id = "GTM-K7X2"

[[SITE.goals]]
path = "/newsletter/done"
event = "NEWSLETTER"

[[SITE.goals]]
path = "/quotes/*"
method = "POST"
event = "QUOTE_2"

[[SITE.identities]]
path = "/account/sign-in"
provider = "crm"
id = "AccountNo"
fields = { email = "Mail", postal_code = "Postcode" }

[[SITE.guest_updates]]
path = "/account/profile"
fields = { firstName = "First", ext.newsletter = "News", ext2.plot_size = "Size" }

[[SITE.page_experiences]]
path = "/"
experiment = "start_page"

[[SITE.page_experiences]]
path = "/sale/*"
experience = "sale_page"

[[SITE.cache]]
path = "/plants/*"
ttl_s = 600

[[SITES]]
path = "/at/"
language = "de"

[[SITES]]
host = "Shop.Garden.example"
path = "/de"
point_of_sale = "garden/de"
language = "DE"
currency = "EUR"

[[SITES]]
host = "shop.garden.example"
"#;

#[test]
fn every_key_becomes_its_setting() {
    let vars = toml::from_str(EVERY_KEY).unwrap();
    let exact = |path: &str| PathPattern::Exact(path.to_owned());
    let prefix = |path: &str| PathPattern::Prefix(path.to_owned());
    let expected = Config {
        xm_origin: Some(Url::parse("https://cd.garden.example:8443").unwrap()),
        cdp: CdpSettings {
            endpoint: Url::parse("https://api-engage-us.sitecorecloud.io").unwrap(),
            client_key: "Garden_Key-1".to_owned(),
            edge_context_id: Some("4fGh".to_owned()),
            edge_endpoint: Url::parse("https://edge.garden.example").unwrap(),
            web_flow_endpoint: Some(Url::parse("https://flows.garden.example").unwrap()),
        },
        site: Site {
            point_of_sale: "garden/uk".to_owned(),
            channel: "MOBILE_WEB".to_owned(),
            currency: "GBP".to_owned(),
            language: Language::Fixed("EN".to_owned()),
            decision_budget_ms: 300,
            decision_budget_from: BudgetFrom::Origin,
            id_budget_ms: 0,
            hold_limit_kib: 512,
            page_views: PageViews::Browser,
            bots: Bots::Count,
            exclude_paths: vec![prefix("/feeds/"), exact("/basket")],
            personalise_not_found: true,
            trusted_html: vec!["banner_top".to_owned()],
            guest_fields: vec!["/lastName".to_owned(), "/extensions/0/tier".to_owned()],
            guest_api: GuestApi::V2,
            browser_cache: BrowserCache::Revalidate,
            reuse_decisions_s: 60,
            reuse_on_failure_s: 3600,
            shadow: true,
            debug: true,
            cookie_domain: Some("garden.example".to_owned()),
            endpoint_prefix: "/edge/cdp".to_owned(),
            consent: Consent::Cookie(ConsentCookie {
                cookie: "CookieConsent".to_owned(),
                id: Some("necessary:true".to_owned()),
                personalisation: None,
                analytics: Some("statistics:true".to_owned()),
            }),
            tag: Tag::Gtm {
                container_id: "GTM-K7X2".to_owned(),
            },
            goal_script: GoalScript::Goals,
            goals: vec![
                Goal {
                    path: exact("/newsletter/done"),
                    method: "GET".to_owned(),
                    event: "NEWSLETTER".to_owned(),
                },
                Goal {
                    path: prefix("/quotes/"),
                    method: "POST".to_owned(),
                    event: "QUOTE_2".to_owned(),
                },
            ],
            identities: vec![Identity {
                path: exact("/account/sign-in"),
                method: "POST".to_owned(),
                provider: "crm".to_owned(),
                id: "AccountNo".to_owned(),
                fields: vec![
                    ("email".to_owned(), "Mail".to_owned()),
                    ("postal_code".to_owned(), "Postcode".to_owned()),
                ],
            }],
            guest_updates: vec![GuestUpdate {
                path: exact("/account/profile"),
                method: "POST".to_owned(),
                fields: vec![
                    (
                        GuestField::Guest("firstName".to_owned()),
                        "First".to_owned(),
                    ),
                    (
                        GuestField::extension("ext", "newsletter"),
                        "News".to_owned(),
                    ),
                    (
                        GuestField::extension("ext2", "plot_size"),
                        "Size".to_owned(),
                    ),
                ],
            }],
            page_experiences: vec![
                PageExperience {
                    path: exact("/"),
                    friendly_id: "start_page".to_owned(),
                    experiment: true,
                },
                PageExperience {
                    path: prefix("/sale/"),
                    friendly_id: "sale_page".to_owned(),
                    experiment: false,
                },
            ],
            cache: vec![CacheRule {
                path: prefix("/plants/"),
                ttl_s: 600,
                stale_s: 0,
                strip_cookies: vec![],
                bypass_cookies: vec![],
            }],
            cache_version: String::new(),
        },
        // The most specific first, whatever the order in the file.
        sites: vec![
            SiteScope {
                host: Some("shop.garden.example".to_owned()),
                path: "/de".to_owned(),
                point_of_sale: Some("garden/de".to_owned()),
                language: Some(Language::Fixed("DE".to_owned())),
                currency: Some("EUR".to_owned()),
            },
            SiteScope {
                host: Some("shop.garden.example".to_owned()),
                path: "/".to_owned(),
                point_of_sale: None,
                language: None,
                currency: None,
            },
            SiteScope {
                host: None,
                path: "/at".to_owned(),
                point_of_sale: None,
                language: Some(Language::Fixed("DE".to_owned())),
                currency: None,
            },
        ],
    };
    assert_eq!(parse(&vars), Ok(expected.clone()));
    assert_eq!(parse_strict(&vars), Ok(expected));
}

#[test]
fn three_variables_are_enough_and_the_rest_are_defaults() {
    let config = config(json!({}));
    assert_eq!(config.site, Site::with_defaults("shop/ie"));
    assert_eq!(config.sites, []);
    assert_eq!(config.xm_origin, None);
    assert_eq!(config.cdp.edge_context_id, None);
    assert_eq!(
        config.cdp.edge_endpoint.as_str(),
        "https://edge-platform.sitecorecloud.io/"
    );
    assert_eq!(config.cdp.web_flow_endpoint, None);
}

#[test]
fn an_empty_text_unsets_an_optional_variable() {
    let unset = json!({
        "XM_ORIGIN": "", "SITECORE_EDGE_CONTEXT_ID": "", "SITECORE_EDGE_ENDPOINT": "", "WEB_FLOW_ENDPOINT": "", "SITE": "", "SITES": "",
    });
    assert_eq!(parse_strict(&vars(unset)), Ok(config(json!({}))));
}

#[test]
fn the_site_and_sites_may_be_strings_of_json() {
    let as_json = json!({
        "SITE": r#"{"currency":"EUR","consent":{"mode":"off"}}"#,
        "SITES": r#"[{"path":"/de","language":"DE"}]"#,
    });
    let as_tables = json!({
        "SITE": {"currency": "EUR", "consent": {"mode": "off"}},
        "SITES": [{"path": "/de", "language": "DE"}],
    });
    assert_eq!(config(as_json), config(as_tables));
}

#[test]
fn other_bindings_of_the_environment_are_not_looked_at() {
    let bindings = json!({
        "XM_API_KEY": "secret", "CDP_API_TOKEN": "secret", "EVENTS": {}, "SOMETHING": 1, "channel": "WEB",
    });
    assert_eq!(config(bindings), config(json!({})));
}
