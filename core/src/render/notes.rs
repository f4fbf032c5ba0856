//! What a preview tells of a page's components beside their outcomes: what each could show, and how long it held the page.
//!
//! In: components, decisions, the time, as the page goes. Out: one note per outcome, in the same order. A page view that is
//! no preview keeps none.

use crate::{
    decision::Decision,
    template::{Component, ComponentId, Node},
};

/// Most of a decision that is shown, in characters.
const MAX_DECISION: usize = 2_000;

/// Most variants of a component that are told.
const MAX_VARIANTS: usize = 100;

/// What is known of one component.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ComponentNote {
    /// Components around it in the page.
    pub depth: u32,
    /// The variants that XM's authors wrote, in document order, each once; the first hundred.
    pub variants: Vec<String>,
    /// Whether a decision can choose a fragment.
    pub has_fragment: bool,
    /// The variant id in the decision, whether there is such a variant or not.
    pub chosen: Option<String>,
    /// The beginning of the decision as JSON; `None` where there is none, or it is a person's record.
    pub decision: Option<String>,
    /// Milliseconds for which the page could not go on because of it.
    pub hold_ms: u32,
}

/// The notes of one page view.
#[derive(Debug, Default)]
pub(super) struct Notes {
    components: Vec<ComponentNote>,
    /// What the page's own components could show; a hundred at most.
    authored: Vec<(ComponentId, ComponentNote)>,
    held: Option<(Option<ComponentId>, u32)>,
    now_ms: u32,
}

impl Notes {
    /// One per outcome; `ids` are theirs.
    pub(super) fn components(
        &self,
        ids: impl Iterator<Item = Option<ComponentId>>,
    ) -> Vec<ComponentNote> {
        let whole = |(note, id): (&ComponentNote, Option<ComponentId>)| {
            // One that was given up before its end had come is known only now.
            let is_it = |(known, _): &&(ComponentId, ComponentNote)| Some(*known) == id;
            let Some((_, authored)) = self.authored.iter().find(is_it) else {
                return note.clone();
            };
            ComponentNote {
                chosen: note.chosen.clone(),
                decision: note.decision.clone(),
                hold_ms: note.hold_ms,
                ..authored.clone()
            }
        };
        self.components.iter().zip(ids).map(whole).collect()
    }

    /// Time goes on, never back.
    pub(super) fn tell_time(&mut self, now_ms: u32) {
        self.now_ms = self.now_ms.max(now_ms);
    }

    /// Notes what is authored in a node of the page, components inside of components and variants included.
    pub(super) fn read(&mut self, node: &Node, depth: u32) {
        match node {
            Node::Component(component) => {
                let mut note = authored(component);
                note.depth = depth;
                self.authored.push((component.id, note));
                let inside = component
                    .variants
                    .iter()
                    .flat_map(|variant| &variant.content);
                for node in component.content.iter().chain(inside) {
                    self.read(node, depth + 1);
                }
            }
            Node::Element(element) => {
                for node in &element.content {
                    self.read(node, depth);
                }
            }
            Node::Bytes(_) | Node::Tag(_) | Node::Variant(..) => {}
        }
    }

    /// The component with this number (`None`: of a fragment) is what the page waits for.
    pub(super) fn hold(&mut self, id: Option<ComponentId>) {
        if self.held.is_none_or(|(held, _)| held != id) {
            self.held = Some((id, self.now_ms));
        }
    }

    /// What is to be noted of a component whose outcome is known. `component`: where it is at hand, `decision`: where there
    /// is one.
    pub(super) fn of(
        &mut self,
        id: Option<ComponentId>,
        component: Option<&Component>,
        decision: Option<&Decision>,
    ) -> ComponentNote {
        let mut note = component.map(authored).unwrap_or_default();
        // What stands in a fragment stands in the component that shows it.
        note.depth = u32::from(id.is_none() && component.is_some());
        if let (Some(decision), Some(component)) = (decision, component) {
            note.chosen = decision.variant_id(&component.variant_from);
            note.decision = decision.excerpt(MAX_DECISION);
        }
        if let Some((_, since)) = self.held.take_if(|(held, _)| *held == id) {
            note.hold_ms = self.now_ms - since;
        }
        note
    }

    /// Keeps it; the outcome is kept, too.
    pub(super) fn keep(&mut self, note: ComponentNote) {
        self.components.push(note);
    }
}

fn authored(component: &Component) -> ComponentNote {
    let mut variants: Vec<String> = Vec::new();
    for variant in &component.variants {
        if variants.len() < MAX_VARIANTS && !variants.contains(&variant.id) {
            variants.push(variant.id.clone());
        }
    }
    ComponentNote {
        variants,
        has_fragment: component.fragment.is_some(),
        ..ComponentNote::default()
    }
}
