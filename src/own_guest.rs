//! The visitor's own guest record: retrieved for a page, changed by a form.
//!
//! In: a visitor, XM's word for them, what a form says. Out: the record, as far as pages may show it; a changed record and a
//! log line that says nothing of the person. What is called is the core's decision.

use std::rc::Rc;

use worker::Context;
use xm_edge_core::{
    config::{CdpSettings, Site},
    decision::Decision,
    guests::{
        Secrets,
        own::{self, Changes, OwnGuest},
        vouch::Vouched,
    },
    reason::Failure,
    request::BrowserId,
    template::Pointer,
};

use crate::first_party::carry_out;

/// Whose record, and who may see it.
#[derive(Clone)]
pub struct Whose {
    pub cdp: CdpSettings,
    pub site: Site,
    pub secrets: Rc<Secrets>,
    pub browser_id: BrowserId,
}

impl Whose {
    fn own(&self) -> Option<OwnGuest<'_>> {
        OwnGuest::new(&self.cdp, &self.site, &self.secrets, &self.browser_id)
    }

    /// The record for a page, of a visitor for whom XM vouches.
    ///
    /// # Errors
    /// Why there is none to show.
    pub async fn retrieve(self, vouched: Vouched) -> Result<Decision, Failure> {
        let own = self.own().ok_or(Failure::NoCredentials)?;
        let mut retrieving = own.retrieve();
        let answer = carry_out(&mut retrieving).await;
        let mut record = own::record(&answer).ok_or(Failure::CdpError)?;
        if !vouched.is_for(&record) {
            return Err(Failure::NotTheGuest);
        }
        let fields = &self.site.guest_fields;
        if let Some(guest) = retrieving.guest() {
            for name in own::missing_extensions(&record, fields) {
                let mut extension = own.retrieve_extension(guest, name);
                if let Some(values) = own::record(&carry_out(&mut extension).await) {
                    record.insert(name.to_owned(), values.into());
                }
            }
        }
        let fields = fields.iter().filter_map(|field| Pointer::parse(field));
        Ok(Decision::guest(record.into(), fields.collect()))
    }

    /// Changes the record after the response.
    pub fn change_later(self, changes: Changes, context: &Context) {
        context.wait_until(async move {
            let outcome = self.change(&changes).await;
            worker::console_log!(r#"{{"message":"xm-edge","guest_update":"{outcome}"}}"#);
        });
    }

    /// Changes the record; gives a constant label.
    async fn change(&self, changes: &Changes) -> &'static str {
        let Some(own) = self.own() else {
            return Failure::NoCredentials.label();
        };
        let mut failed = false;
        let mut guest = None;
        if let Some(mut updating) = own.update(changes) {
            failed |= carry_out(&mut updating).await.status >= 300;
            guest = updating.guest().cloned();
        }
        for (name, fields) in &changes.extensions {
            let mut updating = own.update_extension(guest.as_ref(), name, fields);
            let mut status = carry_out(&mut updating).await.status;
            guest = guest.or_else(|| updating.guest().cloned());
            // The guest has no such extension yet. (A browser that the CDP does not know is a 404 too, and has no guest.)
            if status == 404 && guest.is_some() {
                let mut creating = own.create_extension(guest.as_ref(), name, fields);
                status = carry_out(&mut creating).await.status;
            }
            failed |= status >= 300;
        }
        if failed { "failed" } else { "changed" }
    }
}
