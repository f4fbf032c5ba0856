//! Random elements of real pages become components; what leaves is compared with an independent calculation.
//!
//! html5ever says which elements have both tags; some of them are made components, and the expected output is put
//! together from the offsets alone. Seeds are printed; `XM_EDGE_SEED` brings one back.

use std::collections::BTreeSet;

use fastrand::Rng;
use serde_json::json;
use xm_edge_core::{reason::Failure, render::PageSettings};

use native::{
    answers::{Answer, Answers},
    corpus, cuts, parallel,
    run::{TIMINGS, run, run_template},
    slicer::{self, Element},
};

mod native;

/// Draws per page and number of components.
const DRAWS: usize = 12;

/// What happens to a component.
#[derive(Clone, Copy, Debug)]
enum Fate {
    /// Its content becomes text.
    Text,
    /// Its content becomes that of a template.
    Variant,
    /// Its default content is shown, without the template.
    Control,
    /// It stays as authored.
    Fails,
}

struct Component<'e> {
    id: String,
    fate: Fate,
    element: &'e Element,
}

/// The page with marks, and what must come of it.
#[derive(Default)]
struct Oracle {
    marked: Vec<u8>,
    expected: Vec<u8>,
    asked: BTreeSet<String>,
}

impl Oracle {
    /// `page[from..to]` with `components`, which stand in it in document order.
    fn range(
        page: &[u8],
        from: usize,
        to: usize,
        components: &[Component<'_>],
        limit: usize,
    ) -> Self {
        let mut whole = Self::default();
        let (mut at, mut rest) = (from, components);
        while let Some((component, after)) = rest.split_first() {
            let Element {
                start_tag, end_tag, ..
            } = component.element;
            let nested = after
                .iter()
                .take_while(|inner| inner.element.start_tag.start < end_tag.start)
                .count();
            let (inside, after) = after.split_at(nested);
            whole.both(&page[at..start_tag.start]);
            let inner = Self::range(page, start_tag.end, end_tag.start, inside, limit);
            whole.component(page, component, inner, limit);
            (at, rest) = (end_tag.end, after);
        }
        whole.both(&page[at..to]);
        whole
    }

    fn both(&mut self, bytes: &[u8]) {
        self.marked.extend_from_slice(bytes);
        self.expected.extend_from_slice(bytes);
    }

    fn component(&mut self, page: &[u8], component: &Component<'_>, inner: Self, limit: usize) {
        let Component { id, fate, element } = component;
        let start_tag = &page[element.start_tag.clone()];
        let (name, attributes) = start_tag.split_at(1 + element.name.len());
        let mut marks = format!(" data-cdp-experiment=\"{id}\"");
        let mut template = format!("<template data-cdp-variant='v{id}'>New &amp; {id}</template>");
        if matches!(fate, Fate::Text) {
            marks.push_str(" data-cdp-text='/t'");
            template.clear();
        }
        let end_tag = &page[element.end_tag.clone()];
        let content = [template.as_bytes(), &inner.marked].concat();
        let marked = [name, marks.as_bytes(), attributes, &content, end_tag].concat();
        self.marked.extend_from_slice(&marked);
        self.asked.insert(id.clone());
        if matches!(fate, Fate::Fails) || content.len() > limit {
            self.expected.extend_from_slice(&marked);
            return;
        }
        let (shown, new) = match fate {
            Fate::Text => (format!("v{id}"), format!("&lt;{id}&gt;").into_bytes()),
            Fate::Variant => (format!("v{id}"), format!("New &amp; {id}").into_bytes()),
            Fate::Control | Fate::Fails => {
                self.asked.extend(inner.asked);
                ("control".to_owned(), inner.expected)
            }
        };
        let stamp = format!(" data-cdp-shown=\"{shown}\"");
        let parts = [
            name,
            stamp.as_bytes(),
            marks.as_bytes(),
            attributes,
            &new,
            end_tag,
        ];
        self.expected.extend_from_slice(&parts.concat());
    }
}

/// Elements that may become components here: those whose content is markup.
fn eligible(elements: Vec<Element>) -> Vec<Element> {
    let no_markup = [
        "head",
        "html",
        "iframe",
        "noembed",
        "noframes",
        "noscript",
        "plaintext",
        "script",
        "style",
        "template",
        "textarea",
        "title",
        "xmp",
    ];
    let fits = |element: &Element| element.is_html && !no_markup.contains(&element.name.as_str());
    elements.into_iter().filter(fits).collect()
}

fn check(name: &str, page: &[u8], elements: &[Element], count: usize, seed: u64) {
    let mut rng = Rng::with_seed(seed);
    let mut chosen = rng.choose_multiple(elements, count);
    chosen.sort_by_key(|element| element.start_tag.start);
    let components: Vec<Component<'_>> = chosen
        .into_iter()
        .enumerate()
        .map(|(index, element)| Component {
            id: format!("c{index}"),
            fate: *rng
                .choice(&[
                    Fate::Text,
                    Fate::Variant,
                    Fate::Control,
                    Fate::Control,
                    Fate::Fails,
                ])
                .expect("a choice"),
            element,
        })
        .collect();
    let limit = *rng.choice(&[256, 4096, 65_536, 1 << 24]).expect("a choice");
    let oracle = Oracle::range(page, 0, page.len(), &components, limit);
    let answers = components
        .iter()
        .fold(Answers::default(), |answers, component| {
            let id = &component.id;
            match component.fate {
                Fate::Text | Fate::Variant => answers.decide(
                    id,
                    &json!({"variantId": format!("v{id}"), "t": format!("<{id}>")}),
                ),
                Fate::Control => answers.decide(id, &json!({"variantId": "", "t": 1})),
                Fate::Fails => answers.flow(id, Answer::Fails(Failure::CdpError)),
            }
        });
    let settings = PageSettings {
        guest: false,
        hold_limit: limit,
        declared: None,
        trusted_html: Vec::new(),
        personalise: true,
        insertion: None,
    };
    let cut = cuts::random(oracle.marked.len(), &mut rng);
    let timing = *rng.choice(&TIMINGS).expect("a choice");
    let seen = run(&settings, &oracle.marked, &cut, true, &answers, timing);
    let what: Vec<String> = components
        .iter()
        .map(|c| format!("{} {:?} {:?}", c.element.name, c.element.start_tag, c.fate))
        .collect();
    assert!(
        seen.output == oracle.expected,
        "{name}, {what:?}, limit {limit}, {timing:?}, XM_EDGE_SEED={seed}: {}",
        first_difference(&seen.output, &oracle.expected)
    );
    let asked: BTreeSet<String> = seen.asked.into_iter().collect();
    assert_eq!(asked, oracle.asked, "{name}, {what:?}, XM_EDGE_SEED={seed}");
    if let Some(hit) = run_template(&settings, &oracle.marked, &answers, timing) {
        assert!(
            hit.output == oracle.expected,
            "from a template: {name}, {what:?}, limit {limit}, {timing:?}, XM_EDGE_SEED={seed}: {}",
            first_difference(&hit.output, &oracle.expected)
        );
    }
}

fn first_difference(output: &[u8], expected: &[u8]) -> String {
    let same = output
        .iter()
        .zip(expected)
        .take_while(|(a, b)| a == b)
        .count();
    let part = |bytes: &[u8]| {
        let end = (same + 200).min(bytes.len());
        bytes[same.saturating_sub(100)..end]
            .escape_ascii()
            .to_string()
    };
    format!(
        "\n--- output\n{}\n--- expected\n{}",
        part(output),
        part(expected)
    )
}

fn check_pages(pages: Vec<(String, Vec<u8>)>) {
    let seed = cuts::seed();
    let draws: Vec<(String, Vec<u8>, Vec<Element>)> = pages
        .into_iter()
        .map(|(name, page)| {
            let elements = eligible(slicer::elements(&page));
            assert!(elements.len() > 1, "{name} has elements");
            (name, page, elements)
        })
        .collect();
    parallel::each(&draws, |(name, page, elements)| {
        for count in [1, 3, 10] {
            for draw in 0..DRAWS {
                check(name, page, elements, count, seed.wrapping_add(draw as u64));
            }
        }
    });
}

#[test]
fn random_elements_of_real_pages_are_spliced_exactly() {
    check_pages(corpus::real_pages());
}

#[test]
fn random_elements_of_the_stand_in_are_spliced_exactly() {
    let mut pages = corpus::standin_pages();
    for (_, page) in &mut pages {
        // Its own marks are not what is tested here.
        let text = String::from_utf8(std::mem::take(page)).expect("the stand-in is UTF-8");
        let text = text.replace("data-cdp-", "data-off-");
        *page = text.replace("DATA-CDP-", "DATA-OFF-").into_bytes();
    }
    check_pages(pages);
}

#[test]
fn the_slicer_knows_which_end_tag_is_whose() {
    let page = b"<h1>a</h2><div>\r\n<p>a<p>b</p><ul><li>1<li>2</li></ul>&lt<span>c</b></span><br>\
        <b>d<div>e</b></div></div><table><tr><td>f</div></td></table><i>";
    let found: Vec<(String, String)> = slicer::elements(page)
        .into_iter()
        .map(|element| {
            let whole = &page[element.start_tag.start..element.end_tag.end];
            (element.name, String::from_utf8_lossy(whole).into_owned())
        })
        .collect();
    let names: Vec<&str> = found.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        ["div", "p", "ul", "li", "span", "div", "table", "td"],
        "{found:?}"
    );
    assert_eq!(found[1].1, "<p>b</p>");
    assert_eq!(found[3].1, "<li>2</li>");
    assert_eq!(found[4].1, "<span>c</b></span>");
    assert_eq!(found[7].1, "<td>f</div></td>");
}
