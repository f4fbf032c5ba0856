//! In: an answer that is ready to go, and a fault in words. Out: what really goes onto the wire.
//!
//! `grammar` reads the words, `settings` knows which fault holds for which request, `apply` and `body` bend
//! the answer, `script` says byte by byte how its body leaves, `wire` ends the connection the hard way.
//! Never: a fault that nobody asked for.

pub mod apply;
pub mod body;
pub mod grammar;
pub mod script;
pub mod settings;
pub mod wire;

pub use grammar::Fault;
pub use settings::Faults;
