//! Everything that is Cloudflare's: streams, fetch, headers, timers, bindings.
//!
//! In: values of the core. Out: the platform's objects, and back. It decides nothing.

pub mod background;
pub mod body_reader;
pub mod body_writer;
pub mod cache;
pub mod clock;
pub mod environment;
pub mod fetch;
pub mod gone;
pub mod headers;
pub mod js;
pub mod kv;
pub mod promise;
pub mod queue;
