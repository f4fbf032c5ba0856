//! What is put at the end of a page's body: Sitecore's tag where the page has none, the beacon where it has marked goals.
//!
//! In: the page's bytes as XM sends them and as they leave, in chunks of any size, then its end. Out: what may leave. Where
//! the page has no `</body>` at its end, the HTML goes behind its last byte: a browser takes it for the end of the body too.
//! No byte of the page is changed.

use super::{Injection, Position, beacon, body_end::BodyEnd, carried, html_at};
use crate::insertion::{Detector, Findings};

/// How authors write the mark; a browser takes any case, and so do these two.
const MARKS: [&[&str]; 2] = [&["data-cdp-goal"], &["DATA-CDP-GOAL"]];

/// Watches a page while it passes, and knows at its end what to add.
#[derive(Clone, Debug)]
pub struct Tail {
    tag: Option<(Detector, String)>,
    beacon: String,
    goals: Detector,
    beacons: Detector,
    end: BodyEnd,
}

impl Tail {
    /// For a page of `injection`'s site.
    #[must_use]
    pub fn new(injection: &Injection<'_>) -> Self {
        let html = html_at(Position::BodyEnd, &injection.pieces());
        let site = injection.site;
        let [first, second] = beacon::markers(&site.endpoint_prefix);
        Self {
            tag: (!html.is_empty()).then(|| (carried::detector(&site.tag), html)),
            beacon: beacon::piece(injection).html,
            goals: Detector::new(&MARKS),
            beacons: Detector::new(&[&[first.as_str()], &[second.as_str()]]),
            end: BodyEnd::default(),
        }
    }

    /// Looks at the next bytes of the page, as XM sent them.
    pub fn push(&mut self, bytes: &[u8]) {
        if let Some((detector, _)) = &mut self.tag {
            detector.push(bytes);
        }
        self.goals.push(bytes);
        self.beacons.push(bytes);
    }

    /// Looks at the whole page, as XM sent it, for what nobody has looked for yet.
    pub fn look_at(&mut self, page: &[u8], findings: Findings) -> Findings {
        let tag = self.tag.as_mut();
        Findings {
            tag: tag.map_or(findings.tag, |(tag, _)| {
                Some(tag.look_at(page, findings.tag))
            }),
            goals: Some(self.goals.look_at(page, findings.goals)),
            beacons: Some(self.beacons.look_at(page, findings.beacons)),
        }
    }

    /// Takes the next bytes of the page as it leaves; gives those that may leave now.
    #[must_use]
    pub fn pass(&mut self, bytes: Vec<u8>) -> Vec<u8> {
        self.end.pass(bytes)
    }

    /// The last bytes of the page, with what is put in; the page is complete.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        let html = self.html();
        self.end.finish_with(&html)
    }

    /// The last bytes of a page that broke off.
    #[must_use]
    pub fn give_up(self) -> Vec<u8> {
        self.end.give_up()
    }

    fn html(&self) -> String {
        let mut html = match &self.tag {
            Some((detector, html)) if !detector.found() => html.clone(),
            _ => String::new(),
        };
        if self.goals.found() && !self.beacons.found() {
            html.push_str(&self.beacon);
        }
        html
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::Tag, request::fixture};

    const PAGE: &str = "<html><body><a href=/x data-cdp-goal=\"SIGNUP\">x</a></body></html>";

    fn added(tag: Tag, page: &str, chunk: usize) -> String {
        let cdp = fixture::cdp();
        let mut site = fixture::site();
        site.tag = tag;
        let injection = Injection {
            cdp: &cdp,
            site: &site,
            origin: "https://shop.example",
            nonce: Some("n0nce"),
        };
        let mut tail = Tail::new(&injection);
        let mut out = Vec::new();
        for bytes in page.as_bytes().chunks(chunk) {
            tail.push(bytes);
            out.extend(tail.pass(bytes.to_vec()));
        }
        out.extend(tail.clone().finish());
        let out = String::from_utf8(out).unwrap();
        let (before, behind) = page.split_at(page.find("</body>").unwrap());
        let added = out
            .strip_prefix(before)
            .and_then(|rest| rest.strip_suffix(behind));
        added.expect("the page itself does not change").to_owned()
    }

    #[test]
    fn a_page_that_breaks_off_gets_nothing_and_loses_nothing() {
        let cdp = fixture::cdp();
        let mut site = fixture::site();
        site.tag = engage();
        let mut tail = Tail::new(&Injection {
            cdp: &cdp,
            site: &site,
            origin: "https://shop.example",
            nonce: None,
        });
        let mut out = tail.pass(b"<p>x</body></ht".to_vec());
        out.extend(tail.give_up());
        assert_eq!(out, b"<p>x</body></ht");
    }

    fn engage() -> Tag {
        Tag::Engage {
            library_url: "https://cdn.example/sitecore-engage-v.1.4.3.min.js".to_owned(),
        }
    }

    #[test]
    fn the_beacon_comes_with_marks_alone_and_once() {
        let whole = added(Tag::None, PAGE, 1000);
        assert!(
            whole.starts_with("<script nonce=\"n0nce\" src=\"https://shop.example/_cdp/beacon.js")
        );
        for chunk in 1..20 {
            assert_eq!(added(Tag::None, PAGE, chunk), whole, "chunks of {chunk}");
        }
        assert_eq!(added(Tag::None, &PAGE.replace("goal", "text"), 7), "");
        for name in ["goals", "beacon"] {
            let own = format!("{PAGE}<script src=\"/_cdp/{name}.js\"></script>");
            assert_eq!(added(Tag::None, &own, 5), "");
        }
        assert_ne!(
            added(
                Tag::None,
                &PAGE.replace("data-cdp-goal", "DATA-CDP-GOAL"),
                3
            ),
            ""
        );
    }

    #[test]
    fn a_page_that_carries_the_tag_gets_no_second_one() {
        let plain = "<html><body>x</body></html>";
        assert!(added(engage(), plain, 4).contains("sitecore-engage-v.1.4.3"));
        let own = "<html><body><script>window.Engage.init({})</script></body></html>";
        for chunk in 1..12 {
            assert_eq!(added(engage(), own, chunk), "", "chunks of {chunk}");
        }
    }

    #[test]
    fn what_was_found_once_is_as_good_as_looking() {
        let cdp = fixture::cdp();
        let plain = PAGE.replace("data-cdp-goal", "title");
        let beacon = format!("{PAGE}<script src=\"/_cdp/beacon.js\"></script>");
        let tagged = "<html><body><script>window.Engage.init({})</script></body></html>".to_owned();
        for page in [PAGE.to_owned(), plain, beacon, tagged] {
            let mut findings = Findings::default();
            // The first visitor's page gets no tag: nobody has looked for it then.
            for tag in [Tag::None, engage(), engage()] {
                let mut site = fixture::site();
                site.tag = tag;
                let tail = || {
                    Tail::new(&Injection {
                        cdp: &cdp,
                        site: &site,
                        origin: "https://shop.example",
                        nonce: None,
                    })
                };
                let (mut pushed, mut told) = (tail(), tail());
                pushed.push(page.as_bytes());
                findings = told.look_at(page.as_bytes(), findings);
                assert_eq!(told.html(), pushed.html(), "{page}");
                let mut recalled = tail();
                assert_eq!(recalled.look_at(b"another page", findings), findings);
                assert_eq!(recalled.html(), pushed.html(), "{page}");
            }
        }
    }
}
