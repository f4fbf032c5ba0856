//! Values of a decision into the marked elements of a component.
//!
//! In: nodes, a decision. Out: items in document order, how many values were bound, and which marks were
//! ignored. An element whose mark cannot be honoured leaves exactly as authored.

use serde_json::Value;

use super::{
    attribute,
    charset::Charset,
    escape,
    ignored::{Ignored, Mark, Place},
    item::{Item, Origin},
    trusted_html,
};
use crate::{
    decision::{Decision, is_shown, text_of},
    reason::BadMark,
    template::{Bindings, Element, Node, Pointer, Range, StartTag},
};

/// Binds one decision.
pub(super) struct Binder<'b> {
    pub(super) decision: &'b Decision,
    /// Whether the friendly id may show HTML (`trusted_html`).
    pub(super) trusted: bool,
    pub(super) charset: Charset,
    pub(super) origin: Origin,
    /// Values that were bound.
    pub(super) bound: u32,
    pub(super) ignored: &'b mut Ignored,
}

/// What an element's content becomes.
enum Content {
    Authored,
    Replaced(String),
}

impl Binder<'_> {
    /// Appends the items for `nodes`.
    pub(super) fn nodes(&mut self, nodes: Vec<Node>, items: &mut Vec<Item>) {
        for node in nodes {
            match node {
                Node::Bytes(range) => items.push(Item::Bytes(self.origin.clone(), range)),
                Node::Component(component) => {
                    items.push(Item::Component(self.origin.clone(), component));
                }
                Node::Element(element) => self.element(*element, items),
                Node::Tag(tag) => {
                    let edits = self.tag_edits(&tag);
                    self.edited_tag(&tag, edits, items);
                }
                // A template that was not chosen does not reach the browser.
                Node::Variant(..) => {}
            }
        }
    }

    fn element(&mut self, element: Element, items: &mut Vec<Item>) {
        if self.is_removed(&element.tag, &element.bindings) {
            return;
        }
        let content = self.content(&element.tag, &element.bindings);
        let edits = self.tag_edits(&element.tag);
        self.edited_tag(&element.tag, edits, items);
        match content {
            Content::Authored => self.nodes(element.content, items),
            Content::Replaced(html) => items.push(self.owned(&html)),
        }
        items.push(Item::Bytes(self.origin.clone(), element.end_tag));
    }

    /// `data-cdp-if`: whether the element goes away.
    pub(super) fn is_removed(&mut self, tag: &StartTag, bindings: &Bindings) -> bool {
        let Some(pointer) = &bindings.condition else {
            return false;
        };
        let Some(value) = self.find(pointer, tag, Mark::If) else {
            return false;
        };
        let shown = is_shown(value);
        self.bound += 1;
        !shown
    }

    /// `data-cdp-text` and `data-cdp-html` of the component itself, as items; `None`: as authored.
    pub(super) fn own_content(&mut self, tag: &StartTag, bindings: &Bindings) -> Option<Item> {
        match self.content(tag, bindings) {
            Content::Authored => None,
            Content::Replaced(html) => Some(self.owned(&html)),
        }
    }

    fn content(&mut self, tag: &StartTag, bindings: &Bindings) -> Content {
        let html = bindings
            .html
            .as_ref()
            .and_then(|pointer| self.html(tag, &bindings.around, pointer));
        let replaced = html.or_else(|| {
            bindings
                .text
                .as_ref()
                .and_then(|pointer| self.text(tag, pointer))
        });
        match replaced {
            Some(html) => {
                self.bound += 1;
                Content::Replaced(html)
            }
            None => Content::Authored,
        }
    }

    fn text(&mut self, tag: &StartTag, pointer: &Pointer) -> Option<String> {
        let Some(text) = text_of(self.find(pointer, tag, Mark::Text)?) else {
            self.ignore(BadMark::WrongType, tag, Mark::Text);
            return None;
        };
        let mut out = String::new();
        escape::text(&text, &tag.name, &mut out);
        Some(out)
    }

    fn html(&mut self, tag: &StartTag, around: &[&str], pointer: &Pointer) -> Option<String> {
        if !self.trusted {
            self.ignore(BadMark::HtmlNotTrusted, tag, Mark::Html);
            return None;
        }
        let refused = match self.find(pointer, tag, Mark::Html)? {
            Value::String(html) if trusted_html::is_balanced(around, &tag.name, html) => {
                return Some(html.clone());
            }
            Value::String(_) => BadMark::HtmlUnbalanced,
            _ => BadMark::WrongType,
        };
        self.ignore(refused, tag, Mark::Html);
        None
    }

    /// The attributes of a start tag that the decision sets.
    pub(super) fn tag_edits(&mut self, tag: &StartTag) -> Vec<TagEdit> {
        let mut edits = Vec::new();
        for binding in &tag.attributes {
            let mark = Mark::Attribute(&binding.name);
            let Some(value) = self.find(&binding.pointer, tag, mark) else {
                continue;
            };
            match attribute::value_for(&tag.name, &binding.name, value) {
                Ok(text) => {
                    self.bound += 1;
                    edits.push(match binding.authored {
                        Some(authored) => TagEdit::replace(authored, &binding.name, &text),
                        None => TagEdit::insert(tag, &binding.name, &text),
                    });
                }
                Err(reason) => self.ignore(reason, tag, mark),
            }
        }
        edits
    }

    /// Appends a start tag with `edits`.
    pub(super) fn edited_tag(
        &self,
        tag: &StartTag,
        mut edits: Vec<TagEdit>,
        items: &mut Vec<Item>,
    ) {
        // Stable: insertions at one place keep their order.
        edits.sort_by_key(|edit| edit.at.start);
        let mut at = tag.range.start;
        for edit in edits {
            items.push(Item::Bytes(
                self.origin.clone(),
                Range::new(at, edit.at.start),
            ));
            items.push(self.owned(&edit.text));
            at = edit.at.end;
        }
        items.push(Item::Bytes(
            self.origin.clone(),
            Range::new(at, tag.range.end),
        ));
    }

    fn owned(&self, html: &str) -> Item {
        let mut bytes = Vec::with_capacity(html.len());
        self.charset.write(html, &mut bytes);
        Item::Owned(bytes)
    }

    fn find(&mut self, pointer: &Pointer, tag: &StartTag, mark: Mark<'_>) -> Option<&Value> {
        let found = self.decision.find(pointer);
        // What a preview sets has no values: that is no fault of the mark.
        if found.is_none() && !self.decision.is_set() {
            self.ignore(BadMark::PointerUnresolved, tag, mark);
        }
        found
    }

    fn ignore(&mut self, reason: BadMark, tag: &StartTag, mark: Mark<'_>) {
        let place = Place {
            origin: &self.origin,
            tag: tag.range.start,
            mark,
        };
        self.ignored.note(reason, &place);
    }
}

/// One edit of a start tag.
pub(super) struct TagEdit {
    at: Range,
    text: String,
}

impl TagEdit {
    /// `name="value"` right after the tag's name, where it wins over a later one of the same name.
    pub(super) fn insert(tag: &StartTag, name: &str, value: &str) -> Self {
        Self {
            at: Range::new(tag.insert_at, tag.insert_at),
            text: format!(" {}", written(name, value)),
        }
    }

    fn replace(authored: Range, name: &str, value: &str) -> Self {
        Self {
            at: authored,
            text: written(name, value),
        }
    }
}

fn written(name: &str, value: &str) -> String {
    let mut out = format!("{name}=\"");
    escape::attribute(value, &mut out);
    out.push('"');
    out
}
