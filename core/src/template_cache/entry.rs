//! What is kept of a page: its bytes and parts, and what XM said with them.
//!
//! In: a page that may be kept. Out: an [`Entry`], whose page is shared by whoever renders it, and by the entry that replaces it
//! when XM says that nothing has changed.

use std::rc::Rc;

use encoding_rs::Encoding;

use super::{Fingerprint, Lifetime, Storable, fingerprint};
use crate::template::{
    AttributeBinding, Component, Element, FailedComponent, IgnoredMark, Node, StartTag, Template,
    Variant,
};

/// A kept page.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The page itself.
    pub page: Rc<Page>,
    /// XM's headers in order, as they are kept: names in lower case; without those of the connection, `Age` and stripped cookies.
    pub headers: Vec<(String, String)>,
    /// For how long it counts.
    pub lifetime: Lifetime,
    /// The path that was asked for, without query: what purges name.
    pub path: String,
}

/// A page's bytes and parts; the same for as long as XM sends the same page.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// Bytes and parts.
    pub template: Rc<Template>,
    /// The charset with which it was compiled.
    pub encoding: &'static Encoding,
    /// Tells whether another body is the same page.
    pub fingerprint: Fingerprint,
}

impl Page {
    /// A page that was compiled.
    #[must_use]
    pub fn new(template: Template, encoding: &'static Encoding) -> Self {
        let fingerprint = fingerprint(&template.body);
        Self {
            template: Rc::new(template),
            encoding,
            fingerprint,
        }
    }

    /// Whether `body` is this page again: then its parts need not be found anew.
    #[must_use]
    pub fn is_same(&self, body: &[u8], encoding: &'static Encoding) -> bool {
        // Parts are ranges: they fit a body only of the same length.
        self.encoding == encoding
            && self.template.body.len() == body.len()
            && self.fingerprint == fingerprint(body)
    }
}

impl Entry {
    /// An entry of `page`, as [`storing`](super::storing) allows it.
    #[must_use]
    pub fn new(page: Rc<Page>, storable: Storable, path: String) -> Self {
        Self {
            page,
            headers: storable.headers,
            lifetime: storable.lifetime,
            path,
        }
    }
}

/// What allocating a value takes besides the value itself.
const ALLOCATION: usize = 32;

impl Entry {
    /// Bytes of memory that the entry takes, roughly.
    #[must_use]
    pub fn weight(&self) -> usize {
        let template = &self.page.template;
        let headers: usize = self
            .headers
            .iter()
            .map(|(name, value)| name.len() + value.len() + 3 * ALLOCATION)
            .sum();
        let parts = &template.parts;
        size_of::<Self>()
            + size_of::<Page>()
            + size_of::<Template>()
            + self.path.len()
            + headers
            + template.body.capacity()
            + parts.failed.len() * (size_of::<FailedComponent>() + ALLOCATION)
            + parts.bad_marks.len() * size_of::<IgnoredMark>()
            + weight_of(&parts.nodes)
    }
}

/// Bytes of nodes and everything below them. Names and pointers are short: they count as what allocating them takes.
fn weight_of(nodes: &[Node]) -> usize {
    let tag = |tag: &StartTag| {
        ALLOCATION + tag.attributes.len() * (size_of::<AttributeBinding>() + 2 * ALLOCATION)
    };
    let below = |node: &Node| match node {
        Node::Bytes(_) | Node::Variant(..) => 0,
        Node::Component(component) => {
            let variants = component.variants.iter();
            let variants = variants
                .map(|variant| size_of::<Variant>() + ALLOCATION + weight_of(&variant.content));
            size_of::<Component>()
                + 4 * ALLOCATION
                + tag(&component.tag)
                + weight_of(&component.content)
                + variants.sum::<usize>()
        }
        Node::Element(element) => {
            size_of::<Element>() + 3 * ALLOCATION + tag(&element.tag) + weight_of(&element.content)
        }
        Node::Tag(bound) => size_of::<StartTag>() + ALLOCATION + tag(bound),
    };
    size_of_val(nodes) + nodes.iter().map(below).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use encoding_rs::{UTF_8, WINDOWS_1252};

    use crate::template_cache::fixture::entry;

    #[test]
    fn a_page_is_the_same_only_byte_by_byte_but_for_the_time_of_its_render() {
        let before = |at: &str| format!("<meta name=\"VIcurrentDateTime\" content=\"{at}\" /><p>x");
        let page = entry(before("636606411694869466").as_bytes(), &[]).page;
        let is_same = |body: &str| page.is_same(body.as_bytes(), UTF_8);
        assert!(is_same(&before("636606411694869466")));
        assert!(is_same(&before("636606411694869467")));
        assert!(
            !is_same(&before("63660641169486946")),
            "the parts are elsewhere"
        );
        assert!(!is_same(
            &before("636606411694869466").replace("<p>x", "<p>y")
        ));
        let body = before("636606411694869466");
        assert!(!page.is_same(body.as_bytes(), WINDOWS_1252));
    }
}
