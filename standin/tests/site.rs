//! The site is what XM would deliver, and complete without any CDP.

mod support;

use std::io::Read;

use flate2::read::GzDecoder;
use support::{Standin, raw, split};

#[test]
fn every_page_stands_and_its_links_lead_somewhere() {
    let standin = Standin::start();
    let mut todo = vec![
        "/".to_owned(),
        "/big".to_owned(),
        "/legacy".to_owned(),
        "/thank-you".to_owned(),
    ];
    let mut seen = std::collections::BTreeSet::new();
    while let Some(path) = todo.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        let reply = standin.page(&path);
        assert!(
            matches!(reply.status, 200 | 302),
            "{path}: {}",
            reply.status
        );
        if !reply
            .header("content-type")
            .is_some_and(|kind| kind.starts_with("text/html"))
        {
            continue;
        }
        for attribute in [" href=\"/", " src=\"/", " HREF=\"/"] {
            for part in reply.text().split(attribute).skip(1) {
                let link = part.split(['"', '#']).next().unwrap().replace("&amp;", "&");
                // Two of the same shape are enough on the big page.
                if !link.starts_with("plain?repair=") {
                    todo.push(format!("/{link}"));
                }
            }
        }
    }
    for path in [
        "/products/trail-tent",
        "/landing/summer",
        "/landing/weekend",
        "/de/",
        "/contact",
        "/login",
        "/account",
        "/plain",
        "/-/media/Themes/northmere.css",
    ] {
        assert!(
            seen.iter()
                .any(|found| found.split('?').next() == Some(path)),
            "{path} is linked from somewhere"
        );
    }
}

#[test]
fn pages_carry_what_xm_carries_and_differ_by_the_clock() {
    let standin = Standin::start();
    let (one, two) = (standin.page("/"), standin.page("/"));
    assert_ne!(one.body, two.body, "VIcurrentDateTime");
    assert_eq!(one.header("cache-control"), Some("no-cache, no-store"));
    assert_eq!(one.header("server"), Some("Microsoft-IIS/10.0"));
    assert!(one.header("x-aspnet-version").is_some());
    let cookies: Vec<&str> = one
        .headers
        .iter()
        .filter(|(name, _)| name == "set-cookie")
        .map(|(_, value)| value.as_str())
        .collect();
    assert_eq!(cookies.len(), 2);
    assert!(cookies[0].starts_with("ASP.NET_SessionId="));
    assert!(
        cookies[1].starts_with("SC_ANALYTICS_GLOBAL_COOKIE=")
            && cookies[1].contains("|False; expires=")
    );
    let (hex, _) = cookies[1]["SC_ANALYTICS_GLOBAL_COOKIE=".len()..]
        .split_once('|')
        .unwrap();
    assert!(hex.len() == 32 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()));
}

#[test]
fn the_query_chooses_caching_cookies_compression_and_validators() {
    let standin = Standin::start();
    let public = standin.page("/?cache=public&cookies=0&etag=1");
    assert_eq!(public.header("cache-control"), Some("public, max-age=60"));
    assert_eq!(public.header("set-cookie"), None);
    let etag = public.header("etag").unwrap();
    let again = standin.send(
        "GET",
        standin.xm,
        "/?cache=public&cookies=0&etag=1",
        &[("if-none-match", etag)],
        None,
    );
    // The page is rendered anew each minute; between two minutes the ETag changes.
    assert!(again.status == 304 && again.body.is_empty() || again.header("etag") != Some(etag));
    let (packed, _) = raw(
        standin.xm,
        "GET",
        "/plain?gzip=1&etag=1",
        "Accept-Encoding: gzip\r\n",
        std::time::Duration::from_secs(20),
    );
    let (head, body) = split(&packed);
    assert!(
        head.contains("content-encoding: gzip") && head.contains("vary: accept-encoding"),
        "{head}"
    );
    let mut text = String::new();
    GzDecoder::new(&dechunked(body)[..])
        .read_to_string(&mut text)
        .unwrap();
    assert!(text.contains("How mending works"));
    let (plain, _) = raw(
        standin.xm,
        "GET",
        "/plain?gzip=1",
        "",
        std::time::Duration::from_secs(20),
    );
    assert!(
        !split(&plain).0.contains("content-encoding"),
        "only for clients that accept it"
    );
}

