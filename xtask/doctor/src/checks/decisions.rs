//! What sample decisions would make of the page: the Worker's own rendering, with the places of what it ignores.
//!
//! In: the page, samples, whoever fetches fragments. Out: findings, and what each component showed. The n-th run takes the n-th
//! sample of each friendly id that has so many; the others get their last one.

use std::collections::{BTreeMap, BTreeSet};

use encoding_rs::{Encoding, UTF_8};
use xm_edge_core::{
    decision::Decision,
    reason::{BadMark, Failure},
    render::{
        ComponentResult, FragmentPath, IgnoredAt, Page as Rendering, PageSettings, Wish,
        is_attribute_refused,
    },
    template::{Asked, ComponentId, Pointer},
};

use super::components::mark_of;
use crate::{
    compiled::Found,
    finding::{Code, Finding, Place},
    inventory,
    page::Page,
    rules::Rules,
    text::Text,
};

/// What XM answered for a fragment: its bytes, decoded, and the charset that it declares.
pub type Fetched = Result<(Vec<u8>, Option<&'static Encoding>), String>;

/// Who fetches fragments.
pub trait Fragments {
    /// Fetches the fragment at `path` of XM; an error says why not, in words. `None`: nobody can, for the page is a file.
    fn fetch(&mut self, path: &str) -> Option<Fetched>;
}

/// What a component showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// `variant`, `bound`, `control` or a failure.
    pub result: &'static str,
    /// The variant id, or `control`.
    pub shown: Option<String>,
}

pub(super) fn check(
    page: &Page<'_>,
    rules: &Rules,
    fragments: &mut dyn Fragments,
    found: &mut Vec<Finding>,
) -> BTreeMap<ComponentId, Vec<Shown>> {
    let mut shown: BTreeMap<ComponentId, Vec<Shown>> = BTreeMap::new();
    let sampled = page
        .compiled
        .components
        .iter()
        .filter_map(|component| component.asked.friendly_id());
    let runs = sampled
        .map(|id| rules.samples.bodies(id.as_str()).len())
        .max()
        .unwrap_or_default();
    for run in 0..runs {
        let mut rendered = Rendered::run(page, rules, run, fragments);
        for ignored in rendered.page.ignored_at() {
            if !is_optional(page, rules, ignored) {
                found.extend(at_odds(page, &rendered, ignored));
            }
        }
        for outcome in rendered.page.outcomes() {
            let component = outcome.id.and_then(|id| page.compiled.component(id));
            let (Some(component), Some(friendly_id)) = (component, &outcome.friendly_id) else {
                continue;
            };
            if !rendered.answered.contains(friendly_id.as_str()) {
                continue;
            }
            let list = shown.entry(component.id).or_default();
            list.push(Shown {
                result: outcome.result.label(),
                shown: outcome.shown.clone(),
            });
            if let ComponentResult::Failed(failure) = outcome.result {
                found.extend(failed(page, component, failure, &rendered));
            }
        }
        found.append(&mut rendered.findings);
    }
    for component in &page.compiled.components {
        untested(page, component, shown.get(&component.id), found);
    }
    shown
}

/// One rendering.
struct Rendered {
    page: Rendering,
    /// Friendly ids that had a sample.
    answered: BTreeSet<String>,
    /// What was fetched, by path.
    fragments: BTreeMap<String, Vec<u8>>,
    /// Why a fragment is not there.
    problems: Vec<String>,
    findings: Vec<Finding>,
}

impl Rendered {
    fn run(page: &Page<'_>, rules: &Rules, run: usize, fragments: &mut dyn Fragments) -> Self {
        let mut rendering = Rendering::new(PageSettings {
            hold_limit: rules.hold_limit(),
            declared: page.declared,
            trusted_html: rules.site.trusted_html.clone(),
            guest: page.vouched && !rules.site.guest_fields.is_empty(),
            personalise: true,
            insertion: None,
        });
        rendering.keep_places();
        let mut this = Self {
            page: rendering,
            answered: BTreeSet::new(),
            fragments: BTreeMap::new(),
            problems: Vec::new(),
            findings: Vec::new(),
        };
        this.page.push(&page.input.bytes);
        this.page.end(true);
        while let Some(wish) = this.page.next_wish(0) {
            match wish {
                Wish::Flow(friendly_id) => {
                    let answer = this.decide(page, rules, run, friendly_id.as_str());
                    this.page.decided(&friendly_id, answer, 0);
                }
                Wish::Fragment(path) => this.fetch(&path, fragments),
                Wish::Guest => this.page.guest(Err(Failure::NoCredentials), 0),
            }
        }
        this
    }

