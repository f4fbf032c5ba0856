//! The doctor over HTTP: the stand-in's site, and a server of few words where a Worker is in front.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener},
    thread,
    time::Duration,
};

use doctor::{
    crawl::{Reach, crawl},
    finding::{Code, Finding, Severity},
    http::Client,
    report::Report,
    rules::Rules,
};
use serde_json::{Value, json};
use standin::{Running, cli::Options};
use tokio::runtime::Runtime;

fn client() -> Client {
    Client::new(Vec::new(), Duration::from_secs(20), false)
}

fn look(starts: &[String], follow: bool, rules: &Rules) -> Report {
    let reach = Reach {
        follow,
        sitemap: false,
        max_pages: 60,
    };
    crawl(starts, reach, &client(), rules)
}

/// All answers of the stand-in's flows, by friendly id.
fn decisions(standin: &Running) -> String {
    let url = format!("http://{}/flows", standin.cdp)
        .parse()
        .expect("a URL");
    let (_, body) = client().get(&url).expect("flows");
    let flows: Value = serde_json::from_slice(&body).expect("JSON");
    let mut decisions = BTreeMap::new();
    for flow in flows["flows"].as_array().expect("a list") {
        let named = ["rules", "arms"]
            .iter()
            .filter_map(|name| flow[name].as_array())
            .flatten();
        let responses = named.map(|one| &one["response"]).chain(flow.get("default"));
        let id = flow["friendlyId"].as_str().expect("an id").to_owned();
        decisions.insert(id, responses.cloned().collect::<Vec<_>>());
    }
    json!(decisions).to_string()
}

#[test]
fn the_stand_ins_site_has_nothing_that_is_broken_but_what_is_known() {
    let runtime = Runtime::new().expect("a runtime");
    let standin = runtime
        .block_on(standin::start(Options::on_free_ports()))
        .expect("the stand-in");
    let vars = json!({
        "CDP_ENDPOINT": "https://cdp.example", "CDP_CLIENT_KEY": "key", "POINT_OF_SALE": "shop/ie",
        "SITE": {"trusted_html": ["product_story"]},
    });
    let mut rules = Rules::of(vars.as_object().expect("an object")).expect("a valid site");
    rules
        .samples
        .add_decisions(&decisions(&standin))
        .expect("decisions");
    let start = |path: &str| format!("http://{}{path}", standin.xm);
    let paths = [
        "/",
        "/landing/summer",
        "/legacy",
        "/big",
        "/redirect",
        "/plain?gzip=1",
    ];
    let report = look(&paths.map(start), true, &rules);

    assert!(report.unreachable.is_empty(), "{:?}", report.unreachable);
    assert!(
        report.pages.len() >= 12,
        "links were followed: {}",
        report.pages.len()
    );
    // The fourth recommendation is XM's own in every decision: marks for values that may come one day.
    let is_known = |finding: &&Finding| {
        finding.code == Code::PointerUnresolved && finding.message.starts_with("/items/3/")
    };
    let findings = report.pages.iter().flat_map(|page| &page.findings);
    let (known, others): (Vec<_>, Vec<_>) = findings
        .filter(|finding| finding.code.severity() != Severity::Note)
        .partition(is_known);
    assert!(others.is_empty(), "{others:#?}");
    assert!(!known.is_empty());
    let home = &report.pages[0];
    let names: Vec<_> = home
        .components
        .iter()
        .filter_map(|component| component.friendly_id.as_deref())
        .collect();
    assert_eq!(
        names,
        [
            "home_hero",
            "hero_weather",
            "home_promos",
            "home_membership"
        ]
    );
    assert_eq!(home.components[1].inside.as_deref(), Some("home_hero"));
    let big = report
        .pages
        .iter()
        .find(|page| page.name.ends_with("/big"))
        .expect("the big page");
    assert_eq!(big.components.len(), 14);
    let redirected = report
        .pages
        .iter()
        .find(|page| page.name.ends_with("/redirect"))
        .expect("the redirect");
    assert_eq!(redirected.answered_by, Some(start("/products/trail-tent")));
}

