//! What the native tests of the page share: one page view run through the state machine, without a Worker.
//!
//! In: the bytes of a page, what the CDP and XM answer, how the page is cut and when answers come. Out: the
//! bytes that left and what was asked and decided. It never looks into the state machine.

// Each test program uses its own part of this.
#![allow(dead_code)]

pub mod answers;
pub mod case;
pub mod corpus;
pub mod cuts;
pub mod data;
pub mod dom;
pub mod grammar;
pub mod parallel;
pub mod run;
pub mod slicer;
