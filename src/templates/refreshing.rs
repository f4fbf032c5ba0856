//! A kept page that has become stale, asked for again behind the response that it was served with.
//!
//! In: the page and the request for it. Out: the page for the next visitor. XM's failure leaves it as it is.

use std::rc::Rc;

use xm_edge_core::{
    config::{CacheRule, Site},
    response::{self, Opened},
    template_cache::{Answer, Entry, Validated, storing, validated},
};

use super::{Fill, Lead, MAX_BODY, Place, forget, keep};
use crate::platform::{
    body_reader::BodyReader,
    clock::{self, Clock},
    fetch,
    headers::{self, PlatformHeaders},
};

/// XM is waited for so long, in milliseconds: the platform leaves thirty seconds behind a response.
const GIVE_UP_MS: u32 = 25_000;

/// What is needed to ask again.
pub struct Refreshing {
    /// The question whether it has changed.
    pub request: web_sys::Request,
    /// Where it is kept.
    pub place: Place,
    /// The operator's rule about it.
    pub rule: Option<CacheRule>,
    /// The page.
    pub entry: Rc<Entry>,
    /// The site's settings.
    pub site: Site,
    /// Nobody else asks meanwhile.
    pub lead: Lead,
}

impl Refreshing {
    /// Asks, and keeps what comes.
    pub async fn run(self) {
        let _ = clock::within(GIVE_UP_MS, self.ask()).await;
    }

    async fn ask(self) {
        let asked_ms = Clock::epoch_ms();
        let Ok(response) = fetch::send_while_wanted(&self.request).await else {
            return;
        };
        let (status, own) = (response.status(), response.headers());
        // A server that fails, or has no time, says nothing about the page.
        if status >= 500 || status == 429 {
            return fetch::let_go(&response);
        }
        let Ok(list) = headers::list(&own) else {
            return fetch::let_go(&response);
        };
        let answer = Answer {
            status,
            headers: &list,
            asked_ms,
            answered_ms: Clock::epoch_ms(),
        };
        if status == 304 {
            match validated(&self.entry, &answer, self.rule.as_ref()) {
                Validated::Renewed(renewed) => keep(&self.place, Rc::new(renewed)).await,
                Validated::Forbidden(_) => forget(&self.place).await,
                Validated::Other => {}
            }
            return;
        }
        let opened = response::gate(status, &PlatformHeaders(&own), &self.site);
        let (Opened::Page(page_type), Ok(storable), Some(body)) = (
            opened,
            storing(&answer, self.rule.as_ref()),
            response.body(),
        ) else {
            fetch::let_go(&response);
            return forget(&self.place).await;
        };
        let Self { place, lead, .. } = self;
        let mut fill = Fill::new(&place, storable, page_type.declared, Some(lead));
        let Ok(mut reader) = BodyReader::new(&body) else {
            return;
        };
        match reader.read_to_end(MAX_BODY).await {
            Ok(Some(whole)) => {
                if is_whole(&list, whole.len()) {
                    fill.push(&whole);
                    match fill.finish() {
                        Ok(kept) => kept.await,
                        Err(_) => forget(&place).await,
                    }
                }
            }
            Ok(None) => forget(&place).await,
            // It broke off: what is kept stays.
            Err(_) => {}
        }
    }
}

/// Whether a body has the length that was announced; of a coded one it says nothing.
fn is_whole(headers: &[(String, String)], length: usize) -> bool {
    let find = |name: &str| {
        headers
            .iter()
            .find(|(line, _)| line.eq_ignore_ascii_case(name))
    };
    if find("content-encoding").is_some() {
        return true;
    }
    let announced = find("content-length").and_then(|(_, value)| value.trim().parse().ok());
    announced.is_none_or(|announced: usize| announced == length)
}
