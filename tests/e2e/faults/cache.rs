//! F: caches. A shared cache stands between the visitors and the Worker, and does everything that RFC 9111 allows (and what CDNs
//! make of their own headers): no visitor gets another's page, whatever XM says of caching.

use std::time::SystemTime;

use http::{HeaderName, HeaderValue};
use http_cache_semantics::{BeforeRequest, CachePolicy};
use serde_json::json;
use xm_edge_tests::{
    NEW_BROWSER_ID, Page, Reply, Response, World, assert_bytes, component, visitor_cookie,
};

use crate::common::{
    assert_next_page_is_fine, assert_private, hero_page, hero_world, hero_world_with, take_shown,
};

/// What XM may say: the shapes in which pages are cached.
const SHAPES: [Lines<'static>; 14] = [
    &[("Cache-Control", "public, max-age=600")],
    &[("Cache-Control", "s-maxage=600")],
    &[("Cache-Control", "max-age=600, immutable")],
    &[(
        "Cache-Control",
        "public, max-age=600, stale-while-revalidate=60, stale-if-error=600",
    )],
    &[
        ("Cache-Control", "public"),
        ("Expires", "Sun, 01 Nov 2037 08:00:00 GMT"),
    ],
    &[("Expires", "Sun, 01 Nov 2037 08:00:00 GMT")],
    &[("CDN-Cache-Control", "max-age=600")],
    &[("Cloudflare-CDN-Cache-Control", "max-age=600")],
    &[("Surrogate-Control", "max-age=600")],
    &[("X-Accel-Expires", "600")],
    &[("Edge-Control", "max-age=600")],
    &[
        ("Last-Modified", "Sun, 01 Nov 2015 08:00:00 GMT"),
        ("ETag", "\"abc\""),
    ],
    &[
        ("Cache-Control", "public, max-age=600"),
        ("Age", "17"),
        ("ETag", "\"abc\""),
    ],
    &[
        ("Cache-Control", "public, max-age=600"),
        ("Vary", "Accept-Encoding"),
        ("ETag", "W/\"abc\""),
    ],
];

/// What CDNs obey before `Cache-Control`, the first that is there.
const TARGETED: [&str; 5] = [
    "cloudflare-cdn-cache-control",
    "cdn-cache-control",
    "surrogate-control",
    "edge-control",
    "x-accel-expires",
];

/// A shared cache.
#[derive(Default)]
struct SharedCache {
    stored: Vec<(String, CachePolicy, Response)>,
    hits: usize,
}

impl SharedCache {
    /// Answers from what is stored, or asks the Worker and stores what may be stored.
    fn get(&mut self, world: &World, target: &str, own: Lines<'_>) -> Response {
        let mut request = http::Request::builder()
            .uri(format!("https://shop.example{target}"))
            .header("accept-encoding", "gzip, deflate, br, zstd");
        for (name, value) in own {
            request = request.header(*name, *value);
        }
        let request = request.body(()).unwrap();
        let stored = self.stored.iter().find(|(of, policy, _)| {
            of == target
                && matches!(
                    policy.before_request(&request, SystemTime::now()),
                    BeforeRequest::Fresh(_)
                )
        });
        if let Some((_, _, response)) = stored {
            self.hits += 1;
            return response.clone();
        }
        let visit = own
            .iter()
            .fold(world.visit(target), |visit, (name, value)| {
                visit.header(name, value)
            });
        let response = visit.get();
        let policy = CachePolicy::new(&request, &as_the_cdn_reads_it(&response));
        if policy.is_storable() {
            self.stored
                .push((target.to_owned(), policy, response.clone()));
        }
        response
    }
}

