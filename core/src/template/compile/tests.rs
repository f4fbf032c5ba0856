//! The nodes of a document are the document: without gap, overlap or anything of it twice.

use encoding_rs::UTF_8;
use proptest::{collection::vec, prelude::*, sample::select};

use super::*;
use crate::template::{Component, StartTag};

struct Compiled {
    nodes: Vec<Node>,
    failed: Vec<FailedComponent>,
    len: usize,
}

/// Compiles `bytes` in chunks; the document ends there, or is cut off.
fn compiled(bytes: &[u8], look: Look, size: usize, complete: bool) -> Compiled {
    let mut source = Source::default();
    let mut compiler = Compiler::new(CompileOptions {
        guest: true,
        look,
        places: false,
        encoding: UTF_8,
    });
    let mut readable = true;
    let mut nodes = Vec::new();
    for chunk in bytes.chunks(size) {
        source.push(chunk);
        readable = readable && compiler.write(chunk, &source).is_ok();
        nodes.append(&mut compiler.take_nodes());
    }
    if readable && complete {
        readable = compiler.end(&source).is_ok();
    } else if readable {
        compiler.abandon(Failure::OriginTruncated, source.end());
    }
    nodes.append(&mut compiler.take_nodes());
    let end = nodes.last().map_or(0, |node| node.range().end);
    if !readable {
        // What came after the unreadable place is the caller's to pass on.
        append(&mut nodes, Node::Bytes(Range::new(end, bytes.len())));
    }
    Compiled {
        nodes,
        failed: compiler.take_failed(),
        len: bytes.len(),
    }
}

fn assert_tiles(nodes: &[Node], from: usize, to: usize) {
    let end = nodes.iter().fold(from, |at, node| {
        let range = node.range();
        assert_eq!(range.start, at, "a gap or an overlap before {node:?}");
        match node {
            Node::Bytes(_) => {}
            Node::Component(component) => assert_component(component),
            Node::Element(element) => {
                assert_start_tag(&element.tag);
                let content = (element.tag.range.end, element.end_tag.start);
                assert_tiles(&element.content, content.0, content.1);
            }
            Node::Tag(tag) => assert_start_tag(tag),
            Node::Variant(..) => assert!(!range.is_empty()),
        }
        range.end
    });
    assert_eq!(end, to, "the last node ends where its parent does");
}

fn assert_component(component: &Component) {
    assert_start_tag(&component.tag);
    assert!(!component.end_tag.is_empty());
    assert_tiles(
        &component.content,
        component.tag.range.end,
        component.end_tag.start,
    );
    let mut at = component.tag.range.end;
    for variant in &component.variants {
        let (Some(first), Some(last)) = (variant.content.first(), variant.content.last()) else {
            continue;
        };
        let (start, end) = (first.range().start, last.range().end);
        assert!(at < start && end < component.end_tag.start);
        assert_tiles(&variant.content, start, end);
        at = end;
    }
}

fn assert_start_tag(tag: &StartTag) {
    assert!(tag.range.start < tag.insert_at && tag.insert_at < tag.range.end);
    for attribute in &tag.attributes {
        if let Some(authored) = attribute.authored {
            assert!(!authored.is_empty());
            assert!(tag.insert_at < authored.start && authored.end < tag.range.end);
        }
    }
}

/// Neighbouring bytes joined: where chunks end is no matter.
fn joined(nodes: Vec<Node>) -> Vec<Node> {
    let mut all = Vec::new();
    for node in nodes {
        append(&mut all, node);
    }
    all
}

fn document() -> impl Strategy<Value = String> {
    let pieces = [
        "<div data-cdp-experience=a>",
        "<p data-cdp-experience=b>",
        "<li data-cdp-experiment=c data-cdp-attr-title=/t title='x'>",
        "<span data-cdp-experience=''>",
        "<template data-cdp-variant=v>",
        "<template>",
        "<b data-cdp-text=/t>",
        "<i data-cdp-if=/i data-cdp-attr-alt=/t alt>",
        "<img data-cdp-if=/i>",
        "<a data-cdp-attr-href=/u href=x>",
        "<div>",
        "<p>",
        "<li>",
        "<table>",
        "</div>",
        "</p>",
        "</li>",
        "</span>",
        "</template>",
        "</b>",
        "</i>",
        "</a>",
        "</table>",
        "<select>",
        "<style>",
        "<!-- c -->",
        "text",
        "<body>",
        "é<",
    ];
    vec(select(pieces.to_vec()), 0..24).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nodes_tile_the_document(
        document in document(),
        size in 1..30_usize,
        look in select(vec![Look::Components, Look::Facts, Look::Fragment]),
        complete in any::<bool>(),
    ) {
        let compiled = compiled(document.as_bytes(), look, size, complete);
        assert_tiles(&compiled.nodes, 0, compiled.len);
    }

    #[test]
    fn nodes_do_not_depend_on_the_cutting(document in document(), size in 1..30_usize) {
        let whole = compiled(document.as_bytes(), Look::Components, usize::MAX, true);
        let cut = compiled(document.as_bytes(), Look::Components, size, true);
        prop_assert_eq!(joined(whole.nodes), joined(cut.nodes));
        prop_assert_eq!(whole.failed, cut.failed);
    }
}

