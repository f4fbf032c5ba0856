//! From the origin's bytes to a template: static bytes, components, variants and bindings.
//!
//! In: chunks of a page, in any cutting. Out: [`Node`]s in document order, whose ranges are offsets into the
//! page. It never changes a byte, never waits and knows no decision; `render` (streaming or from a cache)
//! joins the two.

mod compile;
mod compiled;
mod facts;
mod frame;
mod glance;
mod ignored_end;
mod implied_end;
mod listing;
mod locate;
mod marks;
mod node;
mod pointer;
mod skim;
mod source;
mod start_tag;
mod tag_end;
mod unseen;

pub use compile::{CompileOptions, Compiler, FailedComponent, IgnoredMark, OpenComponent};
pub use compiled::{Compiled, Template};
pub use facts::{PageFacts, Places};
pub use implied_end::{implies_end, protects};
pub use listing::{Listed, Listing};
pub use locate::Look;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub use locate::restless;
pub use node::{
    Asked, AttributeBinding, Bindings, Component, ComponentId, ComponentKind, Element, FriendlyId,
    Node, Range, StartTag, Variant,
};
pub use pointer::Pointer;
pub use source::Source;
pub use unseen::unseen;
