//! One decided component: which content it shows, its start tag stamped, its values bound.
//!
//! In: a compiled component, its decision, the fragment if one was chosen. Out: the items that replace it and
//! its result. It is called only when everything it needs is there.

use std::rc::Rc;

use super::{
    bind::{Binder, TagEdit},
    fragment::FragmentPath,
    item::{Item, Origin, Shown},
    outcome::ComponentResult,
};
use crate::{
    decision::Decision,
    template::{Component, ComponentKind, Range},
};

/// What `data-cdp-shown` says when the default content is shown.
const CONTROL: &str = "control";

/// A rendered component.
pub(super) struct Rendered {
    pub(super) items: Vec<Item>,
    pub(super) result: ComponentResult,
    pub(super) shown: Option<String>,
}

/// The fragment that the decision chooses; `None` where it chooses none.
pub(super) fn chosen_fragment(component: &Component, decision: &Decision) -> Option<FragmentPath> {
    let value = decision.find(component.fragment.as_ref()?)?;
    FragmentPath::parse(value.as_str()?)
}

/// Renders `component`.
pub(super) fn render(
    component: Component,
    fragment: Option<Shown>,
    mut binder: Binder<'_>,
) -> Rendered {
    let Component {
        bindings,
        content,
        end_tag,
        tag,
        variant_from,
        mut variants,
        kind,
        ..
    } = component;
    // What a page shows of the visitor's own record is no variant of anything.
    let stamped = kind != ComponentKind::Guest;
    let variant_id = binder.decision.variant_id(&variant_from);
    let origin = binder.origin.clone();
    if binder.is_removed(&tag, &bindings) {
        return Rendered {
            items: Vec::new(),
            result: ComponentResult::Bound,
            shown: stamped.then(|| CONTROL.to_owned()),
        };
    }
    let known = variant_id
        .as_ref()
        .and_then(|id| variants.iter().position(|variant| variant.id == *id));
    let mut inner = Vec::new();
    let (result, shown) = if let Some(fragment) = fragment {
        fragment_items(fragment, &mut binder, &mut inner);
        (Some(ComponentResult::Variant), variant_id)
    } else if let Some(index) = known {
        binder.nodes(variants.swap_remove(index).content, &mut inner);
        (Some(ComponentResult::Variant), variant_id)
    } else {
        match binder.own_content(&tag, &bindings) {
            Some(item) => inner.push(item),
            None => binder.nodes(content, &mut inner),
        }
        // Values without templates may be a variant's own; an id that names none of the templates is not.
        (None, variant_id.filter(|_| variants.is_empty()))
    };
    let mut edits = binder.tag_edits(&tag);
    let result = result.unwrap_or(if binder.bound > 0 {
        ComponentResult::Bound
    } else {
        ComponentResult::Control
    });
    let shown = shown
        .filter(|_| result != ComponentResult::Control)
        .unwrap_or_else(|| CONTROL.to_owned());
    if stamped {
        edits.insert(0, TagEdit::insert(&tag, "data-cdp-shown", &shown));
    }
    let mut items = Vec::with_capacity(inner.len() + 4);
    binder.edited_tag(&tag, edits, &mut items);
    items.append(&mut inner);
    items.push(Item::Bytes(origin, end_tag));
    Rendered {
        items,
        result,
        shown: stamped.then_some(shown),
    }
}

/// The fragment's nodes, with the component's decision bound into them.
fn fragment_items(shown: Shown, binder: &mut Binder<'_>, items: &mut Vec<Item>) {
    let nodes = shown.fragment.nodes.clone();
    let mut inside = Binder {
        decision: binder.decision,
        trusted: binder.trusted,
        charset: binder.charset,
        origin: Origin::Fragment(Rc::new(shown)),
        bound: 0,
        ignored: binder.ignored,
    };
    inside.nodes(nodes, items);
}

/// Length of the component's content, both tags excluded.
pub(super) fn content_len(component: &Component) -> usize {
    Range::new(component.tag.range.end, component.end_tag.start).len()
}
