//! Where elements begin and end, according to html5ever: the independent judge of what the locator finds.
//!
//! In: a page. Out: byte ranges of start tags and of the end tags that end those very elements. Tags are told apart
//! by feeding one byte at a time; whose end tag is whose is read from the finished tree, through comments that are
//! slipped in before and after every end tag: the first must be the last thing inside its element, the second stand
//! right after it.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    ops::Range,
};

use html5ever::{
    Attribute, LocalName, QualName,
    buffer_queue::BufferQueue,
    ns,
    tendril::StrTendril,
    tokenizer::{Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts},
    tree_builder::TreeBuilder,
};
use markup5ever_rcdom::{Handle, NodeData, RcDom};

use super::dom;

/// An element with both tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// Lower case.
    pub name: String,
    /// Not of SVG or MathML.
    pub is_html: bool,
    /// From `<` to after `>`.
    pub start_tag: Range<usize>,
    /// From `</` to after `>`.
    pub end_tag: Range<usize>,
}

/// The elements of `page` that have a start and an end tag of their own, in document order; none from templates.
pub fn elements(page: &[u8]) -> Vec<Element> {
    let mut elements = start_tags(page).elements;
    elements.retain(|element| !element.end_tag.is_empty());
    elements
}

/// Everything that begins in a page.
#[derive(Clone, Debug, Default)]
pub struct StartTags {
    /// The elements that have one start tag, in document order; none from templates. `end_tag` is empty where an element is
    /// not ended by an end tag of its own.
    pub elements: Vec<Element>,
    /// Start tags, by their ranges, that made several elements or none, or stand in a template.
    pub others: Vec<Range<usize>>,
}

/// What begins in `page`.
pub fn start_tags(page: &[u8]) -> StartTags {
    let recorder = Recorder {
        builder: TreeBuilder::new(RcDom::default(), dom::options().tree_builder),
        page,
        fed: Cell::new(0),
        told: Cell::new(0),
        in_text: Cell::new(false),
        tags: RefCell::default(),
    };
    let tokenizer = Tokenizer::new(recorder, TokenizerOpts::default());
    let input = BufferQueue::default();
    for byte in page {
        tokenizer.sink.fed.set(tokenizer.sink.fed.get() + 1);
        input.push_back(StrTendril::from_char(char::from(*byte)));
        while !input.is_empty() {
            let _ = tokenizer.feed(&input);
        }
    }
    tokenizer.end();
    let tags = tokenizer.sink.tags.take();
    let dom = tokenizer.sink.builder.sink;
    let elements = paired(page, &dom.document, &tags);
    let is_other = |range: &Range<usize>| {
        let known = |element: &Element| element.start_tag == *range;
        page.get(range.start + 1) != Some(&b'/') && !elements.iter().any(known)
    };
    let others = tags.into_iter().flatten().filter(is_other).collect();
    StartTags { elements, others }
}

const NUMBER: &str = "data-slicer-number";

struct Recorder<'p> {
    builder: TreeBuilder<Handle, RcDom>,
    page: &'p [u8],
    /// Bytes given to the tokenizer.
    fed: Cell<usize>,
    /// Bytes that tokens have told about.
    told: Cell<usize>,
    /// Inside an element whose content is text.
    in_text: Cell<bool>,
    /// Range of each tag, by its number; `None` where it could not be found in the page.
    tags: RefCell<Vec<Option<Range<usize>>>>,
}

impl Recorder<'_> {
    /// The `<` of the tag that ended just now; what was not told about begins with it, but for a skipped line feed
    /// before it or a character that was looked at twice.
    fn range(&self, tag: &Tag) -> Option<Range<usize>> {
        let slash = usize::from(tag.kind == TagKind::EndTag);
        let is_start = |at: &usize| {
            let name = self
                .page
                .get(at + 1 + slash..at + 1 + slash + tag.name.len());
            self.page[*at] == b'<'
                && name.is_some_and(|n| n.eq_ignore_ascii_case(tag.name.as_bytes()))
        };
        let first = self.told.get().saturating_sub(1);
        let start = (first..self.fed.get()).find(is_start)?;
        Some(start..self.fed.get())
    }

    fn comment(&self, text: String) {
        let comment = Token::CommentToken(StrTendril::from(text));
        let _ = self.builder.process_token(comment, 1);
    }
}

