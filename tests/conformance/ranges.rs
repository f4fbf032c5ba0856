//! Where a component begins and ends, held against the tree that html5ever makes of the same bytes.
//!
//! Every start tag of every html5lib input becomes the only component of its page, and shows another content. What is shown
//! must be what a browser would show if the content of that element were another. Where an element has an end tag of its own it
//! must be replaced, and exactly between its tags; else it may stay as authored, and where it has none it must, or the tree must
//! come out right all the same. Exceptions are in `tests/data/html5lib/exceptions.json`, each with its reason.

use std::{
    collections::BTreeMap,
    ops::Range,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use serde::Deserialize;
use serde_json::json;
use xm_edge_core::render::PageSettings;

use crate::native::{
    answers::Answers,
    corpus, cuts, data, dom, parallel,
    run::{Timing, run},
    slicer::{self, Element},
};

const MARKS: &[u8] = b" data-cdp-experience=x data-cdp-text=/t";
const STAMP: &[u8] = b" data-cdp-shown=\"control\"";
/// Stands in exceptions where the marks stood.
const HERE: &str = "\u{25C6}";

/// How a component differs from what html5ever says.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Difference {
    /// It has an end tag of its own, and stays as authored.
    Authored,
    /// It is replaced, and the tree comes out otherwise.
    Replaced,
}

#[derive(Debug, Deserialize)]
struct Exception {
    /// The page, escaped, with [`HERE`] where the component is marked.
    page: String,
    differs: Difference,
    why: String,
}

/// What became of the component whose start tag is `start`.
fn judged(page: &[u8], start: &Range<usize>, element: Option<&Element>, size: usize) -> Judged {
    let name = page[start.start + 1..start.end].iter();
    let ends = |byte: &&u8| !matches!(byte, b' ' | b'/' | b'>' | b'\n' | b'\t' | 0x0C | b'\r');
    let at = start.start + 1 + name.take_while(ends).count();
    let marked = [&page[..at], MARKS, &page[at..]].concat();
    let settings = PageSettings {
        guest: false,
        hold_limit: 1 << 20,
        declared: None,
        trusted_html: Vec::new(),
        personalise: true,
        insertion: None,
    };
    let cut = cuts::of_size(marked.len(), size);
    let answers = Answers::default().decide("x", &json!({"t": "T"}));
    let output = run(&settings, &marked, &cut, true, &answers, Timing::AtOnce).output;
    let own = element.filter(|element| !element.end_tag.is_empty());
    let difference = if output == marked {
        own.map(|_| Difference::Authored)
    } else {
        let exact = own.map(|own| {
            let (before, between) = (&page[..at], &page[at..start.end]);
            let after = &page[own.end_tag.start..];
            [before, STAMP, MARKS, between, b"T", after].concat()
        });
        let mark = "data-cdp-experience";
        let is_right =
            || dom::outline(&marked, mark, Some("T")) == dom::outline(&output, mark, None);
        let fits = exact.as_ref() == Some(&output) || (exact.is_none() && is_right());
        (!fits).then_some(Difference::Replaced)
    };
    let key = format!(
        "{}{HERE}{}",
        page[..at].escape_ascii(),
        page[at..].escape_ascii()
    );
    Judged {
        key,
        replaced: output != marked,
        difference,
    }
}

struct Judged {
    key: String,
    replaced: bool,
    difference: Option<Difference>,
}

#[test]
fn every_component_is_found_where_a_browser_has_it() {
    let listed: Vec<Exception> = data::json("html5lib/exceptions.json");
    assert!(listed.iter().all(|exception| !exception.why.is_empty()));
    let listed: BTreeMap<&str, &Exception> = listed.iter().map(|e| (&*e.page, e)).collect();
    let met = Mutex::new(Vec::new());
    let unlisted = Mutex::new(Vec::new());
    let (places, replaced) = (AtomicUsize::new(0), AtomicUsize::new(0));
    parallel::each(&corpus::html5lib(), |page| {
        let tags = slicer::start_tags(page);
        let elements = tags.elements.iter();
        let elements = elements.map(|element| (&element.start_tag, Some(element)));
        let others = tags.others.iter().map(|range| (range, None));
        for (start, element) in elements.chain(others) {
            for size in [3, usize::MAX] {
                let judged = judged(page, start, element, size);
                places.fetch_add(1, Ordering::Relaxed);
                replaced.fetch_add(usize::from(judged.replaced), Ordering::Relaxed);
                let Some(difference) = judged.difference else {
                    continue;
                };
                let known = listed.get(&*judged.key);
                let list = match known {
                    Some(exception) if exception.differs == difference => &met,
                    _ => &unlisted,
                };
                let found = (difference, judged.key);
                list.lock().expect("a list").push(found);
            }
        }
    });
    let (met, unlisted) = (
        met.into_inner().expect("met"),
        unlisted.into_inner().expect("unlisted"),
    );
    assert!(
        unlisted.is_empty(),
        "{} differ:\n{unlisted:#?}",
        unlisted.len()
    );
    for (page, exception) in &listed {
        let is_met = met.iter().any(|(_, key)| key == page);
        assert!(is_met, "{page} is right now, no longer: {}", exception.why);
    }
    let (places, replaced) = (places.into_inner(), replaced.into_inner());
    println!(
        "{places} components, {replaced} of them shown; {} exceptions",
        listed.len()
    );
    assert!(
        places > 7_500 && replaced > 1_800,
        "{places} places, {replaced} replaced"
    );
}
