//! Everything in a document that says `data-cdp-`, whether or not the Worker would take it for a mark.
//!
//! In: bytes and charset. Out: attributes with their positions, and where the words stand in what is no markup: comments,
//! scripts, text. The parser is the Worker's, lol_html, without its strict mode: what is ambiguous is looked at, too.

use std::{cell::RefCell, ops::Range, rc::Rc};

use encoding_rs::Encoding;
use lol_html::{
    AsciiCompatibleEncoding, HandlerResult, HtmlRewriter, Settings, doc_comments, doc_text,
    element,
    html_content::{Comment, Element, SourceLocation, TextChunk, TextType},
};
use memchr::memmem;

/// What all marks begin with.
pub const PREFIX: &str = "data-cdp-";

/// An attribute that is a mark, or looks like one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Name of its element.
    pub element: String,
    /// The element's start tag.
    pub tag: Range<usize>,
    /// In lower case.
    pub name: String,
    /// Where the name stands.
    pub name_at: Range<usize>,
    /// Character references decoded, white space around it left out.
    pub value: String,
    /// Where the value stands, without quotes.
    pub value_at: Option<Range<usize>>,
    /// Offset after all of it.
    pub end: usize,
}

impl Attribute {
    /// Name and value, quotes included.
    #[must_use]
    pub fn whole(&self) -> Range<usize> {
        self.name_at.start..self.end
    }
}

/// What is no markup, although it looks so in an editor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hidden {
    /// `a comment`, `a <textarea>` …
    pub inside: String,
    /// Whether it is where scripts and remarks are, and may well be meant so.
    pub silent: bool,
    /// The word.
    pub at: Range<usize>,
}

/// An element that lol_html saw from its start to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// Offset of its start tag.
    pub start: usize,
    /// Offset after its end; of the document's where it is never closed.
    pub end: usize,
    /// Whether it is a `<template>`.
    pub template: bool,
}

/// What was seen.
#[derive(Debug, Default)]
pub struct Inventory {
    /// Marks, in document order.
    pub attributes: Vec<Attribute>,
    /// What looks like marks in other places.
    pub hidden: Vec<Hidden>,
    /// Templates, and elements marked as components.
    pub spans: Vec<Span>,
    /// `<meta http-equiv="content-security-policy" content>`.
    pub policies: Vec<String>,
    /// `<a href>` that may be followed.
    pub links: Vec<String>,
}

#[derive(Default)]
struct Seen {
    inventory: Inventory,
    /// Name of the last start tag: whose text is coming.
    last: String,
    /// Ranges that are no markup, by what they are in.
    opaque: Vec<(String, bool, Range<usize>)>,
}

/// Looks through a document.
#[must_use]
pub fn look(bytes: &[u8], encoding: &'static Encoding) -> Inventory {
    let seen = Rc::new(RefCell::new(Seen::default()));
    let (elements, comments, texts) = (Rc::clone(&seen), Rc::clone(&seen), Rc::clone(&seen));
    let mut settings = Settings::new()
        .with_strict(false)
        .append_element_content_handler(element!("*", move |element| note_element(
            element, &elements
        )))
        .append_document_content_handler(doc_comments!(move |comment| {
            note_comment(comment, &mut comments.borrow_mut());
            Ok(())
        }))
        .append_document_content_handler(doc_text!(move |text| {
            note_text(text, &mut texts.borrow_mut());
            Ok(())
        }));
    if let Some(encoding) = AsciiCompatibleEncoding::new(encoding) {
        settings = settings.with_encoding(encoding);
    }
    let mut rewriter = HtmlRewriter::new(settings, |_: &[u8]| {});
    // Beyond the parser's memory nothing is seen: the Worker sees nothing there, either.
    if rewriter.write(bytes).is_ok() {
        let _ = rewriter.end();
    }
    let mut seen = seen.take();
    let end = bytes.len();
    for span in &mut seen.inventory.spans {
        if span.end == 0 {
            span.end = end;
        }
    }
    for mark in &mut seen.inventory.attributes {
        let quote = mark
            .value_at
            .as_ref()
            .and_then(|value| bytes.get(value.start.checked_sub(1)?));
        let is_quoted = quote.is_some_and(|quote| {
            matches!(quote, b'"' | b'\'') && bytes.get(mark.end) == Some(quote)
        });
        mark.end += usize::from(is_quoted);
    }
    seen.find_hidden(bytes);
    seen.inventory
}

