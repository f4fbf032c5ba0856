//! The harness of the end-to-end tests: the built Worker runs in workerd, between a client, an XM and a CDP
//! that a test scripts down to the byte.
//!
//! ```text
//! Visit (raw socket) ──► Workerd (build/index.js) ──► Origin (scripted XM)
//!                                   ├────────────────► Cdp (scripted CDP)
//!                                   ├── reads ───────► Kv    (the rollout)
//!                                   └── stores ──────► Queue (outlives workerd)
//!                                   ◄── batches ─────┘
//! ```
//!
//! In: what a test scripts. Out: what each side saw, in order. It never sleeps to order things: a [`Latch`]
//! holds a reply until the test lets it go, a [`Journal`] waits for what must happen. Every wait ends at
//! [`HANG_LIMIT`], which only a hanging product reaches.

use std::time::Duration;

mod cdp;
mod client;
mod exchange;
mod journal;
mod kv;
mod page;
mod queue;
mod reply;
mod request;
mod server;
mod wire;
mod workerd;
mod world;

pub use cdp::{Cdp, NEW_BROWSER_ID};
pub use client::Visit;
pub use exchange::{End, Exchange, Response};
pub use journal::{Journal, Latch};
pub use kv::Kv;
pub use page::{Page, component, variant};
pub use queue::{Batch, Message, Queue, Settings as QueueSettings, Store};
pub use reply::Reply;
pub use request::Request;
pub use server::Server;
pub use wire::{Headers, assert_bytes, contains, dechunk, find};
pub use workerd::{Killer, Module, Usage, Workerd};
pub use world::{CLIENT_KEY, RETURNING_ID, World, WorldBuilder, visitor_cookie};

/// How long anything may take before a test calls it a hang. No test measures time against it.
pub const HANG_LIMIT: Duration = Duration::from_secs(25);
