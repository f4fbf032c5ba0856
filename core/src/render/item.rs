//! What waits to leave, in order.
//!
//! In: compiled nodes and rendered text. Out: items of the page's queue.

use std::rc::Rc;

use super::{
    fragment::{Fragment, FragmentPath},
    inserting::Stop,
};
use crate::template::{Component, Range};

/// The document that a range refers to.
#[derive(Clone, Debug)]
pub(super) enum Origin {
    /// A fragment that was fetched whole.
    Fragment(Rc<Shown>),
    /// The page itself.
    Page,
}

/// A fragment where a component shows it.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) fragment: Rc<Fragment>,
    pub(super) path: FragmentPath,
    /// The document that the component belongs to.
    pub(super) inside: Origin,
}

impl Origin {
    /// Whether this document is, or stands inside, the fragment at `path`.
    pub(super) fn is_inside(&self, path: &FragmentPath) -> bool {
        let mut origin = self;
        while let Self::Fragment(shown) = origin {
            if shown.path == *path {
                return true;
            }
            origin = &shown.inside;
        }
        false
    }
}

/// One thing to write.
#[derive(Debug)]
pub(super) enum Item {
    /// Bytes as the origin sent them.
    Bytes(Origin, Range),
    /// A component that is not rendered yet.
    Component(Origin, Box<Component>),
    /// A place for what the page gets besides its components.
    Insertion(Stop),
    /// Bytes of our own.
    Owned(Vec<u8>),
}
