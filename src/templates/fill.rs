//! A page that is kept while it streams to the visitor who asked for it.
//!
//! In: XM's bytes as they pass. Out: an entry, when all have; or why there is none. A page that breaks off is never kept.

use std::{future::Future, mem, rc::Rc};

use encoding_rs::{Encoding, UTF_8};
use xm_edge_core::{
    reason::NotKept,
    template::Template,
    template_cache::{Entry, Page, Storable, per_render},
};

use super::{Lead, MAX_BODY, Place, keep, refused, with};

/// A page on its way.
pub struct Fill {
    place: Place,
    storable: Storable,
    encoding: &'static Encoding,
    /// `None`: it is too large.
    body: Option<Vec<u8>>,
    _lead: Option<Lead>,
}

impl Fill {
    /// Of a page that XM allows to be kept.
    pub fn new(
        place: &Place,
        storable: Storable,
        declared: Option<&'static Encoding>,
        lead: Option<Lead>,
    ) -> Self {
        Self {
            place: place.clone(),
            storable,
            encoding: declared.unwrap_or(UTF_8),
            body: Some(Vec::new()),
            _lead: lead,
        }
    }

    /// The next bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        if let Some(body) = &mut self.body {
            if body.len() + bytes.len() > MAX_BODY {
                self.body = None;
                refused(&self.place);
            } else {
                body.extend_from_slice(bytes);
            }
        }
    }

    /// The page is whole: it is kept in memory now, and elsewhere when the future is run.
    ///
    /// # Errors
    /// Why it is not kept.
    pub fn finish(mut self) -> Result<impl Future<Output = ()> + use<>, NotKept> {
        let kept = self.entry();
        if kept.is_err() {
            refused(&self.place);
        }
        Ok(keep(&self.place, kept?))
    }

    fn entry(&mut self) -> Result<Rc<Entry>, NotKept> {
        let body = mem::take(&mut self.body).ok_or(NotKept::TooLarge)?;
        if let Some(reason) = per_render(&body) {
            return Err(reason);
        }
        let before = with(|shelf, now| shelf.memory.get(&self.place.key, &shelf.purges.log, now));
        let page = match before {
            // The same page again: its parts are known.
            Some(before) if before.page.is_same(&body, self.encoding) => Rc::clone(&before.page),
            _ => {
                let template = Template::compile(body, self.encoding);
                let template = template.map_err(|_| NotKept::Unreadable)?;
                Rc::new(Page::new(template, self.encoding))
            }
        };
        let storable = self.storable.clone();
        Ok(Rc::new(Entry::new(page, storable, self.place.path.clone())))
    }
}
