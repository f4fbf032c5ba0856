//! A Sitecore XM site and a Sitecore CDP in one process, for trying xm-edge and for breaking it.
//!
//! ```text
//!  browser, Worker, test ──► server ──► front ──► xm    the site
//!                            (accept)   (log,  └► cdp   the wire contract, its tenant and flows
//!                                        fault) └► live  the page that shows and steers both
//! ```
//!
//! In: HTTP on two ports. Out: answers, good or broken on request. Never: another network, a disk.

pub mod app;
pub mod cdp;
pub mod cli;
pub mod clock;
pub mod fault;
mod front;
pub mod live;
pub mod received;
mod server;
pub mod settings;
pub mod xm;

pub use server::{Running, start};
