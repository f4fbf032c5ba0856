//! What a browser makes of a page: the judge is html5ever, which shares nothing with lol_html.
//!
//! In: bytes, read as Latin-1 so that every byte is one character. Out: the shape of the tree: elements, the names of
//! their attributes, comments and doctypes; no text and no values.

use std::fmt::Write as _;

use html5ever::{ParseOpts, parse_document, tendril::TendrilSink, tree_builder::TreeBuilderOpts};
use markup5ever_rcdom::{Handle, NodeData, RcDom};

/// Parser options of a browser that runs scripts.
pub fn options() -> ParseOpts {
    ParseOpts {
        tree_builder: TreeBuilderOpts {
            scripting_enabled: true,
            ..TreeBuilderOpts::default()
        },
        ..ParseOpts::default()
    }
}

/// The tree of `page`.
pub fn parse(page: &[u8]) -> RcDom {
    let text: String = page.iter().copied().map(char::from).collect();
    parse_document(RcDom::default(), options()).one(text)
}

/// The shape of `page`'s tree as text, one node a line.
pub fn shape(page: &[u8]) -> String {
    let mut out = String::new();
    let dom = parse(page);
    write_shape(&dom.document, 0, &|_| false, &mut out);
    out
}

/// The shape of `page`'s tree without what is inside elements that have the attribute `data-host`.
pub fn shape_around(page: &[u8]) -> String {
    let mut out = String::new();
    let dom = parse(page);
    let is_host = |node: &Handle| attribute(node, "data-host").is_some();
    write_shape(&dom.document, 0, &is_host, &mut out);
    out
}

/// The shape of `page`'s tree without the elements that have the attribute `own`, and all the text outside of them.
pub fn shape_without(page: &[u8], own: &str) -> String {
    let dom = parse(page);
    let mut owned = Vec::new();
    each(&dom.document, &mut |node| {
        let kept = |child: &Handle| attribute(child, own).is_none();
        let parts = node.children.replace(Vec::new());
        let (stay, go): (Vec<_>, Vec<_>) = parts.into_iter().partition(kept);
        node.children.replace(stay);
        owned.extend(go);
    });
    let mut out = String::new();
    write_shape(&dom.document, 0, &|_| false, &mut out);
    out + &text(&dom.document)
}

/// Of every element that has the attribute `own`, in tree order: the names around it from the root, and whether it is the
/// first thing there, white space apart.
pub fn places(page: &[u8], own: &str) -> Vec<(Vec<String>, bool)> {
    fn visit(
        node: &Handle,
        own: &str,
        path: &mut Vec<String>,
        found: &mut Vec<(Vec<String>, bool)>,
    ) {
        let name = element_name(node);
        path.extend(name.clone());
        let mut first = true;
        for child in node.children.borrow().iter() {
            if attribute(child, own).is_some() {
                found.push((path.clone(), first));
            }
            visit(child, own, path, found);
            first &= matches!(child.data, NodeData::Text { .. }) && text(child).trim().is_empty();
        }
        if name.is_some() {
            path.pop();
        }
    }
    let mut found = Vec::new();
    visit(&parse(page).document, own, &mut Vec::new(), &mut found);
    found
}

/// Text and `title` of the element whose `id` is `sink`.
pub fn sink(page: &str) -> Option<(String, String)> {
    let dom = parse_document(RcDom::default(), options()).one(page);
    let mut found = None;
    each(&dom.document, &mut |node| {
        if attribute(node, "id").is_some_and(|id| id == "sink") {
            found = Some((text(node), attribute(node, "title").unwrap_or_default()));
        }
    });
    found
}

/// Every element of `page` named `name`, in tree order.
pub fn count(page: &[u8], name: &str) -> usize {
    let dom = parse(page);
    let mut count = 0;
    each(&dom.document, &mut |node| {
        count += usize::from(element_name(node).is_some_and(|found| found == name));
    });
    count
}

/// The names around the first element named `name`, from the root; none where there is no such element. Formatting
/// elements are left out: one that is not closed leaks out of its parent, and no longer does when it is replaced.
pub fn place(page: &[u8], name: &str) -> Option<Vec<String>> {
    let dom = parse(page);
    let mut path = Vec::new();
    find(&dom.document, name, &mut path).then_some(path)
}

fn find(node: &Handle, name: &str, path: &mut Vec<String>) -> bool {
    let own = element_name(node);
    if own.as_deref() == Some(name) {
        return true;
    }
    let own = own.filter(|own| !FORMATTING.contains(&own.as_str()));
    path.extend(own.clone());
    let found = node
        .children
        .borrow()
        .iter()
        .any(|child| find(child, name, path));
    if own.is_some() && !found {
        path.pop();
    }
    found
}

const FORMATTING: [&str; 14] = [
    "a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u",
];

/// Calls `on` for `node` and everything below it, template contents included.
pub fn each(node: &Handle, on: &mut impl FnMut(&Handle)) {
    on(node);
    if let NodeData::Element {
        template_contents, ..
    } = &node.data
        && let Some(contents) = &*template_contents.borrow()
    {
        each(contents, on);
    }
    for child in node.children.borrow().iter() {
        each(child, on);
    }
}

/// Name of an element; `None` for other nodes.
pub fn element_name(node: &Handle) -> Option<String> {
    match &node.data {
        NodeData::Element { name, .. } => Some(name.local.to_string()),
        _ => None,
    }
}

/// Value of an element's attribute.
pub fn attribute(node: &Handle, name: &str) -> Option<String> {
    let NodeData::Element { attrs, .. } = &node.data else {
        return None;
    };
    let attrs = attrs.borrow();
    let found = attrs.iter().find(|attr| &*attr.name.local == name)?;
    Some(found.value.to_string())
}

/// All text below `node`, joined.
pub fn text(node: &Handle) -> String {
    let mut out = String::new();
    each(node, &mut |node| {
        if let NodeData::Text { contents } = &node.data {
            out.push_str(&contents.borrow());
        }
    });
    out
}

fn write_shape(node: &Handle, depth: usize, is_closed: &dyn Fn(&Handle) -> bool, out: &mut String) {
    let line = match &node.data {
        NodeData::Element { name, attrs, .. } => {
            let attrs = attrs.borrow();
            let names: Vec<&str> = attrs.iter().map(|attr| &*attr.name.local).collect();
            Some(format!("<{} {}>", name.local, names.join(" ")))
        }
        NodeData::Comment { .. } => Some("<!---->".to_owned()),
        NodeData::Doctype { name, .. } => Some(format!("<!{name}>")),
        NodeData::ProcessingInstruction { .. } => Some("<?>".to_owned()),
        NodeData::Text { .. } | NodeData::Document => None,
    };
    if let Some(line) = line {
        let _ = writeln!(out, "{:depth$}{line}", "");
    }
    if is_closed(node) {
        return;
    }
    if let NodeData::Element {
        template_contents, ..
    } = &node.data
        && let Some(contents) = &*template_contents.borrow()
    {
        write_shape(contents, depth + 1, is_closed, out);
    }
    for child in node.children.borrow().iter() {
        write_shape(child, depth + 1, is_closed, out);
    }
}
