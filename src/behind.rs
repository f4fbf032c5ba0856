//! What is put at the end of a page: the tag and the beacon, or, in a preview, the overlay.
//!
//! In: the page's bytes as XM sends them and as they leave, then its end. Out: what may leave. What is put there is the
//! core's.

use xm_edge_core::{preview::Overlay, render::Page, tag::Tail, template::Template};

/// One of the two.
pub enum Behind {
    Overlay(Box<Overlay>),
    Tail(Tail),
}

impl Behind {
    /// Looks at the next bytes of the page, as XM sent them.
    pub fn push(&mut self, bytes: &[u8]) {
        if let Self::Tail(tail) = self {
            tail.push(bytes);
        }
    }

    /// Looks at a page that is here already; what is found in it is noted there for the next visitor.
    pub fn look_at(&mut self, template: &Template) {
        if let Self::Tail(tail) = self {
            let found = tail.look_at(&template.body, template.findings.get());
            template.findings.set(found);
        }
    }

    /// Takes the next bytes of the page as it leaves; gives those that may leave now.
    pub fn pass(&mut self, bytes: Vec<u8>) -> Vec<u8> {
        match self {
            Self::Overlay(overlay) => overlay.pass(bytes),
            Self::Tail(tail) => tail.pass(bytes),
        }
    }

    /// The last bytes of the page, with what is put in.
    pub fn finish(self, page: &Page) -> Vec<u8> {
        match self {
            Self::Overlay(overlay) => overlay.finish(page),
            Self::Tail(tail) => tail.finish(),
        }
    }

    /// The last bytes of a page that broke off.
    pub fn give_up(self) -> Vec<u8> {
        match self {
            Self::Overlay(overlay) => overlay.give_up(),
            Self::Tail(tail) => tail.give_up(),
        }
    }
}
