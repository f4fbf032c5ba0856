//! Events: what the CDP is told, by whom, and what became of it.
//!
//! ```text
//! page_view ────────────────────────────────────────┐
//! header  (CDP-Event of XM)       ┐                 │
//! rules   (goals, forms) ─► form  ├─► catalogue ────┴─► Event
//! endpoints (the page)            ┘   check, complete
//!
//! Event ─► Outgoing ─┬─► StoredEvent ─► (queue) ─► lanes ─┬─► outcome ─► sender: again, or done ─► Fate ─► Tally
//!                    └────────────────────────────────────┘
//! ```
//!
//! In: settings, facts of the page, what was shown; headers, forms and JSON of others; the CDP's answer. Out: an
//! [`Event`](crate::cdp::event::Event) to send, an [`Outcome`], what to do next. It never sends, never waits and never
//! asks whether the visitor consents: the caller does.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::indexing_slicing))]

pub mod catalogue;
pub mod form;
pub mod header;
pub mod outcome;
pub mod page_view;
pub mod rules;
pub mod sender;

mod fate;
mod outgoing;
mod stored;
mod success;
mod tally;
mod told;

pub use catalogue::{Checked, EventContext, Invalid, check, complete};
pub use fate::{Fate, QueueFault, Sent};
pub use outcome::{Outcome, outcome};
pub use outgoing::{Outgoing, parcels};
pub use page_view::{BotView, PageView};
pub use stored::{StoredEvent, Unreadable};
pub use tally::{Source, Tally};
pub use told::Told;