impl Inventory {
    /// The mark `name` of the start tag at `tag`.
    #[must_use]
    pub fn mark(&self, tag: usize, name: &str) -> Option<&Attribute> {
        self.attributes
            .iter()
            .find(|attribute| attribute.tag.start == tag && attribute.name == name)
    }

    /// Start of the innermost `<template>` around `at` of which `but` is not true.
    #[must_use]
    pub fn template_around(&self, at: usize, but: impl Fn(usize) -> bool) -> Option<&Span> {
        let around = self
            .spans
            .iter()
            .filter(|span| span.template && span.start < at && at < span.end);
        around.filter(|span| !but(span.start)).last()
    }
}

impl Seen {
    fn add_opaque(&mut self, inside: &str, silent: bool, range: Range<usize>) {
        // Text comes in pieces; a word may stand across two.
        if let Some((last, _, before)) = self.opaque.last_mut()
            && last == inside
            && before.end == range.start
        {
            before.end = range.end;
        } else {
            self.opaque.push((inside.to_owned(), silent, range));
        }
    }

    fn find_hidden(&mut self, bytes: &[u8]) {
        for (inside, silent, range) in &self.opaque {
            let lower = bytes
                .get(range.clone())
                .unwrap_or_default()
                .to_ascii_lowercase();
            for at in memmem::find_iter(&lower, PREFIX) {
                let length = lower[at..]
                    .iter()
                    .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
                    .count();
                let start = range.start + at;
                self.inventory.hidden.push(Hidden {
                    inside: inside.clone(),
                    silent: *silent,
                    at: start..start + length,
                });
            }
        }
        self.inventory.hidden.sort_by_key(|hidden| hidden.at.start);
    }
}

fn note_element(element: &mut Element<'_, '_>, shared: &Rc<RefCell<Seen>>) -> HandlerResult {
    let name = element.tag_name();
    let tag = bytes_of(element.source_location());
    let mut component = false;
    let mut seen = shared.borrow_mut();
    for attribute in element.attributes() {
        let found = attribute.name();
        if !is_near(&found) {
            continue;
        }
        component |= matches!(
            found.as_str(),
            "data-cdp-experience" | "data-cdp-experiment" | "data-cdp-guest"
        );
        let value = html_escape::decode_html_entities(attribute.value().trim()).into_owned();
        let name_at = attribute
            .name_source_location()
            .map_or(tag.clone(), bytes_of);
        let value_at = attribute
            .value_source_location()
            .map(bytes_of)
            .filter(|at| !at.is_empty());
        seen.inventory.attributes.push(Attribute {
            end: value_at.as_ref().map_or(name_at.end, |value| value.end),
            element: name.clone(),
            tag: tag.clone(),
            name: found,
            name_at,
            value,
            value_at,
        });
    }
    note_links(element, &name, &mut seen.inventory);
    let template = name == "template";
    if (template || component) && element.can_have_content() {
        let index = seen.inventory.spans.len();
        seen.inventory.spans.push(Span {
            start: tag.start,
            end: 0,
            template,
        });
        let shared = Rc::clone(shared);
        element.on_end_tag(Box::new(move |end| {
            let at = end.source_location().bytes().end;
            if let Some(span) = shared.borrow_mut().inventory.spans.get_mut(index) {
                span.end = at;
            }
            Ok(())
        }))?;
    }
    seen.last = name;
    Ok(())
}

fn note_links(element: &Element<'_, '_>, name: &str, inventory: &mut Inventory) {
    let attribute = |name: &str| {
        let value = element.get_attribute(name)?;
        Some(html_escape::decode_html_entities(value.trim()).into_owned())
    };
    match name {
        "a" => {
            let follow = !attribute("rel")
                .unwrap_or_default()
                .to_ascii_lowercase()
                .contains("nofollow");
            inventory.links.extend(attribute("href").filter(|_| follow));
        }
        "meta" => {
            let is_policy = attribute("http-equiv")
                .is_some_and(|name| name.eq_ignore_ascii_case("content-security-policy"));
            inventory
                .policies
                .extend(attribute("content").filter(|_| is_policy));
        }
        _ => {}
    }
}

