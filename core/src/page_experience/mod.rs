//! Experiences and experiments of whole pages: which rule counts for a path, and what its decision chooses before the
//! headers leave: XM's page as ever, another page of XM under the same URL, or a redirect within the site.
//!
//! ```text
//! path ─► rule ─► (the flow) ─► choice ─┬─► the default page
//!                                       ├─► target ─► another page of XM
//!                                       └─► target ─► Location, with a cookie against loops
//! ```
//!
//! In: the site's rules, the request, a decision. Out: a [`Choice`], texts that are safe in a URL and a header, a
//! [`PageOutcome`] for log and VIEW. It never fetches, and what it does not understand is the default page.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::indexing_slicing))]

pub mod loop_cookie;

mod choice;
mod outcome;
mod query;
mod rule;
mod target;

pub use choice::{Choice, Visited, choose};
pub use outcome::{PageOutcome, PageResult, shown};
pub use rule::rule_for;
