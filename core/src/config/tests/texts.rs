//! The texts themselves: an operator who reads one must know what to do.

use super::lines;
use crate::config::parse_strict;

/// Asserts the problems of a file, a line each. The file is what stands below `[vars]`, where `SITE` is
/// `[vars.SITE]`.
fn assert_told(file: &str, expected: &[&str]) {
    let vars = toml::from_str(file).unwrap();
    let told = lines(&parse_strict(&vars).unwrap_err());
    for (told, expected) in told.iter().zip(expected) {
        assert_eq!(told, expected);
    }
    assert_eq!(told.len(), expected.len(), "{told:#?}");
}

#[test]
fn a_missing_key_comes_with_an_example() {
    assert_told(
        r#"
        POINT_OF_SALE = ""
        [SITE.consent]
        mode = "cookie"
        [SITE.tag]
        kind = "engage"
        container_id = "GTM-1"
        [[SITE.goals]]
        [[SITE.identities]]
        path = "/login"
        [[SITE.page_experiences]]
        path = "/"
        [[SITE.cache]]
        path = "/*"
        [[SITES]]
        language = "DE"
        "#,
        &[
            r#"CDP_ENDPOINT: is missing: add it, for example CDP_ENDPOINT = "https://api-engage-eu.sitecorecloud.io", the API host of your tenant's region"#,
            r#"CDP_CLIENT_KEY: is missing: add it, for example CDP_CLIENT_KEY = "…", from the tenant's settings under API access"#,
            r#"POINT_OF_SALE: is empty: set it, for example POINT_OF_SALE = "shop/ie", one of those in the tenant's settings"#,
            r#"SITE.consent.cookie: is missing: add it, for example cookie = "OptanonConsent", the cookie of your consent tool"#,
            r#"SITE.tag.library_url: is missing: add it, for example library_url = "https://…", where your tenant's settings say the library is"#,
            r#"SITE.tag.container_id: has a meaning only beside kind = "gtm": remove it, or change the kind"#,
            r#"SITE.goals[0].path: is missing: add it, for example path = "/thank-you""#,
            r#"SITE.goals[0].event: is missing: add it, for example event = "SIGNUP""#,
            r#"SITE.identities[0].provider: is missing: add it, for example provider = "email""#,
            r#"SITE.identities[0].id: is missing: add it, for example id = "Email", the form field that holds the identifier"#,
            r#"SITE.page_experiences[0]: needs experience = "…" or experiment = "…", with the friendly id of the flow"#,
            r#"SITE.cache[0].ttl_s: is missing: add it, for example ttl_s = 300"#,
            r#"SITES[0]: needs a host, a path or both; for every page, set the same keys in [vars] and [vars.SITE]"#,
        ],
    );
}

#[test]
fn a_wrong_value_says_what_is_expected_and_what_is_there() {
    assert_told(
        r#"
        XM_ORIGIN = "xm.example"
        CDP_ENDPOINT = "https://api.example/v1.2"
        CDP_CLIENT_KEY = "a key"
        POINT_OF_SALE = "shop "
        WEB_FLOW_ENDPOINT = "https://u:p@x.example"
        [SITE]
        channel = "web"
        currency = "Euro"
        language = "German"
        decision_budget_ms = 5
        id_budget_ms = "250"
        hold_limit_kib = 1.5
        page_views = "egde"
        exclude_paths = ["api", "/a*b", "/a?b", "/a/../b"]
        trusted_html = "home_hero"
        debug = "true"
        cookie_domain = "localhost"
        endpoint_prefix = "/sitecore/cdp"
        [[SITE.goals]]
        path = "/"
        event = "VIEW"
        [[SITES]]
        host = "https://shop.example"
        "#,
        &[
            r#"XM_ORIGIN: expected an origin such as "https://host.example", found a text that does not begin with https:// or http://"#,
            r#"CDP_ENDPOINT: expected an origin such as "https://host.example", found a path too: remove it, the Worker adds the paths itself"#,
            r#"CDP_CLIENT_KEY: expected the tenant's client key (1 to 128 letters, digits, - and _); the character at place 2 is not one of them"#,
            r#"POINT_OF_SALE: expected a point of sale as the tenant has it, such as "shop/ie" (1 to 128 printable characters, no space around them), found the string "shop ""#,
            r#"WEB_FLOW_ENDPOINT: must not hold a user name or password (user:password@host): remove them, and replace the password if the file was shared"#,
            r#"SITE.channel: expected a channel in upper case such as "WEB" (A to Z, 0 to 9 and _), found the string "web""#,
            r#"SITE.currency: expected a currency of three upper-case letters (ISO 4217) such as "EUR", found the string "Euro""#,
            r#"SITE.language: expected "html" (the page's own <html lang>) or a language such as "DE" or "de-AT", found the string "German""#,
            r#"SITE.decision_budget_ms: expected a whole number of milliseconds from 10 to 30000, found the number 5"#,
            r#"SITE.id_budget_ms: expected a whole number of milliseconds from 0 to 30000, found the string "250"; write it without the quotes"#,
            r#"SITE.hold_limit_kib: expected a whole number of KiB from 1 to 8192, found the number 1.5"#,
            r#"SITE.page_views: expected one of "edge", "browser", found the string "egde"; did you mean "edge"?"#,
            r#"SITE.exclude_paths[0]: expected a path such as "/thank-you", or "/products/*" for all that begins so, found the string "api""#,
            r#"SITE.exclude_paths[1]: * may stand only once and at the end of a path, found "/a*b""#,
            r#"SITE.exclude_paths[2]: expected a path alone, without ? or #, found "/a?b""#,
            r#"SITE.exclude_paths[3]: browsers never send a segment . or .., found "/a/../b""#,
            r#"SITE.trusted_html: expected a list of friendly ids such as ["home_hero"], found the string "home_hero""#,
            r#"SITE.debug: expected true or false, found the string "true"; write it without the quotes"#,
            r#"SITE.cookie_domain: browsers refuse a cookie for "localhost": expected a domain such as "shop.example", which the cookie then covers with all its hosts; leave the key out for a cookie of the page's own host"#,
            r#"SITE.endpoint_prefix: "/sitecore/cdp" belongs to XM itself: choose another path, such as "/_cdp""#,
            r#"SITE.goals[0].event: "VIEW" has a meaning of its own in the CDP: choose another type, such as "GOAL_VIEW""#,
            r#"SITES[0].host: expected a host name such as "shop.example", without scheme, port and path, found the string "https://shop.example""#,
        ],
    );
}