impl TokenSink for Recorder<'_> {
    type Handle = Handle;

    fn process_token(&self, mut token: Token, line: u64) -> TokenSinkResult<Handle> {
        let mut ended = None;
        if let Token::TagToken(tag) = &mut token {
            let number = self.tags.borrow().len();
            let range = self.range(tag);
            self.tags.borrow_mut().push(range);
            if tag.kind == TagKind::StartTag {
                tag.attrs.push(Attribute {
                    name: QualName::new(None, ns!(), LocalName::from(NUMBER)),
                    value: StrTendril::from(number.to_string()),
                });
            } else if !self.in_text.take() {
                self.comment(format!("before {number}"));
                ended = Some(number);
            }
        }
        let is_tag = matches!(token, Token::TagToken(_));
        let result = self.builder.process_token(token, line);
        if is_tag {
            let text = matches!(
                result,
                TokenSinkResult::RawData(_) | TokenSinkResult::Plaintext
            );
            self.in_text.set(text);
        }
        if let Some(number) = ended {
            self.comment(format!("after {number}"));
        }
        self.told.set(self.fed.get());
        result
    }

    fn end(&self) {
        self.builder.end();
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
        self.builder
            .adjusted_current_node_present_but_not_in_html_namespace()
    }
}

fn paired(page: &[u8], document: &Handle, tags: &[Option<Range<usize>>]) -> Vec<Element> {
    let mut found: HashMap<usize, Vec<Element>> = HashMap::new();
    visit(document, tags, &mut found);
    let mut elements: Vec<Element> = found
        .into_values()
        // Adoption makes several elements of one start tag: whose end tag is whose is then anybody's guess.
        .filter(|elements| elements.len() == 1)
        .flatten()
        .collect();
    for element in &mut elements {
        // A heading may be ended by the end tag of another.
        let name = page.get(element.end_tag.start + 2..).unwrap_or_default();
        let name = name.get(..element.name.len()).unwrap_or_default();
        if !name.eq_ignore_ascii_case(element.name.as_bytes()) {
            element.end_tag = 0..0;
        }
    }
    elements.sort_by_key(|element| element.start_tag.start);
    elements
}

fn visit(node: &Handle, tags: &[Option<Range<usize>>], found: &mut HashMap<usize, Vec<Element>>) {
    let children = node.children.borrow();
    for (index, child) in children.iter().enumerate() {
        let number = dom::attribute(child, NUMBER).and_then(|number| number.parse().ok());
        if let (Some(number), NodeData::Element { name, .. }) = (number, &child.data) {
            let closed = children
                .get(index + 1)
                .and_then(|next| mark(next, "after "));
            let end = closed.filter(|end| last_mark(child) == Some(*end));
            let end_tag = end.and_then(|end| tags[end].clone());
            if let Some(start_tag) = &tags[number] {
                found.entry(number).or_default().push(Element {
                    name: name.local.to_string(),
                    is_html: name.ns == ns!(html),
                    start_tag: start_tag.clone(),
                    end_tag: end_tag.unwrap_or_default(),
                });
            }
        }
        visit(child, tags, found);
    }
}

/// The number in the comment at the very end of what is inside `node`, however deep.
fn last_mark(node: &Handle) -> Option<usize> {
    let children = node.children.borrow();
    let last = children.last()?;
    mark(last, "before ").or_else(|| last_mark(last))
}

/// The number in a comment that was slipped in.
fn mark(node: &Handle, what: &str) -> Option<usize> {
    match &node.data {
        NodeData::Comment { contents } => contents.strip_prefix(what)?.parse().ok(),
        _ => None,
    }
}
