//! Faults that need every moment and not a runtime: XM's body breaks off at any byte, with the decision before, at and behind the
//! cut, or never.
//!
//! In: two pages of components. Out: what left, against what XM had sent.

use serde_json::json;
use xm_edge_core::{
    decision::Decision,
    reason::Failure,
    render::{ComponentResult, Page, PageSettings, Wish},
};

use native::cuts;

mod native;

const BEFORE: &str = "<!doctype html>\n<html lang=en><body><p>before &amp; \u{e9}</p>";
/// A component with a variant.
const HERO: &str = "<div class=\"a\" data-cdp-experience=\"hero\" id='h'><h1>D</h1><template data-cdp-variant=\"b\"><h1>B</h1></template></div>";
const BETWEEN: &str = "<p>between";
/// A component that takes a value, and has another one in it.
const LIST: &str = "<ul data-cdp-experiment=list><li><i data-cdp-text=\"/t\">T</i><b data-cdp-experience=inner>D</b></li></ul>";
const BEHIND: &str = "<!-- x --><p>behind</body></html>\n";

/// [`HERO`] and [`LIST`] as they are shown; of the latter also the part behind which its end may be missing.
const HERO_SHOWN: &str =
    "<div data-cdp-shown=\"b\" class=\"a\" data-cdp-experience=\"hero\" id='h'><h1>B</h1></div>";
const LIST_SHOWN: &str = "<ul data-cdp-shown=\"b\" data-cdp-experiment=list><li><i data-cdp-text=\"/t\">V</i>\
<b data-cdp-shown=\"control\" data-cdp-experience=inner>D</b></li></ul>";
const INNER: &str = "<b data-cdp-experience=inner>D</b>";
const INNER_SHOWN: &str = "<b data-cdp-shown=\"control\" data-cdp-experience=inner>D</b>";

/// When the decisions come.
#[derive(Clone, Copy, Debug, PartialEq)]
enum When {
    AtOnce,
    BehindTheCut,
    Never,
}

fn settings() -> PageSettings {
    PageSettings {
        hold_limit: 65_536,
        declared: None,
        trusted_html: Vec::new(),
        guest: false,
        personalise: true,
        insertion: None,
    }
}

fn decision() -> Decision {
    let body = json!({"variantId": "b", "t": "V"}).to_string();
    Decision::read(200, body.as_bytes()).expect("a decision")
}

/// What leaves of `sent`, in chunks of `size`, when nothing comes behind it; and whether a component was cut.
fn broken_off(sent: &[u8], size: usize, when: When) -> (Vec<u8>, bool) {
    let mut page = Page::new(settings());
    let mut out = Vec::new();
    let mut asked = Vec::new();
    let mut rest = sent;
    for cut in cuts::of_size(sent.len(), size) {
        let (chunk, after) = rest.split_at(cut);
        rest = after;
        page.push(chunk);
        while let Some(wish) = page.next_wish(0) {
            let Wish::Flow(id) = wish else {
                panic!("{wish:?}")
            };
            asked.push(id);
        }
        if when == When::AtOnce {
            for id in asked.drain(..) {
                page.decided(&id, Ok(decision()), 1);
            }
        }
        out.extend(page.take_output());
    }
    page.end(false);
    if when == When::BehindTheCut {
        for id in asked.drain(..) {
            page.decided(&id, Ok(decision()), 1);
        }
    }
    out.extend(page.take_output());
    if !page.is_done() {
        page.deadline(400);
    }
    out.extend(page.take_output());
    assert!(page.is_done(), "nothing waits behind a cut and the budget");
    assert!(page.next_wish(401).is_none());
    let cut = ComponentResult::Failed(Failure::OriginTruncated);
    let is_cut = page.outcomes().iter().any(|outcome| outcome.result == cut);
    (out, is_cut)
}

/// What may leave of the first `length` bytes: a component that came whole as it is shown, everything else as XM sent it. A component
/// inside of one that was cut may be shown or not.
fn expected(length: usize, when: When) -> Vec<String> {
    let mut texts = vec![String::new()];
    let mut left = length;
    for (sent, shown) in [
        (BEFORE, BEFORE),
        (HERO, HERO_SHOWN),
        (BETWEEN, BETWEEN),
        (LIST, LIST_SHOWN),
        (BEHIND, BEHIND),
    ] {
        let came = &sent[..left.min(sent.len())];
        left -= came.len();
        let is_shown = came.len() == sent.len() && when != When::Never;
        let with_inner = came.replace(INNER, INNER_SHOWN);
        let other = (when != When::Never && !is_shown && with_inner != came).then_some(with_inner);
        let one = if is_shown { shown } else { came };
        texts = texts
            .iter()
            .flat_map(|text| {
                let plain = format!("{text}{one}");
                let other = other.as_ref().map(|other| format!("{text}{other}"));
                [Some(plain), other]
            })
            .flatten()
            .collect();
    }
    texts
}

#[test]
fn a_page_that_breaks_off_at_any_byte_keeps_every_byte() {
    let page = [BEFORE, HERO, BETWEEN, LIST, BEHIND].concat();
    let (mut cut_components, mut shown) = (0, 0);
    for length in (0..=page.len()).filter(|length| page.is_char_boundary(*length)) {
        for size in [1, 7, usize::MAX] {
            for when in [When::AtOnce, When::BehindTheCut, When::Never] {
                let (out, is_cut) = broken_off(&page.as_bytes()[..length], size, when);
                let out = String::from_utf8(out).expect("UTF-8");
                let expected = expected(length, when);
                assert!(
                    expected.contains(&out),
                    "{length} bytes in chunks of {size}, decided {when:?}\n     got: {out}\nexpected: {expected:#?}"
                );
                cut_components += usize::from(is_cut);
                shown += usize::from(out.contains(HERO_SHOWN));
            }
        }
    }
    assert!(
        cut_components > 500 && shown > 500,
        "the cuts prove too little"
    );
}
