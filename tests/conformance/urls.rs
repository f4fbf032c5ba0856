//! Which addresses a decision may name, held against the URL tests of web-platform-tests.
//!
//! The judges are what those tests say of an address, and, for a page at [`PAGE`], the parser that browsers follow: what the
//! product places leads to the site itself, or by its own word to another with `https`, `http`, `mailto` or `tel`.

use encoding_rs::UTF_8;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;
use xm_edge_core::{
    config::{Config, parse},
    decision::Decision,
    page_experience::{Choice, Visited, choose},
    render::PageSettings,
    request::Target,
};

use crate::native::{
    answers::Answers,
    cuts, data, dom,
    run::{Timing, run},
};

/// Where the page stands.
const PAGE: &str = "https://www.example.com/shop/shoes?x=1";
/// What the attributes hold before.
const AUTHORED: &str = "/authored";
/// Every kind of attribute that holds addresses: on an element of its own, whose `id` is its number.
const SINKS: [(&str, &str); 9] = [
    ("a", "href"),
    ("img", "src"),
    ("iframe", "src"),
    ("form", "action"),
    ("button", "formaction"),
    ("video", "poster"),
    ("blockquote", "cite"),
    ("a", "ping"),
    ("img", "srcset"),
];

/// One test of `urltestdata.json`; its comments are texts.
#[derive(Deserialize)]
struct Published {
    input: String,
    base: Option<String>,
    #[serde(default)]
    failure: bool,
    protocol: Option<String>,
    host: Option<String>,
}

fn published() -> Vec<Published> {
    let entries: Vec<Value> = data::json("urls/urltestdata.json.gz");
    let tests: Vec<Published> = entries
        .into_iter()
        .filter(Value::is_object)
        .map(|entry| serde_json::from_value(entry).expect("a test"))
        .collect();
    assert!(tests.len() > 800, "only {} tests", tests.len());
    tests
}

/// What the page shows in each of [`SINKS`] for the address `url`; `None`: as authored.
fn placed(url: &str) -> Vec<Option<String>> {
    let mut page = "<div data-cdp-experience=x>".to_owned();
    for (index, (tag, name)) in SINKS.iter().enumerate() {
        page += &format!("<{tag} id=s{index} data-cdp-attr-{name}=/u {name}={AUTHORED}></{tag}>");
    }
    page += "</div>";
    let settings = PageSettings {
        guest: false,
        hold_limit: 1 << 20,
        declared: Some(UTF_8),
        trusted_html: Vec::new(),
        personalise: true,
        insertion: None,
    };
    let seen = run(
        &settings,
        page.as_bytes(),
        &cuts::of_size(page.len(), usize::MAX),
        true,
        &Answers::default().decide("x", &json!({ "u": url })),
        Timing::AtOnce,
    );
    let output = String::from_utf8(seen.output).expect("UTF-8 stays UTF-8");
    let values = dom::values(&output);
    let placed: Vec<Option<String>> = SINKS
        .iter()
        .enumerate()
        .map(|(index, (_, name))| values.get(&format!("s{index} {name}")).cloned())
        .map(|value| value.filter(|value| value != AUTHORED))
        .collect();
    let refused = placed.iter().filter(|value| value.is_none()).count();
    let counted = seen.ignored.get("url_refused").copied().unwrap_or_default();
    assert_eq!(counted, refused as u32, "{url:?}: {:?}", seen.ignored);
    placed
}

/// What an address means to a browser on [`PAGE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    /// The site itself, or a scheme and host of its own that decisions may name.
    Fit,
    /// Another scheme, or another host without saying so.
    Unfit,
    /// Nothing: a browser goes nowhere.
    Nothing,
}

fn meaning(address: &str) -> Meaning {
    let page = Url::parse(PAGE).expect("a page");
    let Ok(url) = page.join(address) else {
        return Meaning::Nothing;
    };
    let is_own = url.origin() == page.origin();
    let fit = match url.scheme() {
        "https" | "http" => is_own || names_scheme(address),
        "mailto" | "tel" => true,
        _ => false,
    };
    if fit { Meaning::Fit } else { Meaning::Unfit }
}

/// Whether the address begins with `https:` or `http:`, as the URL Standard strips it.
fn names_scheme(address: &str) -> bool {
    let plain: String = address
        .trim_start_matches(|c: char| c <= ' ')
        .chars()
        .filter(|c| !matches!(c, '\t' | '\n' | '\r'))
        .collect();
    let lower = plain.to_ascii_lowercase();
    lower.starts_with("https:") || lower.starts_with("http:")
}

/// The addresses that a browser reads in the attribute `name`: `srcset` by the HTML Standard's own steps.
fn addresses(name: &str, value: &str) -> Vec<String> {
    let is_space = |c: char| matches!(c, ' ' | '\t' | '\n' | '\u{c}' | '\r');
    match name {
        "ping" => value
            .split(is_space)
            .filter(|one| !one.is_empty())
            .map(str::to_owned)
            .collect(),
        "srcset" => {
            let mut found = Vec::new();
            let mut rest = value;
            loop {
                rest = rest.trim_start_matches(|c| is_space(c) || c == ',');
                if rest.is_empty() {
                    return found;
                }
                let (url, after) = rest.split_at(rest.find(is_space).unwrap_or(rest.len()));
                found.push(url.trim_end_matches(',').to_owned());
                rest = after;
                if url.ends_with(',') {
                    continue;
                }
                let mut depth = 0_usize;
                let end = rest.find(|c| {
                    match c {
                        '(' => depth = 1,
                        ')' => depth = 0,
                        _ => {}
                    }
                    c == ',' && depth == 0
                });
                rest = &rest[end.unwrap_or(rest.len())..];
            }
        }
        _ => vec![value.to_owned()],
    }
}

