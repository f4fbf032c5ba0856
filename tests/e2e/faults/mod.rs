//! Promise: it never breaks the site. Here are the faults of the table in `tests/faults.toml` that no other promise's file proves, a
//! file per letter of the table. For each: what the visitor gets, byte for byte; the label by which it is counted; and that
//! the next page is fine.

mod cache;
mod decision_api;
mod hostile_decisions;
mod origin;
mod page_shape;
mod platform;
mod request;
