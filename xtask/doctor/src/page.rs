//! One document to look at, and what is known of its response.
//!
//! In: bytes, and headers where they came over HTTP. Out: the document with everything that the checks read from it.

use encoding_rs::{Encoding, UTF_8};
use xm_edge_core::{
    config::Site,
    guests::vouch,
    request::Headers,
    response::{self, Opened},
};

use crate::{
    compiled::{self, Compiled},
    inventory::{self, Inventory},
    text::Text,
};

/// Header lines as received.
pub type Lines = Vec<(String, String)>;

/// What came over HTTP.
#[derive(Clone, Debug)]
pub struct Response {
    /// The address that answered, redirects followed.
    pub url: url::Url,
    /// The status.
    pub status: u16,
    /// All header lines.
    pub headers: Lines,
}

/// A document and where it is from.
#[derive(Clone, Debug)]
pub struct Input {
    /// As the developer named it: an address, a file, `-`.
    pub name: String,
    /// Decoded, whole.
    pub bytes: Vec<u8>,
    /// Where it came over HTTP.
    pub response: Option<Response>,
    /// Whether the Worker answered, and not XM.
    pub behind_worker: bool,
}

/// A document that is read.
#[derive(Debug)]
pub struct Page<'a> {
    /// Where it is from.
    pub input: &'a Input,
    /// With its charset.
    pub text: Text<'a>,
    /// The charset of `Content-Type`.
    pub declared: Option<&'static Encoding>,
    /// Whether XM vouches for the visitor.
    pub vouched: bool,
    /// Everything that says `data-cdp-`.
    pub inventory: Inventory,
    /// What the Worker makes of it.
    pub compiled: Compiled,
}

impl<'a> Page<'a> {
    /// Reads the document.
    #[must_use]
    pub fn read(input: &'a Input, site: &Site) -> Self {
        let response = input.response.as_ref();
        let declared = response.and_then(|response| {
            match response::gate(response.status, &response.headers, site) {
                Opened::Page(page) => page.declared,
                Opened::PassThrough(_) => None,
            }
        });
        let guest = response.and_then(|response| response.headers.get(vouch::NAME));
        let vouched = guest.is_some_and(|value| vouch::Vouched::read(&value).is_some());
        // The Worker reads a page without a declared charset as UTF-8; positions are the same in all of them.
        let encoding = declared.unwrap_or(UTF_8);
        let compiled = compiled::compile(
            &input.bytes,
            encoding,
            vouched && !site.guest_fields.is_empty(),
        );
        let shown = declared.or_else(|| {
            let label = compiled.facts.charset.as_deref()?;
            Encoding::for_label(label.as_bytes()).filter(|found| found.is_ascii_compatible())
        });
        Self {
            text: Text {
                bytes: &input.bytes,
                encoding: shown.unwrap_or(UTF_8),
                fragment: None,
            },
            declared,
            vouched,
            inventory: inventory::look(&input.bytes, encoding),
            compiled,
            input,
        }
    }

    /// Whether anything in it is marked, goals included.
    #[must_use]
    pub fn has_marks(&self) -> bool {
        !self.inventory.attributes.is_empty()
    }
}