/// An address that is judged otherwise than its meaning, and why.
#[derive(Deserialize)]
struct Exception {
    address: String,
    why: String,
}

#[test]
fn no_address_that_leads_elsewhere_is_placed_and_no_other_is_refused() {
    let mut exceptions: Vec<Exception> = data::json("urls/exceptions.json");
    let (mut allowed, mut refused) = (0, 0);
    for test in published() {
        let placed = placed(&test.input);
        for ((_, name), value) in SINKS.iter().zip(&placed) {
            if let Some(value) = value {
                for address in addresses(name, value) {
                    let meaning = meaning(&address);
                    assert_ne!(meaning, Meaning::Unfit, "{:?} in {name}", test.input);
                }
            }
        }
        // A browser sees U+FFFD for NUL in every attribute.
        let meaning = meaning(&test.input.replace('\0', "\u{FFFD}"));
        match (&placed[0], meaning) {
            (Some(_), _) => allowed += 1,
            (None, Meaning::Unfit | Meaning::Nothing) => refused += 1,
            (None, Meaning::Fit) => {
                let listed = exceptions.iter().position(|e| e.address == test.input);
                let Some(listed) = listed else {
                    panic!("{:?} is refused and leads nowhere else", test.input);
                };
                exceptions.remove(listed);
                refused += 1;
            }
        }
        assert!(
            SINKS.iter().zip(&placed).all(|((_, name), value)| {
                matches!(*name, "ping" | "srcset") || value == &placed[0]
            }),
            "{:?}: {placed:?}",
            test.input
        );
    }
    if let Some(Exception { address, why }) = exceptions.first() {
        panic!("{address:?} is allowed now, no longer: {why}");
    }
    println!("{allowed} addresses are allowed, {refused} refused");
    assert!(allowed > 300 && refused > 200, "{allowed} {refused}");
}

/// Judged by the published results alone, without any parser.
#[test]
fn what_is_placed_has_a_scheme_and_a_host_that_the_published_results_allow() {
    let mut judged = 0;
    for test in published() {
        let is_web = |base: &String| base.starts_with("https:") || base.starts_with("http:");
        if test.failure || !test.base.as_ref().is_none_or(is_web) {
            continue;
        }
        let Some(placed) = &placed(&test.input)[0] else {
            continue;
        };
        if placed.contains('\u{FFFD}') && test.input.contains('\0') {
            continue;
        }
        judged += 1;
        let protocol = test.protocol.as_deref().unwrap_or_default();
        let fits = match (protocol, &test.base) {
            ("mailto:" | "tel:", _) => true,
            ("https:" | "http:", None) => test.host.as_ref().is_some_and(|host| !host.is_empty()),
            ("https:" | "http:", Some(base)) => {
                let host = base.split('/').nth(2).unwrap_or_default();
                let host = host.rsplit('@').next().unwrap_or_default();
                names_scheme(&test.input) || test.host.as_deref() == Some(host)
            }
            _ => false,
        };
        assert!(fits, "{:?} on {:?}", test.input, test.base);
    }
    assert!(judged > 200, "only {judged}");
}

fn site() -> Config {
    let vars = json!({
        "CDP_ENDPOINT": "https://cdp.example", "CDP_CLIENT_KEY": "KEY", "POINT_OF_SALE": "shop",
    });
    parse(vars.as_object().expect("an object")).expect("a configuration")
}

/// What the decision `{key: text}` does with the page as a whole; also for the payloads.
#[test]
fn a_redirect_and_another_page_stay_on_the_site_whatever_is_named() {
    let config = site();
    let target = Target::parse(PAGE);
    let visited = Visited {
        target: &target,
        site: &config.site,
        redirected: false,
        keeps_cookies: true,
    };
    let page = Url::parse(PAGE).expect("a page");
    let mut texts: Vec<String> = published().into_iter().map(|test| test.input).collect();
    texts.extend(data::payloads());
    texts.extend(
        data::payloads()
            .into_iter()
            .map(|payload| format!("/{payload}")),
    );
    let (mut redirects, mut paths) = (0, 0);
    for text in &texts {
        for key in ["redirect", "path"] {
            let decision = json!({ key: text }).to_string();
            let decision = Decision::read(200, decision.as_bytes()).expect("a decision");
            let (sent, visible) = match choose(&decision, &visited) {
                Choice::Default { .. } => continue,
                Choice::Redirect { location, .. } => {
                    redirects += 1;
                    let visible = location.bytes().all(|byte| byte.is_ascii_graphic());
                    (location, visible)
                }
                Choice::Path { path, .. } => {
                    paths += 1;
                    let odd = |c: char| c.is_control() || c.is_whitespace() || c == '\\';
                    let visible = !path.chars().any(odd);
                    (path, visible)
                }
            };
            assert!(visible, "{text:?} is sent as {sent:?}");
            let to = page.join(&sent).map(|url| url.origin());
            assert_eq!(to, Ok(page.origin()), "{text:?} is sent as {sent:?}");
        }
    }
    assert!(redirects > 300 && paths > 300, "{redirects} {paths}");
}
