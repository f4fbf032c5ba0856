//! Free ports of 127.0.0.1.
//!
//! In: the port one would like. Out: that one or one of the next. It holds none: between asking and listening
//! another program may take it, and that program's user then reads so in the log.

use std::net::{Ipv4Addr, TcpListener};

use anyhow::Context;

/// How far to look before the user should know what occupies all those ports.
const ATTEMPTS: u16 = 50;

/// Finds ports one after the other and never the same twice.
#[derive(Default)]
pub struct Ports {
    given: Vec<u16>,
}

impl Ports {
    /// The first free port from `wanted` on.
    ///
    /// # Errors
    /// When 50 ports in a row are taken.
    pub fn next_free(&mut self, wanted: u16) -> anyhow::Result<u16> {
        let last = wanted.saturating_add(ATTEMPTS - 1);
        let port = (wanted..=last)
            .find(|port| !self.given.contains(port) && is_free(*port))
            .with_context(|| format!("the ports {wanted} to {last} of 127.0.0.1 are all in use; choose another with --port"))?;
        self.given.push(port);
        Ok(port)
    }
}

fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_and_a_given_port_are_both_skipped() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = taken.local_addr().expect("its address").port();
        if port > u16::MAX - ATTEMPTS {
            return;
        }
        let mut ports = Ports::default();
        let first = ports.next_free(port).expect("a port");
        let second = ports.next_free(port).expect("another port");
        assert!(first > port);
        assert!(second > first);
    }
}
