//! What waits to leave, in order.
//!
//! In: compiled nodes and rendered text. Out: items of the page's queue.

use std::rc::Rc;

use super::fragment::Fragment;
use crate::template::{Component, Range};

/// The document that a range refers to.
#[derive(Clone, Debug)]
pub(super) enum Origin {
    /// A fragment that was fetched whole.
    Fragment(Rc<Fragment>),
    /// The page itself.
    Page,
}

/// One thing to write.
#[derive(Debug)]
pub(super) enum Item {
    /// Bytes as the origin sent them.
    Bytes(Origin, Range),
    /// A component that is not rendered yet.
    Component(Origin, Box<Component>),
    /// Bytes of our own.
    Owned(Vec<u8>),
}