#[test]
fn a_wrong_shape_says_which_heading_to_write() {
    assert_told(
        r#"
        CDP_ENDPOINT = "https://api.example"
        CDP_CLIENT_KEY = "key"
        POINT_OF_SALE = "shop"
        SITES = "[{"
        [SITE]
        tag = "gtm"
        [SITE.goals]
        path = "/"
        [[SITE.consent]]
        mode = "off"
        "#,
        &[
            "SITE.consent: expected a table (a heading [vars.SITE.consent] with its keys below), found a list",
            r#"SITE.tag: expected a table (a heading [vars.SITE.tag] with its keys below), found the string "gtm""#,
            "SITE.goals: expected a list of tables (a heading [[vars.SITE.goals]] for each, in double brackets), found a table",
            "SITES: is a string, but not one of JSON: EOF while parsing an object at line 1 column 2",
        ],
    );
}

#[test]
fn a_wrong_name_says_which_was_meant_or_where_it_belongs() {
    assert_told(
        r#"
        CDP_ENDPOINT = "https://api.example"
        CDP_CLIENT_KEY = "key"
        POINT_OF_SALE = "shop"
        WEB_FLOW_ENDPONT = "https://api.example"
        XM_API_KEY = "x"
        EVENTS = "events"
        CONFIG = "config"
        channel = "WEB"
        [SITE]
        point_of_sale = "shop"
        [SITE.consent]
        mode = "off"
        analytics = "C0002:1"
        currency = "EUR"
        XM_ORIGIN = "https://xm.example"
        [SITE.tag]
        kind = "gtm"
        containerid = "GTM-1"
        container_id = "GTM-1"
        [[SITE.cache]]
        path = "/"
        ttl_s = 1
        vary = "Cookie"
        "#,
        &[
            r#"SITE.consent.analytics: has a meaning only beside mode = "cookie": remove it, or change the mode"#,
            "SITE.consent.XM_ORIGIN: belongs in [vars]: move it above the first [vars.…] heading",
            "SITE.consent.currency: belongs in [vars.SITE]: move it above the first [vars.SITE.…] heading",
            "SITE.tag.containerid: unknown key; did you mean `container_id`? Allowed in SITE.tag: `kind`, `library_url`, `container_id`",
            "SITE.cache[0].vary: unknown key. Allowed in SITE.cache[0]: `path`, `ttl_s`, `stale_s`, `strip_cookies`, `bypass_cookies`",
            "SITE.point_of_sale: belongs in [vars], as POINT_OF_SALE",
            r#"CONFIG: is the name of a binding: declare the KV namespace under [[kv_namespaces]] with binding = "CONFIG""#,
            r#"EVENTS: is the name of a binding: declare the queue under [[queues.producers]] with binding = "EVENTS""#,
            "WEB_FLOW_ENDPONT: unknown key; did you mean `WEB_FLOW_ENDPOINT`? Allowed in [vars]: `XM_ORIGIN`, `CDP_ENDPOINT`, `CDP_CLIENT_KEY`, `POINT_OF_SALE`, `SITECORE_EDGE_CONTEXT_ID`, `SITECORE_EDGE_ENDPOINT`, `WEB_FLOW_ENDPOINT`, `SITE`, `SITES`",
            "XM_API_KEY: is a secret and must not stand in wrangler.toml: remove it here, run `npx wrangler secret put XM_API_KEY`, and replace the value if the file was shared",
            "channel: belongs in [vars.SITE]",
        ],
    );
}