/// The authored text of the only bound attribute in `tag`.
fn authored(tag: &str) -> Option<String> {
    let document = format!("<div data-cdp-experience=x>{tag}</div>");
    let compiled = compiled(document.as_bytes(), Look::Components, usize::MAX, true);
    let [Node::Component(component)] = &*compiled.nodes else {
        panic!("{tag}: {:?}", compiled.nodes);
    };
    let tag = component.content.iter().find_map(|node| match node {
        Node::Tag(tag) => Some(tag),
        _ => None,
    });
    let authored = tag?.attributes.first()?.authored?;
    document
        .get(authored.start..authored.end)
        .map(str::to_owned)
}

#[test]
fn an_authored_attribute_is_found_whole_however_it_is_written() {
    for written in [
        "alt=\"old\"",
        "alt='old'",
        "alt=old",
        "alt= old",
        "alt=o\"l'd",
        "ALT=old",
        "alt = \"old\"",
        "alt\n=\n'o>d'",
        "alt=\"\"",
        "alt=''",
        "alt= \"\"",
        "alt=",
        "alt =",
        "alt",
        "alt=\"'\"",
        "alt='\"'",
        "alt=\"a\"",
    ] {
        for after in ["", " ", " />", " src=1", "\n"] {
            // Without a value, what follows the space would be it.
            if written.ends_with('=') && after != " " && !after.is_empty() {
                continue;
            }
            let end = if after.ends_with('>') { "" } else { ">" };
            let tag = format!("<img data-cdp-attr-alt=/t {written}{after}{end}");
            assert_eq!(authored(&tag).as_deref(), Some(written), "{tag}");
        }
    }
    assert_eq!(authored("<img data-cdp-attr-alt=/t>"), None);
    assert_eq!(
        authored("<img data-cdp-attr-alt=/t data-alt=x alternative=y>"),
        None
    );
}

#[test]
fn components_have_the_numbers_of_their_start_tags() {
    let document = "<p data-cdp-experience=a>1</p><div data-cdp-experience=b><i data-cdp-experiment=c>2</i></div><u data-cdp-experience=d>3";
    let Compiled { nodes, failed, .. } = compiled(document.as_bytes(), Look::Components, 7, true);
    let ids: Vec<(u32, &str)> = nodes
        .iter()
        .filter_map(|node| match node {
            Node::Component(component) => {
                Some((component.id.0, component.asked.friendly_id()?.as_str()))
            }
            _ => None,
        })
        .collect();
    assert_eq!(ids, [(0, "a"), (1, "b")]);
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0].id, Some(ComponentId(3)));
    assert_eq!(failed[0].failure, Failure::NoEndTag);
}

#[test]
fn thousands_of_open_marks_cost_no_more_than_their_bytes() {
    // Each open mark is watched, and each element inside looked at by every watch.
    for tag in [
        "<span data-cdp-experience=x>",
        "<li data-cdp-experience=x><ul>",
        "<p data-cdp-text=/t><button>",
    ] {
        let document = format!("<b data-cdp-experience=y>{}", tag.repeat(6_000));
        let compiled = compiled(document.as_bytes(), Look::Components, 4096, true);
        assert_tiles(&compiled.nodes, 0, document.len());
    }
}

