//! What the CDP decided: one JSON object per friendly id.
//!
//! In: bodies of answered flows. Out: checked decisions, the values that marks point at, and the book of what
//! was asked and answered. It never calls the CDP and never looks at the page.

mod body;
mod book;
mod source;
mod value;

pub use body::{Decision, MAX_BODY_BYTES};
pub use book::{Answer, DecisionBook};
pub use source::Source;
pub use value::{is_shown, text_of};
