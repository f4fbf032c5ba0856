//! End to end: one module per promise, each test named after the fault or the promise it proves.

mod common;

mod charsets;
mod cuts;
mod decisions;
mod encodings;
mod harness_itself;
mod headers;
mod health;
mod identity;
mod isolation;
mod leaving;
mod limits;
mod log;
mod marks;
mod not_found;
mod pass_through;
mod real_pages;
mod revalidate;
mod sites;
mod streaming;
mod views;
mod visitors;