fn dechunked(mut body: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    loop {
        let line = body
            .windows(2)
            .position(|window| window == b"\r\n")
            .unwrap();
        let size = usize::from_str_radix(std::str::from_utf8(&body[..line]).unwrap(), 16).unwrap();
        if size == 0 {
            return whole;
        }
        whole.extend_from_slice(&body[line + 2..line + 2 + size]);
        body = &body[line + 2 + size + 2..];
    }
}

/// What `cargo xtask dev` runs.
const WRANGLER_TOML: &str = include_str!("../../wrangler.toml");

#[test]
fn components_are_marked_as_the_flows_expect() {
    let standin = Standin::start();
    let pages: String = [
        "/",
        "/products/trail-tent",
        "/landing/summer",
        "/account",
        "/legacy",
        "/big",
        "/de/",
        "/nowhere",
    ]
    .iter()
    .map(|path| {
        if *path == "/account" {
            let login = standin.send(
                "POST",
                standin.xm,
                "/login",
                &[("content-type", "application/x-www-form-urlencoded")],
                Some("Email=jane%40example.com"),
            );
            let cookie = login
                .header("set-cookie")
                .unwrap()
                .split(';')
                .next()
                .unwrap()
                .to_owned();
            return standin
                .send("GET", standin.xm, path, &[("cookie", &cookie)], None)
                .text();
        }
        standin.page(path).text()
    })
    .collect();
    let flows = standin.get("/flows").json();
    for flow in flows["flows"].as_array().unwrap() {
        let id = flow["friendlyId"].as_str().unwrap();
        let kind = flow["type"].as_str().unwrap();
        // A flow of a whole page is marked nowhere: a rule names it, and its responses name pages.
        if WRANGLER_TOML.contains(&format!("{kind} = \"{id}\"")) {
            for rule in flow["rules"].as_array().unwrap() {
                let response = &rule["response"];
                let target = response["path"].as_str().or(response["redirect"].as_str());
                assert_eq!(standin.page(target.unwrap()).status, 200, "{rule}");
            }
            continue;
        }
        let mark = format!("data-cdp-{kind}=\"{id}\"");
        assert!(
            pages.to_lowercase().contains(&mark),
            "{mark} is on some page"
        );
        // Every variant that a response names is authored somewhere, or is the default.
        for part in flow.to_string().split("\"variantId\":\"").skip(1) {
            let variant = part.split('"').next().unwrap();
            let authored = pages.contains(&format!("<template data-cdp-variant=\"{variant}\">"));
            assert!(
                authored || variant.ends_with("_default") || id == "landing_gear_list",
                "{variant}"
            );
        }
    }
    assert!(
        standin
            .page("/fragments/gear-list")
            .text()
            .contains("For one, and fast")
    );
    assert!(standin.page("/big").body.len() > 900_000);
    assert!(
        !standin
            .page("/plain")
            .text()
            .contains("data-cdp-experience=\"home"),
        "nothing to personalise there"
    );
}

#[test]
fn the_legacy_page_is_windows_1252() {
    let standin = Standin::start();
    let page = standin.page("/legacy");
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=windows-1252")
    );
    assert!(
        page.body.contains(&0x80),
        "the euro sign as windows-1252 has it"
    );
    assert!(std::str::from_utf8(&page.body).is_err());
}

