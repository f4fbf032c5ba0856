//! End to end: one module per promise.

mod harness_itself;
