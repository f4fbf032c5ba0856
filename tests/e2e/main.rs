//! End to end: one module per promise, each test named after the fault or the promise it proves.

mod common;

mod behind;
mod cdp_event;
mod charsets;
mod cuts;
mod decisions;
mod encodings;
mod guest_pages;
mod guests;
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
mod page_events;
mod pass_through;
mod queue;
mod real_pages;
mod resilience;
mod revalidate;
mod rules;
mod sdk_proxy;
mod sites;
mod streaming;
mod tags;
mod views;
mod visitors;
