//! What a browser makes of a page: the judge is html5ever, which shares nothing with lol_html.
//!
//! In: bytes, read as Latin-1 so that every byte is one character. Out: the shape of the tree: elements, the names of
//! their attributes, comments and doctypes; no text and no values.

use std::{collections::BTreeMap, fmt::Write as _};

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

/// The same of a page that is text already.
pub fn shape_of(page: &str) -> String {
    let mut out = String::new();
    let dom = parse_document(RcDom::default(), options()).one(page);
    write_shape(&dom.document, 0, &|_| false, &mut out);
    out
}

/// [`shape_of`] and [`values`] at once.
pub fn shape_and_values(page: &str) -> (String, BTreeMap<String, String>) {
    let dom = parse_document(RcDom::default(), options()).one(page);
    let mut shape = String::new();
    write_shape(&dom.document, 0, &|_| false, &mut shape);
    (shape, values_in(&dom.document))
}

/// What the elements of `page` that have an `id` hold: their text by that id, and each attribute by the id and its name.
pub fn values(page: &str) -> BTreeMap<String, String> {
    values_in(
        &parse_document(RcDom::default(), options())
            .one(page)
            .document,
    )
}

fn values_in(document: &Handle) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    each(document, &mut |node| {
        let (NodeData::Element { attrs, .. }, Some(id)) = (&node.data, attribute(node, "id"))
        else {
            return;
        };
        for attr in attrs.borrow().iter() {
            let place = format!("{id} {}", attr.name.local);
            found.insert(place, attr.value.to_string());
        }
        found.insert(id, text(node));
    });
    found
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

/// The attribute `name` of the element whose `id` is `id`, in a page of text.
pub fn attribute_of(page: &str, id: &str, name: &str) -> Option<String> {
    let dom = parse_document(RcDom::default(), options()).one(page);
    let mut found = None;
    each(&dom.document, &mut |node| {
        if found.is_none() && attribute(node, "id").is_some_and(|own| own == id) {
            found = attribute(node, name);
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

/// Elements and texts of `page` as a browser has them, one a line; the content of the elements that have the attribute `own`
/// is `content` instead, where that is given. Formatting elements are left out, as in [`place`]; so are attributes.
pub fn outline(page: &[u8], own: &str, content: Option<&str>) -> String {
    fn visit(node: &Handle, own: &str, content: Option<&str>, lines: &mut Vec<(bool, String)>) {
        if let NodeData::Text { contents } = &node.data {
            return put(lines, &contents.borrow());
        }
        let is_own = attribute(node, own).is_some();
        let name = element_name(node).filter(|name| is_own || !FORMATTING.contains(&name.as_str()));
        if let Some(name) = &name {
            lines.push((
                false,
                format!("<{name}{}>", if is_own { " own" } else { "" }),
            ));
        }
        match content {
            Some(content) if is_own => put(lines, content),
            _ => {
                if let NodeData::Element {
                    template_contents, ..
                } = &node.data
                    && let Some(contents) = &*template_contents.borrow()
                {
                    visit(contents, own, content, lines);
                }
                for child in node.children.borrow().iter() {
                    visit(child, own, content, lines);
                }
            }
        }
        if let Some(name) = name {
            lines.push((false, format!("</{name}>")));
        }
    }
    fn put(lines: &mut Vec<(bool, String)>, text: &str) {
        match lines.last_mut() {
            Some((true, before)) => before.push_str(text),
            _ => lines.push((true, text.to_owned())),
        }
    }
    let mut lines = Vec::new();
    visit(&parse(page).document, own, content, &mut lines);
    let lines: Vec<String> = lines.into_iter().map(|(_, line)| line).collect();
    lines.join("\n")
}

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
