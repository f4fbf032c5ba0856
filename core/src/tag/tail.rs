//! What is put behind the end of a page: Sitecore's tag where the page has none, the beacon where it has marked goals.
//!
//! In: the page's bytes, in chunks of any size, then its end. Out: HTML to send after them. Behind `</html>` a browser still
//! takes a script for the end of the body, and not a byte of the page has to move for it.

use memchr::memmem::Finder;

use super::{Detector, Injection, Position, beacon};

/// How authors write the mark; a browser takes any case, and so do these two.
const MARKS: [&str; 2] = ["data-cdp-goal", "DATA-CDP-GOAL"];

/// Watches a page while it passes, and knows at its end what to add.
#[derive(Clone, Debug)]
pub struct Tail {
    tag: Option<(Detector, String)>,
    beacon: String,
    goals: Watch,
    beacons: Watch,
}

impl Tail {
    /// For a page of `injection`'s site.
    #[must_use]
    pub fn new(injection: &Injection<'_>) -> Self {
        let html: String = injection
            .pieces()
            .into_iter()
            .filter(|piece| piece.position == Position::BodyEnd)
            .map(|piece| piece.html)
            .collect();
        let site = injection.site;
        Self {
            tag: (!html.is_empty()).then(|| (Detector::new(&site.tag), html)),
            beacon: beacon::piece(injection).html,
            goals: Watch::new(&MARKS),
            beacons: Watch::new(&beacon::markers(&site.endpoint_prefix)),
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

    /// What to send behind the page, which is complete.
    #[must_use]
    pub fn html(&self) -> String {
        let mut html = match &self.tag {
            Some((detector, html)) if !detector.found() => html.clone(),
            _ => String::new(),
        };
        if self.goals.found && !self.beacons.found {
            html.push_str(&self.beacon);
        }
        html
    }
}

/// Whether one of some texts came past.
#[derive(Clone, Debug)]
struct Watch {
    finders: Vec<Finder<'static>>,
    /// The end of what was looked at: a text may go on in the next chunk.
    end: Vec<u8>,
    longest: usize,
    found: bool,
}

impl Watch {
    fn new(texts: &[impl AsRef<str>]) -> Self {
        let texts = || texts.iter().map(|text| text.as_ref().as_bytes());
        Self {
            finders: texts().map(|text| Finder::new(text).into_owned()).collect(),
            end: Vec::new(),
            longest: texts().map(<[u8]>::len).max().unwrap_or(0),
            found: false,
        }
    }

    fn push(&mut self, bytes: &[u8]) {
        if self.found {
            return;
        }
        let reach = self.longest.saturating_sub(1);
        self.end
            .extend_from_slice(bytes.get(..reach).unwrap_or(bytes));
        let in_either =
            |finder: &Finder<'_>| finder.find(&self.end).is_some() || finder.find(bytes).is_some();
        self.found = self.finders.iter().any(in_either);
        if bytes.len() >= reach {
            self.end.clear();
            let from = bytes.len() - reach;
            self.end
                .extend_from_slice(bytes.get(from..).unwrap_or_default());
        } else {
            let surplus = self.end.len().saturating_sub(reach);
            self.end.drain(..surplus);
        }
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
        for bytes in page.as_bytes().chunks(chunk) {
            tail.push(bytes);
        }
        tail.html()
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
            whole.starts_with("<script nonce=\"n0nce\" src=\"https://shop.example/_cdp/goals.js")
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
}
