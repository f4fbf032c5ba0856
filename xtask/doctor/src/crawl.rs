//! Which pages are looked at: what the developer named, and, if asked, what those link to on the same host.
//!
//! In: start addresses and files. Out: a [`Report`]. One request at a time; links with `nofollow`, to other hosts and to what
//! is never personalised are not followed.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    fs,
    io::Read,
};

use anyhow::Context;
use encoding_rs::Encoding;
use memchr::memmem;
use serde_json::Value;
use url::Url;
use xm_edge_core::{
    request::{Route, Target, gate},
    response::{self, Opened},
};

use crate::{
    checks::Fragments,
    finding::{Code, Finding},
    http::{Client, MAX_PAGE, NAVIGATION},
    page::{Input, Page},
    report::{PageReport, Report, Unreachable},
    rules::Rules,
};

/// Sitemaps that are read at most: an index and what it names.
const MAX_SITEMAPS: usize = 50;

/// How far to go.
#[derive(Clone, Copy, Debug)]
pub struct Reach {
    /// Whether links are followed.
    pub follow: bool,
    /// Whether the hosts' `sitemap.xml` is read.
    pub sitemap: bool,
    /// Most pages that are looked at.
    pub max_pages: usize,
}

/// Looks at everything.
pub fn crawl(starts: &[String], reach: Reach, client: &Client, rules: &Rules) -> Report {
    let mut crawl = Crawl {
        client,
        rules,
        reach,
        seen: BTreeSet::new(),
        queue: VecDeque::new(),
        health: BTreeMap::new(),
        report: Report::default(),
    };
    for start in starts {
        crawl.start(start);
    }
    crawl.run();
    crawl.report
}

struct Crawl<'a> {
    client: &'a Client,
    rules: &'a Rules,
    reach: Reach,
    seen: BTreeSet<String>,
    queue: VecDeque<(Url, Option<String>)>,
    /// By origin: what `/_cdp/health` says; `None`: no Worker.
    health: BTreeMap<String, Option<Health>>,
    report: Report,
}

#[derive(Clone, Debug)]
struct Health {
    ok: bool,
    problems: String,
    told: bool,
}

impl Crawl<'_> {
    fn start(&mut self, start: &str) {
        let url = Url::parse(start)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https"));
        let Some(url) = url else {
            match file(start) {
                Ok(input) => {
                    let report = PageReport::of(&input, self.rules, &mut Nobody);
                    self.report.pages.push(report);
                }
                Err(problem) => self.miss(start, &problem, None),
            }
            return;
        };
        if self.reach.sitemap {
            self.read_sitemaps(&url);
        }
        self.add(url, None);
    }

    fn add(&mut self, mut url: Url, from: Option<&str>) {
        url.set_fragment(None);
        if self.seen.insert(url.to_string()) {
            self.queue.push_back((url, from.map(str::to_owned)));
        }
    }

    fn run(&mut self) {
        while let Some((url, from)) = self.queue.pop_front() {
            if self.report.pages.len() >= self.reach.max_pages {
                self.report.left = self.queue.len() + 1;
                return;
            }
            self.visit(&url, from.as_deref());
        }
    }

    fn visit(&mut self, url: &Url, from: Option<&str>) {
        let (response, bytes) = match self.client.get(url) {
            Ok(answer) => answer,
            Err(problem) => return self.miss(url.as_str(), &problem, from),
        };
        // Several addresses may lead to one page.
        if response.url != *url && !self.seen.insert(response.url.to_string()) && from.is_some() {
            return;
        }
        let health = self.health(&response.url);
        let at = response.url.clone();
        let input = Input {
            name: url.to_string(),
            bytes,
            response: Some(response),
            behind_worker: health.is_some(),
        };
        let page = Page::read(&input, &self.rules.site);
        if self.reach.follow {
            self.follow(&page, &at);
        }
        let mut fragments = OnSite {
            client: self.client,
            rules: self.rules,
            at: &at,
        };
        let mut report = PageReport::of_page(&page, self.rules, &mut fragments);
        if let Some(health) = health.filter(|health| !health.ok && !health.told) {
            let message = format!("the Worker's health is red: {}", health.problems);
            let help = "with an invalid configuration all pages pass through; cargo xtask check-config says more";
            report
                .findings
                .insert(0, Finding::new(Code::WorkerUnhealthy, message, help));
        }
        self.report.pages.push(report);
    }

    fn follow(&mut self, page: &Page<'_>, at: &Url) {
        let links: Vec<Url> = page
            .inventory
            .links
            .iter()
            .filter_map(|link| at.join(link).ok())
            .collect();
        for link in links {
            let same = link.origin() == at.origin();
            let route = gate(
                "GET",
                &Target::parse(link.as_str()),
                &NAVIGATION.to_vec(),
                &self.rules.site,
            );
            if same && route == Route::Page {
                self.add(link, Some(&page.input.name));
            }
        }
    }

    fn read_sitemaps(&mut self, start: &Url) {
        let mut sitemaps: VecDeque<Url> = start.join("/sitemap.xml").into_iter().collect();
        for _ in 0..MAX_SITEMAPS {
            let Some(sitemap) = sitemaps.pop_front() else {
                return;
            };
            let answer = self.client.get(&sitemap);
            let answer = answer.and_then(|(response, bytes)| {
                anyhow::ensure!(response.status == 200, "its status is {}", response.status);
                Ok(bytes)
            });
            match answer {
                Ok(bytes) => {
                    for url in locations(&bytes) {
                        let Some(url) = Url::parse(&url)
                            .ok()
                            .filter(|url| url.host_str() == start.host_str())
                        else {
                            continue;
                        };
                        if url.path().ends_with(".xml") {
                            sitemaps.push_back(url);
                        } else {
                            self.add(url, Some(sitemap.as_str()));
                        }
                    }
                }
                Err(problem) => self.miss(sitemap.as_str(), &problem, None),
            }
        }
    }

    /// What the Worker in front says of itself; asked once per origin.
    fn health(&mut self, url: &Url) -> Option<Health> {
        let origin = url.origin().ascii_serialization();
        if let Some(known) = self.health.get_mut(&origin) {
            let health = known.clone();
            if let Some(known) = known {
                known.told = true;
            }
            return health;
        }
        let path = format!("{}/health", self.rules.site.endpoint_prefix);
        let answer = url
            .join(&path)
            .ok()
            .and_then(|url| self.client.get(&url).ok());
        let health = answer.and_then(|(_, body)| read_health(&body));
        let known = health.clone().map(|health| Health {
            told: true,
            ..health
        });
        self.health.insert(origin, known);
        health
    }

    fn miss(&mut self, name: &str, problem: &anyhow::Error, linked_from: Option<&str>) {
        self.report.unreachable.push(Unreachable {
            name: name.to_owned(),
            problem: format!("{problem:#}"),
            linked_from: linked_from.map(str::to_owned),
        });
    }
}

