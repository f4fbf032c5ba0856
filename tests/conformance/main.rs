//! What others have published about HTML, URLs, JSON and cookies, held against the product.
//!
//! Inputs: the html5lib tests, the URL tests of web-platform-tests, JSONTestSuite, the cookie tests of the IETF's http-state
//! group (`tests/data/README.md`). Where the product differs on purpose, a file beside the data says so with a reason for
//! each case; a listed case that no longer differs fails the run.

#[path = "../native/mod.rs"]
mod native;

mod cookies;
mod json;
mod ranges;
mod urls;
