//! What is kept of a page: its bytes and parts, and what XM said with them.
//!
//! In: a page that may be kept. Out: an [`Entry`], whose page is shared by whoever renders it, and by the entry that replaces it
//! when XM says that nothing has changed.

use std::rc::Rc;

use encoding_rs::Encoding;

use super::{Fingerprint, Lifetime, Storable, fingerprint};
use crate::template::Template;

/// A kept page.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The page itself.
    pub page: Rc<Page>,
    /// XM's headers in order, as they are kept: names in lower case; without those of the connection, `Age` and stripped cookies.
    pub headers: Vec<(String, String)>,
    /// For how long it counts.
    pub lifetime: Lifetime,
    /// The path that was asked for, without query: what purges name.
    pub path: String,
}

/// A page's bytes and parts; the same for as long as XM sends the same page.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// Bytes and parts.
    pub template: Rc<Template>,
    /// The charset with which it was compiled.
    pub encoding: &'static Encoding,
    /// Tells whether another body is the same page.
    pub fingerprint: Fingerprint,
}

impl Page {
    /// A page that was compiled.
    #[must_use]
    pub fn new(template: Template, encoding: &'static Encoding) -> Self {
        let fingerprint = fingerprint(&template.body);
        Self {
            template: Rc::new(template),
            encoding,
            fingerprint,
        }
    }

    /// Whether `body` is this page again: then its parts need not be found anew.
    #[must_use]
    pub fn is_same(&self, body: &[u8], encoding: &'static Encoding) -> bool {
        // Parts are ranges: they fit a body only of the same length.
        self.encoding == encoding
            && self.template.body.len() == body.len()
            && self.fingerprint == fingerprint(body)
    }
}

impl Entry {
    /// An entry of `page`, as [`storing`](super::storing) allows it.
    #[must_use]
    pub fn new(page: Rc<Page>, storable: Storable, path: String) -> Self {
        Self {
            page,
            headers: storable.headers,
            lifetime: storable.lifetime,
            path,
        }
    }
}