#[test]
fn login_leads_to_the_account_and_nobody_else_gets_there() {
    let standin = Standin::start();
    assert_eq!(
        standin.page("/account").header("location"),
        Some("/login?ReturnUrl=%2faccount")
    );
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let login = standin.send(
        "POST",
        standin.xm,
        "/login",
        &form,
        Some("Email=jane%40example.com&FirstName=Jane&Password=x"),
    );
    assert_eq!(
        (login.status, login.header("location")),
        (302, Some("/account"))
    );
    assert_eq!(
        login.header("cdp-event"),
        None,
        "only when the site is told to"
    );
    let cookie = login
        .header("set-cookie")
        .unwrap()
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    assert!(cookie.starts_with(".ASPXAUTH="));
    let account = standin
        .send("GET", standin.xm, "/account", &[("cookie", &cookie)], None)
        .text();
    assert!(account.contains("Hello, Jane") && account.contains("jane@example.com"));
    let logout = standin.send("GET", standin.xm, "/logout", &[("cookie", &cookie)], None);
    assert_eq!(logout.header("cdp-event"), None);
    assert_eq!(
        standin
            .send("GET", standin.xm, "/account", &[("cookie", &cookie)], None)
            .status,
        302
    );
    let away = standin.send(
        "POST",
        standin.xm,
        "/login",
        &form,
        Some("Email=a%40b.c&ReturnUrl=//evil.example"),
    );
    assert_eq!(away.header("location"), Some("/account"));
    standin.put("/site", &serde_json::json!({"cdp_events": true}));
    let told = standin.send(
        "POST",
        standin.xm,
        "/login",
        &form,
        Some("Email=jane%40example.com"),
    );
    assert!(told.header("cdp-event").unwrap().contains("\"IDENTITY\""));
    let logout = standin.send("GET", standin.xm, "/logout", &[], None);
    assert_eq!(logout.header("cdp-event"), Some("{\"type\":\"LOGOUT\"}"));
    let contact = standin.send(
        "POST",
        standin.xm,
        "/contact",
        &form,
        Some("Name=J&Email=a%40b.c"),
    );
    assert_eq!(
        (contact.status, contact.header("location")),
        (302, Some("/thank-you"))
    );
}

#[test]
fn media_answers_conditions_and_ranges() {
    let standin = Standin::start();
    let path = "/-/media/Northmere/Files/packing-list.txt";
    let get = |headers: &[(&str, &str)]| standin.send("GET", standin.xm, path, headers, None);
    let whole = get(&[]);
    let etag = whole.header("etag").unwrap();
    assert_eq!(
        whole.header("cache-control"),
        Some("public, max-age=604800")
    );
    assert_eq!(get(&[("if-none-match", etag)]).status, 304);
    let part = get(&[("range", "bytes=10-19")]);
    assert_eq!((part.status, &part.body[..]), (206, &whole.body[10..20]));
    assert_eq!(
        part.header("content-range"),
        Some(format!("bytes 10-19/{}", whole.body.len()).as_str())
    );
    assert_eq!(
        get(&[("range", "bytes=-5")]).body,
        whole.body[whole.body.len() - 5..]
    );
    assert_eq!(get(&[("range", "bytes=999999-")]).status, 416);
    assert_eq!(get(&[("range", "bytes=0-1,4-5")]).status, 200);
    assert_eq!(
        get(&[("range", "bytes=0-1"), ("if-range", "\"other\"")]).status,
        200
    );
    assert_eq!(standin.page("/-/media/nothing.svg").status, 404);
}

#[test]
fn the_rest_is_as_a_cdn_meets_it() {
    let standin = Standin::start();
    let missing = standin.page("/no/such/page");
    assert_eq!(
        (
            missing.status,
            missing.text().contains("The path ends here")
        ),
        (404, true)
    );
    assert_eq!(
        standin.page("/redirect").header("location"),
        Some("/products/trail-tent")
    );
    assert_eq!(standin.page("/api/cart").json()["items"], 0);
    for path in ["/sitecore", "/sitecore/login", "/sitecore/shell/x"] {
        assert!(standin.page(path).text().contains("editing UI"), "{path}");
    }
    let head = standin.send("HEAD", standin.xm, "/", &[], None);
    assert_eq!((head.status, head.body.len()), (200, 0));
    let ranged = standin.send(
        "GET",
        standin.xm,
        "/plain?range=1",
        &[("range", "bytes=0-14")],
        None,
    );
    assert_eq!(
        (ranged.status, ranged.text().as_str()),
        (206, "<!DOCTYPE html>")
    );
}