/// The head of a response, with the header for CDNs in the place of `Cache-Control`.
fn as_the_cdn_reads_it(response: &Response) -> http::Response<()> {
    let mut read = http::Response::builder()
        .status(response.status)
        .body(())
        .unwrap();
    let headers = read.headers_mut();
    for (name, value) in &response.headers.0 {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        headers.append(name, HeaderValue::from_str(value).unwrap());
    }
    let targeted = TARGETED.iter().find_map(|name| {
        let value = headers.get(*name)?.to_str().ok()?;
        Some(if value.bytes().all(|byte| byte.is_ascii_digit()) {
            format!("max-age={value}")
        } else {
            value.to_owned()
        })
    });
    if let Some(value) = targeted {
        headers.remove("expires");
        headers.insert("cache-control", HeaderValue::from_str(&value).unwrap());
    }
    read
}

fn with(reply: Reply, shape: Lines<'_>) -> Reply {
    shape
        .iter()
        .fold(reply, |reply, (name, value)| reply.header(name, value))
}

const A: &str = "aaaaaaaa-11eb-4cf9-8d5d-274e9f344925";
const B: &str = "bbbbbbbb-11eb-4cf9-8d5d-274e9f344925";
const BOT: &str = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";

/// Header lines.
type Lines<'a> = &'a [(&'a str, &'a str)];

/// A page that shows its visitor's id, and a flow that knows it.
fn telling() -> (World, Page) {
    let world = World::start();
    world.cdp.flow_with("hero", |request| {
        let id = request.json()["browserId"].clone();
        Reply::json(json!({"token": id}))
    });
    (
        world,
        Page::with(component("hero", "<b data-cdp-text=\"/token\">nobody</b>")),
    )
}