    fn decide(
        &mut self,
        page: &Page<'_>,
        rules: &Rules,
        run: usize,
        friendly_id: &str,
    ) -> Result<Decision, Failure> {
        let bodies = rules.samples.bodies(friendly_id);
        let body = bodies.get(run).or(bodies.last()).ok_or(Failure::CdpError)?;
        let decision = Decision::read(200, body.as_bytes())?;
        self.answered.insert(friendly_id.to_owned());
        if run < bodies.len() {
            let asks = |component: &&Found| {
                component
                    .asked
                    .friendly_id()
                    .is_some_and(|id| id.as_str() == friendly_id)
            };
            for component in page.compiled.components.iter().filter(asks) {
                self.findings.extend(chosen(page, component, &decision));
            }
        }
        Ok(decision)
    }

    fn fetch(&mut self, path: &FragmentPath, fragments: &mut dyn Fragments) {
        let answer = match fragments.fetch(path.as_str()) {
            Some(Ok((bytes, declared))) => {
                self.fragments
                    .insert(path.as_str().to_owned(), bytes.clone());
                Ok((bytes, declared))
            }
            Some(Err(problem)) => {
                self.problems.push(format!("{}: {problem}", path.as_str()));
                Err(Failure::FragmentError)
            }
            // Nothing is wrong that anybody could know of.
            None => Err(Failure::Timeout),
        };
        self.page.fragment(path, answer, 0);
    }
}

/// What is odd about the variant or fragment that a decision names.
fn chosen(page: &Page<'_>, component: &Found, decision: &Decision) -> Option<Finding> {
    let at = |finding: Finding| finding.at(mark_of(page, component.tag.start));
    let path = component
        .fragment
        .as_ref()
        .and_then(|pointer| decision.find(pointer));
    if let Some(value) = path {
        let parsed = value.as_str().and_then(FragmentPath::parse);
        return parsed.is_none().then(|| {
            let message =
                "the sample's fragment is no absolute path on XM, so the default content stays";
            let help =
                "a path such as /fragments/spring: one slash at the start, no host, no spaces";
            at(Finding::new(Code::FragmentError, message, help))
        });
    }
    let id = decision.variant_id(&component.variant_from)?;
    let known = component.variants.iter().any(|(known, _)| *known == id);
    (!known && !component.variants.is_empty()).then(|| {
        let message =
            format!("a sample decision chooses variant {id}, for which XM has no template here");
        let ids: Vec<_> = component
            .variants
            .iter()
            .map(|(id, _)| id.as_str())
            .collect();
        let help = format!(
            "the default content stays (control); the templates are: {}",
            ids.join(", ")
        );
        at(Finding::new(Code::UnknownVariant, message, help))
    })
}

fn failed(
    page: &Page<'_>,
    component: &Found,
    failure: Failure,
    rendered: &Rendered,
) -> Option<Finding> {
    let (message, help) = match failure {
        Failure::FragmentError => (
            format!(
                "the fragment cannot be had: {}",
                rendered.problems.join("; ")
            ),
            "XM must answer the path with 200 and HTML of at most 256 KiB",
        ),
        Failure::TooMany => (
            "more fragments than a page may have, or one inside of itself".to_owned(),
            "a page shows at most 100 fragments, and none within itself",
        ),
        // Markup's own failures have their finding; those of the sample's absence are none.
        _ => return None,
    };
    let code = Code::of_failure(failure)?;
    Some(Finding::new(code, message, help).at(mark_of(page, component.tag.start)))
}

