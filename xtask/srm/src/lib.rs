//! Sample ratio: were an experiment's visitors split as its allocation says? If not, something loses some of them, and what
//! the experiment says of its variants is worth nothing.
//!
//! ```text
//! read (files, stand-in) ─► records ─► tally (visitor → first variant) ─► check (chi-square) ─► report
//! ```
//!
//! In: VIEW events or the Worker's log lines. Out: counts, p-values, verdicts. It knows no visitor by more than their browser
//! id, and prints none.

pub mod check;
pub mod cli;
pub mod expect;
pub mod read;
pub mod record;
pub mod report;
pub mod standin;
pub mod tally;
