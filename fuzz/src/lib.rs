//! What must hold of the core whatever comes in: a module per fuzz target, each with one function `check`.
//!
//! In: the bytes that libFuzzer mutates. Out: nothing, or a panic that says which promise is broken. It calls the functions of
//! the core that the Worker calls, and nothing else of the project. docs/fuzzing.md has the promises in words.

pub mod config;
pub mod cookies;
pub mod decision;
pub mod endpoints;
pub mod locate;
pub mod rewrite;
pub mod shape;
pub mod template;

mod input;
mod page_view;
mod tenant;

/// What a browser makes of a page.
#[allow(dead_code)]
#[path = "../../tests/native/dom.rs"]
mod dom;
