//! The marks that XM authors write on elements (product contract §2), read from one start tag.
//!
//! In: an element as lol_html shows it. Out: [`Marks`], with everything malformed counted by reason. It never
//! looks at other elements.

use lol_html::html_content::{Attribute, Element};

use super::{Bindings, ComponentKind, Pointer, Range};
use crate::reason::BadMark;

const PREFIX: &str = "data-cdp-";

/// Everything the start tag of one element says to xm-edge.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// `data-cdp-experience`, `data-cdp-experiment` and the friendly id as written, or `data-cdp-guest`.
    pub(super) component: Option<(ComponentKind, String)>,
    /// `data-cdp-variant`.
    pub(super) variant: Option<String>,
    /// `data-cdp-variant-from`; `Err`: not a JSON Pointer.
    pub(super) variant_from: Option<Result<Pointer, ()>>,
    /// `data-cdp-fragment`; `Err`: not a JSON Pointer.
    pub(super) fragment: Option<Result<Pointer, ()>>,
    /// `data-cdp-text`, `-html`, `-if`.
    pub(super) bindings: Bindings,
    /// `data-cdp-attr-NAME`.
    pub(super) attributes: Vec<AttributeMark>,
    /// What could not be read.
    pub(super) bad: Vec<BadMark>,
}

/// One `data-cdp-attr-NAME`.
#[derive(Debug)]
pub(super) struct AttributeMark {
    pub(super) name: String,
    pub(super) pointer: Pointer,
    pub(super) authored: Option<Authored>,
}

/// Where lol_html saw an attribute: quotes and `=` are outside both ranges.
#[derive(Clone, Copy, Debug)]
pub(super) struct Authored {
    pub(super) name: Range,
    pub(super) value: Option<Range>,
}

impl Marks {
    /// Reads the marks of `element`; `None` when it has none.
    pub(super) fn read(element: &Element<'_, '_>) -> Option<Self> {
        let mut marks = Self::default();
        let mut any = false;
        for attribute in element.attributes() {
            let name = attribute.name();
            if let Some(mark) = name.strip_prefix(PREFIX) {
                any |= marks.note(mark, attribute, element);
            }
        }
        any.then_some(marks)
    }

    /// As they stand in the page, `by` bytes further on than the parser knows.
    pub(super) fn moved(mut self, by: usize) -> Self {
        let moved = |range: Range| Range::new(range.start + by, range.end + by);
        for attribute in &mut self.attributes {
            attribute.authored = attribute.authored.map(|authored| Authored {
                name: moved(authored.name),
                value: authored.value.map(moved),
            });
        }
        self
    }

    fn note(&mut self, mark: &str, attribute: &Attribute<'_>, element: &Element<'_, '_>) -> bool {
        let text = || decoded(attribute);
        match mark {
            "experience" => self.note_component(ComponentKind::Experience, text()),
            "experiment" => self.note_component(ComponentKind::Experiment, text()),
            "guest" => self.note_component(ComponentKind::Guest, text()),
            "variant" => first(&mut self.variant, text()),
            "variant-from" => first(&mut self.variant_from, Pointer::parse(&text()).ok_or(())),
            "fragment" => first(&mut self.fragment, Pointer::parse(&text()).ok_or(())),
            "text" => self.bad.extend(pointer(&mut self.bindings.text, &text())),
            "html" => self.bad.extend(pointer(&mut self.bindings.html, &text())),
            "if" => self
                .bad
                .extend(pointer(&mut self.bindings.condition, &text())),
            _ => {
                let Some(name) = mark.strip_prefix("attr-").filter(|name| !name.is_empty()) else {
                    return false;
                };
                self.note_attribute(name, &text(), element);
            }
        }
        true
    }

    fn note_component(&mut self, kind: ComponentKind, id: String) {
        first(&mut self.component, (kind, id));
    }

    fn note_attribute(&mut self, name: &str, text: &str, element: &Element<'_, '_>) {
        if self.attributes.iter().any(|bound| bound.name == name) {
            return;
        }
        match Pointer::parse(text) {
            Some(pointer) => self.attributes.push(AttributeMark {
                name: name.to_owned(),
                pointer,
                authored: authored(name, element),
            }),
            None => self.bad.push(BadMark::PointerSyntax),
        }
    }
}

/// HTML keeps the first of several attributes of one name.
fn first<T>(slot: &mut Option<T>, value: T) {
    if slot.is_none() {
        *slot = Some(value);
    }
}

fn pointer(slot: &mut Option<Pointer>, text: &str) -> Option<BadMark> {
    if slot.is_some() {
        return None;
    }
    *slot = Pointer::parse(text);
    slot.is_none().then_some(BadMark::PointerSyntax)
}

/// lol_html gives attribute values as written: character references are ours to decode.
fn decoded(attribute: &Attribute<'_>) -> String {
    html_escape::decode_html_entities(attribute.value().trim()).into_owned()
}

fn authored(name: &str, element: &Element<'_, '_>) -> Option<Authored> {
    let attribute = element.attributes().iter().find(|a| a.name() == name)?;
    let range = |location: lol_html::html_content::SourceLocation| {
        let bytes = location.bytes();
        Range::new(bytes.start, bytes.end)
    };
    Some(Authored {
        name: range(attribute.name_source_location()?),
        value: attribute.value_source_location().map(range),
    })
}