#[test]
fn behind_a_shared_cache_no_visitor_gets_anothers_page() {
    let (world, page) = telling();
    let (a, b) = (visitor_cookie(A), visitor_cookie(B));
    // Who asks, and whose decision they may see.
    let visitors: [(Lines<'_>, Option<&str>); 8] = [
        (&[("cookie", &a)], Some(A)),
        (&[("cookie", &b)], Some(B)),
        (&[("user-agent", BOT)], None),
        (&[("cookie", &b), ("sec-purpose", "prefetch")], None),
        (&[("cookie", &a), ("sec-gpc", "1")], None),
        (&[("cookie", &b), ("if-none-match", "\"abc\"")], Some(B)),
        (&[("cookie", &a)], Some(A)),
        (&[], Some(NEW_BROWSER_ID)),
    ];
    for (number, shape) in SHAPES.iter().enumerate() {
        let mut cache = SharedCache::default();
        let path = format!("/{number}");
        world.page(&path, with(Reply::html(page.html()), shape));
        for (own, sees) in visitors {
            let response = cache.get(&world, &path, own);
            let token = sees.unwrap_or("nobody");
            let content = format!("<b data-cdp-text=\"/token\">{token}</b>");
            let expected = page.around(&component("hero", &content));
            let (plain, _) = take_shown(&response.decoded());
            assert_bytes(&plain, expected.as_bytes(), &format!("{shape:?} {own:?}"));
        }
        assert_eq!(
            (cache.hits, cache.stored.len()),
            (0, 0),
            "{shape:?} was kept"
        );
    }
    assert_next_page_is_fine(&world);
}

/// The model is no cache that keeps nothing: what passes through in the same shapes is shared.
#[test]
fn the_shared_cache_keeps_what_it_may() {
    let world = World::start();
    for (number, shape) in SHAPES.iter().enumerate() {
        let mut cache = SharedCache::default();
        let path = format!("/{number}.css");
        let reply = Reply::status(200)
            .header("Content-Type", "text/css")
            .part("p{}");
        world.page(&path, with(reply, shape));
        for _ in 0..3 {
            assert_eq!(cache.get(&world, &path, &[]).text(), "p{}");
        }
        assert_eq!(cache.hits, 2, "{shape:?}");
    }
}

#[test]
fn whatever_xm_says_of_caching_a_page_of_one_visitor_is_private() {
    let world = hero_world();
    world.cdp.decide("hero", json!({"variantId": "b"}));
    for shape in SHAPES {
        for vary in ["*", "Cookie, User-Agent"] {
            world.page(
                "/",
                with(Reply::html(hero_page().html()).header("Vary", vary), shape),
            );
            let response = world.revisit("/").get();
            assert_private(&response);
            assert!(
                response.headers.all("vary").join(", ").contains(vary),
                "{shape:?}: {:?}",
                response.headers.all("vary")
            );
            for name in ["x-accel-expires", "edge-control"] {
                assert_eq!(response.header(name), None, "{name}");
            }
        }
    }
    assert_next_page_is_fine(&world);
}

#[test]
fn a_default_page_of_a_fault_is_no_more_shared_than_any_other() {
    for fault in [
        Reply::status(500),
        Reply::raw("").reset(),
        Reply::html("<p>down</p>"),
        Reply::json(json!(null)),
    ] {
        let world = hero_world();
        world.cdp.flow("hero", fault);
        let mut cache = SharedCache::default();
        for shape in SHAPES {
            world.page("/", with(Reply::html(hero_page().html()), shape));
            let cookie = visitor_cookie(A);
            assert_private(&cache.get(&world, "/", &[("cookie", &cookie)]));
        }
        assert_eq!((cache.hits, cache.stored.len()), (0, 0));
    }
}

/// Whatever a path looks like to a cache that goes by paths: it is nobody's page, or it is private.
#[test]
fn a_path_that_looks_static_is_never_one_visitors_page() {
    let (world, page) = telling();
    let cookie = visitor_cookie(A);
    let mut personal = 0;
    for path in [
        "/page/x.css",
        "/page;x.js",
        "/page%2fx.css",
        "/page%00.css",
        "/page/x.css/",
        "/page/x.css.",
        "/page/X.CSS",
        "/page/x%2ecss",
        "/page/x.c%73s",
        "/account/me.json",
        "/page.css%20",
        "/page/..%2fx.css",
        "/page//x.css",
        "/page.aspx/x.css",
        "/page.aspx;x.css",
        "/page%3fx.css",
        "/page%23.css",
        "/x.css;jsessionid=1",
        "/page\\x.css",
        "/robots.txt",
        "/page.html",
        "/page.aspx",
        "/page",
    ] {
        let reply = Reply::html(page.html()).header("Cache-Control", "public, max-age=600");
        world.page(path, reply);
        let response = world.visit(path).cookies(&cookie).get();
        assert_eq!(response.status, 200, "{path}");
        if response.text().contains(A) {
            personal += 1;
            assert_private(&response);
            assert!(!path.ends_with(".css") && !path.ends_with(".js"), "{path}");
        }
    }
    assert!(personal >= 3, "only {personal} paths are pages");
    assert_next_page_is_fine(&world);
}

/// XM knows its page's ETag, and so does the browser, from before the Worker stood here.
#[test]
fn a_browser_with_xms_own_etag_never_keeps_the_wrong_page() {
    let world = hero_world_with(json!({"decision_budget_ms": 300}));
    world.page_with("/", |request| {
        if request.headers.has("if-none-match") {
            return Reply::status(304).header("ETag", "\"xm\"");
        }
        Reply::html(hero_page().html())
            .header("ETag", "\"xm\"")
            .header("Last-Modified", "Sun, 01 Nov 2015 08:00:00 GMT")
    });
    let fault = || Reply::status(500);
    let shown = || Reply::json(json!({"variantId": "b"}));
    for (decision, expected) in [
        (fault(), "<h1>Welcome</h1>"),
        (shown(), "<h1>"),
        (fault(), "<h1>Welcome</h1>"),
        (Reply::silence(), "<h1>Welcome</h1>"),
        (shown(), "<h1>"),
    ] {
        world.cdp.flow("hero", decision);
        let response = world
            .revisit("/")
            .header("If-None-Match", "\"xm\"")
            .header("If-Modified-Since", "Sun, 01 Nov 2015 08:00:00 GMT")
            .get();
        assert_eq!(response.status, 200);
        assert!(response.text().contains(expected), "{}", response.text());
        assert_private(&response);
    }
    assert_next_page_is_fine(&world);
}
