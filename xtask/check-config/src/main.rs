//! `cargo xtask check-config`.

fn main() {}
