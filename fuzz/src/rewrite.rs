//! The streaming path: whatever comes in, in whatever pieces and order, XM's bytes leave, and what was decided in their place.
//!
//! In: a page, a decision, a fragment; settings, cuts and an order. Out: a panic where the output depends on how the page was
//! cut or when answers came, where a byte outside of components changed, or where anything changed although nothing was decided.

use arbitrary::Unstructured;
use xm_edge_core::template::{Node, Template};

use crate::{
    input,
    page_view::{Step, View},
};

/// Most steps of one page view.
const MOST_STEPS: usize = 200;

/// Checks one input.
pub fn check(data: &[u8]) {
    let [page, decision, fragment, control] = input::parts(data);
    let mut control = Unstructured::new(control);
    let Ok(view) = View::choose(&mut control, decision, fragment) else {
        return;
    };
    let steps = control.take_rest().iter().take(MOST_STEPS);
    let steps: Vec<Step> = steps.map(|byte| Step::from(*byte)).collect();

    let expected = view.at_once(page);
    let (limited, timely): (Vec<Step>, Vec<Step>) = (
        steps.clone(),
        steps
            .iter()
            .copied()
            .filter(|step| !matches!(step, Step::Deadline))
            .collect(),
    );
    let seen = view.run(page, &timely, true);
    assert_same(
        &seen.output,
        &expected.output,
        "the output depends on cuts and order",
    );
    assert_eq!(
        seen.shown, expected.shown,
        "what is shown depends on cuts and order"
    );

    let nothing = view.undecided();
    let complete = steps.len().is_multiple_of(2);
    let same = nothing.run(page, &limited, complete);
    assert_same(
        &same.output,
        page,
        "nothing was decided, and the page is another",
    );

    if view.settings.insertion.is_none() {
        if limited.len() != timely.len() {
            let late = view.run(page, &limited, true);
            assert_only_components_changed(&view, page, &late.output);
        }
        assert_only_components_changed(&view, page, &expected.output);
    }
}

/// Every byte outside of components left, in order.
fn assert_only_components_changed(view: &View<'_>, page: &[u8], output: &[u8]) {
    let encoding = view.settings.declared.unwrap_or(encoding_rs::UTF_8);
    // A template knows of no guest: where XM vouches, more of the page is a component.
    let Ok(template) = Template::compile(page.to_vec(), encoding) else {
        return;
    };
    if view.settings.guest {
        return;
    }
    let kept: Vec<&[u8]> = template
        .parts
        .nodes
        .iter()
        .filter(|node| !matches!(node, Node::Component(_)))
        .filter_map(|node| page.get(node.range().start..node.range().end))
        .collect();
    let first_is_kept =
        matches!(template.parts.nodes.first(), Some(node) if !matches!(node, Node::Component(_)));
    let last_is_kept =
        matches!(template.parts.nodes.last(), Some(node) if !matches!(node, Node::Component(_)));
    let mut rest = output;
    for (number, bytes) in kept.iter().enumerate() {
        let at = position(rest, bytes);
        let Some(at) = at else {
            panic!("bytes outside of components are gone: {}", shown(bytes));
        };
        assert!(
            number > 0 || !first_is_kept || at == 0,
            "something stands before the page"
        );
        rest = &rest[at + bytes.len()..];
    }
    if let (true, Some(last)) = (last_is_kept, kept.last()) {
        assert!(
            output.ends_with(last),
            "the page's end is gone: {}",
            shown(last)
        );
    }
}

fn position(bytes: &[u8], sought: &[u8]) -> Option<usize> {
    if sought.is_empty() {
        return Some(0);
    }
    memchr::memmem::find(bytes, sought)
}

/// Like `assert_eq`, in a way that a person can read.
pub fn assert_same(found: &[u8], expected: &[u8], what: &str) {
    assert!(
        found == expected,
        "{what}\nfound:    {}\nexpected: {}",
        shown(found),
        shown(expected)
    );
}

fn shown(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}
