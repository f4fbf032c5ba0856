//! A page as a state machine without I/O: template parts and decisions come in, bytes that may leave go out.
//!
//! In: chunks, decisions, fragments, the end of the budget, the end of the body. Out: bytes in order, wishes
//! (which flows and fragments to fetch), outcomes per component. It never waits: whatever holds is a state.

mod attribute;
mod bind;
mod charset;
mod component;
mod escape;
mod fragment;
mod holds;
mod ignored;
mod inserting;
mod item;
mod notes;
mod outcome;
mod page;
mod parts;
mod trusted_html;
mod url_rule;

pub use attribute::refused as is_attribute_refused;
pub use charset::Charset;
pub use fragment::{FragmentPath, MAX_FRAGMENT_BYTES};
pub use ignored::IgnoredAt;
pub use notes::ComponentNote;
pub use outcome::{ComponentOutcome, ComponentResult, MarkCounts};
pub use page::{Page, PageSettings, Wish};
