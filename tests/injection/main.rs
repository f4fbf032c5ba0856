//! Published attack payloads as the values of decisions: none changes what a page is made of, and each is shown as it is.
//!
//! Inputs: the lists in `tests/data/payloads/`. The judge is html5ever: the tree with a payload has the shape of the tree with a
//! harmless value, and where a value is shown the tree holds exactly that value (NUL apart, which HTML cannot hold).

#[path = "../native/mod.rs"]
mod native;

mod beside;
mod inside;