/// A mark, or something that a slip of the pen made of one.
fn is_near(name: &str) -> bool {
    name.starts_with(PREFIX) || after_slip(name).is_some()
}

/// What follows the prefix of a name in which that is misspelt: one letter too many, too few, another, or two swapped.
#[must_use]
pub fn after_slip(name: &str) -> Option<&str> {
    let lengths = PREFIX.len() - 1..=PREFIX.len() + 1;
    lengths.into_iter().find_map(|length| {
        let (start, rest) = name.split_at_checked(length)?;
        let near = start.starts_with("data") && strsim::osa_distance(start, PREFIX) == 1;
        (near && start.ends_with(['-', '_']) && !rest.is_empty()).then_some(rest)
    })
}

fn note_comment(comment: &Comment<'_>, seen: &mut Seen) {
    seen.add_opaque("a comment", true, bytes_of(comment.source_location()));
}

fn note_text(text: &TextChunk<'_>, seen: &mut Seen) {
    let silent = match text.text_type() {
        TextType::Data | TextType::CDataSection => return,
        TextType::ScriptData => true,
        TextType::PlainText | TextType::RCData | TextType::RawText => seen.last == "style",
    };
    let inside = format!("a <{}>", seen.last);
    seen.add_opaque(&inside, silent, bytes_of(text.source_location()));
}

fn bytes_of(location: SourceLocation) -> Range<usize> {
    location.bytes()
}

#[cfg(test)]
mod tests {
    use encoding_rs::UTF_8;

    use super::*;

    #[test]
    fn marks_have_their_positions_and_decoded_values() {
        let page = br#"<p DATA-CDP-Text="/a&amp;b" data-cdp-if=/c  data-cdp-x>"#;
        let found = look(page, UTF_8).attributes;
        let whole: Vec<_> = found
            .iter()
            .map(|mark| (mark.name.as_str(), mark.value.as_str(), &page[mark.whole()]))
            .collect();
        assert_eq!(
            whole,
            [
                ("data-cdp-text", "/a&b", &b"DATA-CDP-Text=\"/a&amp;b\""[..]),
                ("data-cdp-if", "/c", b"data-cdp-if=/c"),
                ("data-cdp-x", "", b"data-cdp-x"),
            ]
        );
    }

    #[test]
    fn what_is_no_markup_is_told_apart() {
        let page = b"<!-- <p data-cdp-text> --><script>'data-cdp-goal'</script><style>[DATA-cdp-if]{}</style>\
            <textarea><p data-cdp-a></textarea><noscript><i data-cdp-b></noscript><title>data-cdp-c</title>data-cdp-d";
        let hidden: Vec<_> = look(page, UTF_8)
            .hidden
            .into_iter()
            .map(|hidden| (hidden.inside, hidden.silent, hidden.at.len()))
            .collect();
        let expected = [
            ("a comment", true, 13),
            ("a <script>", true, 13),
            ("a <style>", true, 11),
            ("a <textarea>", false, 10),
            ("a <noscript>", false, 10),
            ("a <title>", false, 10),
        ];
        assert_eq!(
            hidden,
            expected.map(|(inside, silent, len)| (inside.to_owned(), silent, len))
        );
    }

    #[test]
    fn slips_in_the_prefix_are_seen() {
        let page = b"<p data-cpd-text=/a data-cdp_text=/a data-cd-text=/a data-cdpp-if=/a data-card-text=/a dta-cdp-if data-cache-x>";
        let names: Vec<_> = look(page, UTF_8)
            .attributes
            .into_iter()
            .map(|mark| mark.name)
            .collect();
        assert_eq!(
            names,
            [
                "data-cpd-text",
                "data-cdp_text",
                "data-cd-text",
                "data-cdpp-if"
            ]
        );
    }

    #[test]
    fn templates_and_components_have_an_extent() {
        let page = b"<template><i></i></template><div data-cdp-guest><b>";
        let spans = look(page, UTF_8).spans;
        assert_eq!(
            spans[0],
            Span {
                start: 0,
                end: 28,
                template: true
            }
        );
        assert_eq!(
            spans[1],
            Span {
                start: 28,
                end: page.len(),
                template: false
            }
        );
    }
}