#[test]
fn html_that_nobody_trusts_is_found_on_the_stand_ins_products() {
    let runtime = Runtime::new().expect("a runtime");
    let standin = runtime
        .block_on(standin::start(Options::on_free_ports()))
        .expect("the stand-in");
    let start = format!("http://{}/products/trail-tent", standin.xm);
    let report = look(&[start], false, &Rules::defaults());
    let errors: Vec<_> = report.pages[0]
        .findings
        .iter()
        .filter(|finding| finding.code.severity() == Severity::Error)
        .map(|finding| finding.code)
        .collect();
    assert_eq!(
        (errors, report.exit_code(false)),
        (vec![Code::HtmlNotTrusted], 1)
    );
}

/// Answers each path with what is scripted for it, and 404.
fn server(answers: &'static [(&'static str, &'static str)]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut lines = BufReader::new(stream.try_clone().expect("a socket")).lines();
            let first = lines.next().and_then(Result::ok).unwrap_or_default();
            while lines
                .next()
                .and_then(Result::ok)
                .is_some_and(|line| !line.is_empty())
            {}
            let path = first.split(' ').nth(1).unwrap_or_default();
            let found = answers.iter().find(|(scripted, _)| *scripted == path);
            let answer = found.map_or(
                "404 Not Found\r\nContent-Type: text/plain\r\n\r\n",
                |(_, answer)| answer,
            );
            let _ = stream.write_all(
                format!(
                    "HTTP/1.1 {}",
                    answer.replacen("\r\n", "\r\nConnection: close\r\n", 1)
                )
                .as_bytes(),
            );
        }
    });
    address
}

#[test]
fn a_worker_in_front_is_told_by_its_health_which_is_told_once() {
    let address = server(&[
        (
            "/",
            "200 OK\r\nContent-Type: text/html\r\nCache-Control: private, no-store\r\nSet-Cookie: a=b\r\n\r\n<a href=/two>x</a>",
        ),
        ("/two", "200 OK\r\nContent-Type: text/html\r\n\r\n<p>x</p>"),
        (
            "/_cdp/health",
            "503 Service Unavailable\r\nContent-Type: application/json\r\n\r\n{\"ok\":false,\"problems\":[{\"key\":\"SITE.channel\",\"problem\":\"is wrong\"}]}",
        ),
    ]);
    let report = look(&[format!("http://{address}/")], true, &Rules::defaults());
    assert!(report.pages.iter().all(|page| page.behind_worker));
    let codes: Vec<Vec<Code>> = report
        .pages
        .iter()
        .map(|page| page.findings.iter().map(|finding| finding.code).collect())
        .collect();
    assert_eq!(
        codes,
        [
            vec![Code::WorkerUnhealthy, Code::WorkerInFront],
            vec![Code::WorkerInFront]
        ]
    );
    assert!(
        report.pages[0].findings[0]
            .message
            .contains("SITE.channel: is wrong")
    );
    assert_eq!(report.exit_code(false), 1);
}

#[test]
fn what_cannot_be_looked_at_is_no_clean_page() {
    let address = server(&[
        (
            "/away",
            "302 Found\r\nLocation: https://elsewhere.example/\r\n\r\n",
        ),
        ("/round", "302 Found\r\nLocation: /round\r\n\r\n"),
        (
            "/cut",
            "200 OK\r\nContent-Type: text/html\r\nContent-Length: 99\r\n\r\n<p>",
        ),
        (
            "/broken",
            "200 OK\r\nContent-Type: text/html\r\nContent-Encoding: gzip\r\n\r\n<p>plain</p>",
        ),
        (
            "/links",
            "200 OK\r\nContent-Type: text/html\r\n\r\n<a href=/cut>x</a><a href=https://other.example/>x</a><a rel=nofollow href=/round>x</a>",
        ),
    ]);
    let at = |path: &str| format!("http://{address}{path}");
    let starts = ["/away", "/round", "/cut", "/broken"].map(at);
    let report = look(&starts, false, &Rules::defaults());
    let missed: BTreeSet<_> = report
        .unreachable
        .iter()
        .map(|missing| missing.name.clone())
        .collect();
    assert_eq!(missed, BTreeSet::from(starts));
    assert_eq!(report.exit_code(false), 2);

    let linked = look(&[at("/links")], true, &Rules::defaults());
    let names: Vec<_> = linked
        .unreachable
        .iter()
        .map(|missing| missing.name.clone())
        .collect();
    assert_eq!((names, linked.pages.len()), (vec![at("/cut")], 1));
    assert_eq!(linked.unreachable[0].linked_from, Some(at("/links")));
    assert_eq!(
        linked.exit_code(false),
        0,
        "a dead link is the site's own matter"
    );
}