#[test]
fn what_stays_as_authored_is_told_by_the_place_of_its_start_tag() {
    let page = "<p data-cdp-experience='a b'></p><img data-cdp-experience=c><template data-cdp-experience=d></template>\
        <div data-cdp-experience=e><i data-cdp-text=x></i><b data-cdp-text=/y>";
    let mut source = Source::default();
    let mut compiler = Compiler::new(CompileOptions {
        guest: false,
        look: Look::Components,
        places: false,
        encoding: UTF_8,
    });
    for chunk in page.as_bytes().chunks(7) {
        source.push(chunk);
        compiler.write(chunk, &source).unwrap();
    }
    compiler.end(&source).unwrap();
    let tag = |at: usize| page.get(at..at + 4).unwrap();
    let mut failed: Vec<_> = compiler
        .take_failed()
        .into_iter()
        .map(|failed| (tag(failed.start), failed.failure))
        .collect();
    failed.sort_by_key(|(tag, _)| *tag);
    assert_eq!(
        failed,
        [
            ("<div", Failure::NoEndTag),
            ("<img", Failure::NoEndTag),
            ("<p d", Failure::BadFriendlyId),
            ("<tem", Failure::BadMark),
        ]
    );
    let bad: Vec<_> = compiler
        .take_bad_marks()
        .into_iter()
        .map(|mark| (tag(mark.tag), mark.reason))
        .collect();
    assert_eq!(
        bad,
        [
            ("<i d", BadMark::PointerSyntax),
            ("<b d", BadMark::NoEndTag)
        ]
    );
}

/// The marks of `page` that are ignored, by the first bytes of their tags.
fn ignored(page: &str) -> Vec<(&str, BadMark)> {
    let mut source = Source::default();
    let mut compiler = Compiler::new(CompileOptions {
        guest: false,
        look: Look::Components,
        places: false,
        encoding: UTF_8,
    });
    source.push(page.as_bytes());
    compiler.write(page.as_bytes(), &source).unwrap();
    compiler.end(&source).unwrap();
    let marks = compiler.take_bad_marks().into_iter();
    marks
        .map(|mark| (page.get(mark.tag..mark.tag + 4).unwrap(), mark.reason))
        .collect()
}

#[test]
fn an_element_that_has_no_content_takes_none_and_is_told_once() {
    let page = "<div data-cdp-experience=a><img data-cdp-text=/t><br data-cdp-html=/h><hr data-cdp-text=/t data-cdp-html=/h>\
        <wbr data-cdp-if=/i><p data-cdp-text=/t></p></div>";
    let no_end_tag = |tag| (tag, BadMark::NoEndTag);
    assert_eq!(ignored(page), ["<img", "<br ", "<hr "].map(no_end_tag));
}

#[test]
fn elements_whose_content_is_no_text_take_none() {
    let raw = |tag| (tag, BadMark::RawTextElement);
    let page = "<div data-cdp-experience=a><style data-cdp-text=/t></style><script data-cdp-html=/h></script>\
        <textarea data-cdp-html=/h></textarea><title data-cdp-text=/t></title><p data-cdp-html=/h></p></div>";
    assert_eq!(ignored(page), ["<sty", "<scr", "<tex"].map(raw));
}

#[test]
fn elements_without_marks_use_up_no_depth() {
    let page = format!(
        "<div data-cdp-experience=a>{}<b data-cdp-text=/t>x</b>{}</div>",
        "<div>".repeat(70),
        "</div>".repeat(70)
    );
    let Compiled { nodes, .. } = compiled(page.as_bytes(), Look::Components, 4096, true);
    let [Node::Component(component)] = &nodes[..] else {
        panic!("{nodes:?}");
    };
    let bound = |node: &Node| matches!(node, Node::Element(_));
    assert_eq!(
        component.content.iter().filter(|node| bound(node)).count(),
        1
    );
}

#[test]
fn marks_count_down_to_the_deepest_level_and_no_further() {
    let depth = |levels: usize| {
        let (open, close) = ("<div data-cdp-experience=a>", "</div>");
        let variant = "<template data-cdp-variant=v>x</template>";
        let page = format!("{}{variant}{}", open.repeat(levels), close.repeat(levels));
        let compiled = compiled(page.as_bytes(), Look::Components, 4096, true);
        let mut nodes = &compiled.nodes;
        let mut variants = 0;
        let mut components = 0;
        while let Some(Node::Component(component)) = nodes.first() {
            components += 1;
            variants += component.variants.len();
            nodes = &component.content;
        }
        (components, variants, compiled.failed.len())
    };
    assert_eq!(depth(31), (31, 1, 0));
    assert_eq!(depth(32), (32, 0, 0), "a variant would be the 33rd");
    assert_eq!(depth(33), (32, 0, 1));
}