fn read_health(body: &[u8]) -> Option<Health> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let ok = body.get("ok")?.as_bool()?;
    let problems = body.get("problems")?.as_array()?.iter().map(|problem| {
        let text = |key: &str| problem.get(key).and_then(Value::as_str).unwrap_or_default();
        format!("{}: {}", text("key"), text("problem"))
    });
    Some(Health {
        ok,
        problems: problems.collect::<Vec<_>>().join("; "),
        told: false,
    })
}

/// The texts of all `<loc>`.
fn locations(xml: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(xml);
    let mut found = Vec::new();
    let mut rest = &*text;
    while let Some(at) = memmem::find(rest.as_bytes(), b"<loc>") {
        let inner = &rest[at + 5..];
        let Some(end) = memmem::find(inner.as_bytes(), b"</loc>") else {
            break;
        };
        found.push(html_escape::decode_html_entities(inner[..end].trim()).into_owned());
        rest = &inner[end..];
    }
    found
}

fn file(name: &str) -> anyhow::Result<Input> {
    let mut bytes = Vec::new();
    if name == "-" {
        std::io::stdin()
            .take(MAX_PAGE + 1)
            .read_to_end(&mut bytes)
            .context("reading the standard input")?;
    } else {
        let file = fs::File::open(name).context("it is neither an http(s) address nor a file")?;
        file.take(MAX_PAGE + 1).read_to_end(&mut bytes)?;
    }
    anyhow::ensure!(bytes.len() as u64 <= MAX_PAGE, "it is larger than 16 MiB");
    Ok(Input {
        name: name.to_owned(),
        bytes,
        response: None,
        behind_worker: false,
    })
}

/// A file has no site.
struct Nobody;

impl Fragments for Nobody {
    fn fetch(&mut self, _: &str) -> Option<Result<(Vec<u8>, Option<&'static Encoding>), String>> {
        None
    }
}

struct OnSite<'a> {
    client: &'a Client,
    rules: &'a Rules,
    at: &'a Url,
}

impl Fragments for OnSite<'_> {
    fn fetch(
        &mut self,
        path: &str,
    ) -> Option<Result<(Vec<u8>, Option<&'static Encoding>), String>> {
        let fetch = || {
            let (response, bytes) = self.client.get(&self.at.join(path)?)?;
            match response::gate(response.status, &response.headers, &self.rules.site) {
                Opened::Page(page) => Ok((bytes, page.declared)),
                Opened::PassThrough(reason) => {
                    anyhow::bail!("{} (status {})", reason.label(), response.status)
                }
            }
        };
        Some(fetch().map_err(|problem: anyhow::Error| format!("{problem:#}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sitemap_names_its_pages() {
        let xml = b"<urlset><url><loc> https://a.test/?a=1&amp;b=2 </loc></url><url><loc>https://a.test/x</loc></url></urlset>";
        assert_eq!(
            locations(xml),
            ["https://a.test/?a=1&b=2", "https://a.test/x"]
        );
        assert!(locations(b"<loc>cut").is_empty());
    }

    #[test]
    fn only_the_workers_own_health_counts_as_one() {
        let red = read_health(
            br#"{"ok":false,"problems":[{"key":"SITE.channel","problem":"is wrong"}],"more":1}"#,
        );
        let red = red.expect("health");
        assert!(!red.ok);
        assert_eq!(red.problems, "SITE.channel: is wrong");
        for other in ["<html>", "{}", r#"{"ok":"yes","problems":[]}"#] {
            assert!(read_health(other.as_bytes()).is_none(), "{other}");
        }
    }
}