/// Whether another sample has what this one lacks: decisions for the control seldom hold values.
fn is_optional(page: &Page<'_>, rules: &Rules, ignored: &IgnoredAt) -> bool {
    if ignored.reason != BadMark::PointerUnresolved || ignored.fragment.is_some() {
        return false;
    }
    let component = page.compiled.around(ignored.tag);
    let friendly_id = component.and_then(|found| found.asked.friendly_id());
    let pointer = page.inventory.mark(ignored.tag, &ignored.mark);
    let pointer = pointer.and_then(|mark| Pointer::parse(&mark.value));
    let (Some(friendly_id), Some(pointer)) = (friendly_id, pointer) else {
        return false;
    };
    let bodies = rules.samples.bodies(friendly_id.as_str());
    let decisions = bodies
        .iter()
        .filter_map(|body| Decision::read(200, body.as_bytes()).ok());
    decisions
        .into_iter()
        .any(|decision| decision.find(&pointer).is_some())
}

fn at_odds(page: &Page<'_>, rendered: &Rendered, ignored: &IgnoredAt) -> Option<Finding> {
    let (pointer, friendly_id, place) = match &ignored.fragment {
        None => in_page(page, ignored)?,
        Some(path) => in_fragment(page, rendered, path.as_str(), ignored)?,
    };
    let of = friendly_id.map_or_else(String::new, |id| format!(" of {id}"));
    let (message, help) = match ignored.reason {
        BadMark::PointerUnresolved => (
            format!("{pointer} points at nothing in any sample decision{of}"),
            "correct the pointer, or let the flow's response template say it; until then the element stays as authored",
        ),
        BadMark::WrongType => (
            format!(
                "what {pointer} finds in a sample decision{of} is of a type that {} cannot show",
                ignored.mark
            ),
            "text and attributes take a text, a number, true or false; data-cdp-html takes a text",
        ),
        BadMark::UrlRefused => (
            format!("what {pointer} finds in a sample decision{of} is no URL that may stand here"),
            "https, http, mailto, tel, and addresses on the same site may; `//host` and scripts may not",
        ),
        BadMark::HtmlUnbalanced => (
            format!("the HTML that {pointer} finds in a sample decision{of} is not balanced"),
            "close every tag by name and in order, and leave out what the element around may not contain",
        ),
        // These need no decision to be found.
        _ => return None,
    };
    Some(Finding::new(Code::of_mark(ignored.reason), message, help).at(place))
}

type Marked = (String, Option<String>, Place);

fn in_page(page: &Page<'_>, ignored: &IgnoredAt) -> Option<Marked> {
    let mark = page.inventory.mark(ignored.tag, &ignored.mark)?;
    // What no decision may set has its finding already.
    let attribute = ignored.mark.strip_prefix("data-cdp-attr-");
    if attribute.is_some_and(|name| is_attribute_refused(&mark.element, name)) {
        return None;
    }
    let component = page.compiled.around(ignored.tag).map(|found| &found.asked);
    let friendly_id = component
        .and_then(Asked::friendly_id)
        .map(ToString::to_string);
    let whole = mark.whole();
    Some((
        mark.value.clone(),
        friendly_id,
        page.text.place(whole.start, whole.end),
    ))
}

fn in_fragment(
    page: &Page<'_>,
    rendered: &Rendered,
    path: &str,
    ignored: &IgnoredAt,
) -> Option<Marked> {
    let bytes = rendered.fragments.get(path)?;
    let inventory = inventory::look(bytes, page.declared.unwrap_or(UTF_8));
    let mark = inventory.mark(ignored.tag, &ignored.mark)?;
    let text = Text {
        bytes,
        encoding: page.text.encoding,
        fragment: Some(path),
    };
    let whole = mark.whole();
    Some((mark.value.clone(), None, text.place(whole.start, whole.end)))
}

fn untested(
    page: &Page<'_>,
    component: &Found,
    shown: Option<&Vec<Shown>>,
    found: &mut Vec<Finding>,
) {
    let Some(shown) = shown else {
        return;
    };
    for (id, range) in &component.variants {
        let chosen = shown.iter().any(|shown| shown.shown.as_ref() == Some(id));
        let never = id.is_empty() || id.ends_with("_default");
        if chosen || never {
            continue;
        }
        let mark = page.inventory.mark(range.start, "data-cdp-variant");
        let at = mark.map_or(range.clone(), |mark| mark.whole());
        let message =
            format!("no sample decision chooses variant {id}, so its pointers were not tried");
        let help = "give the friendly id a list of decisions: one for each variant";
        found.push(
            Finding::new(Code::VariantUntested, message, help)
                .at(page.text.place(at.start, at.end)),
        );
    }
}
