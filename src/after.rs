//! After the page has left: the VIEW event and the line about the page.
//!
//! In: what happened. Out: an event to the CDP, a line of JSON. Nothing here delays a byte.

use uuid::Uuid;
use xm_edge_core::{
    config::{CdpSettings, Site},
    events::{BotView, Fate, Outgoing, PageView, QueueFault},
    log_line::LogLine,
    reason::Failure,
    render::Page,
    template::PageFacts,
};

use crate::{
    cdp::Caller,
    page_log,
    platform::{clock::Clock, queue::Queue},
    sender,
    stream::Ended,
};

/// The visitor's VIEW.
pub fn view(
    caller: &Caller,
    path: &str,
    facts: &PageFacts,
    shown: &[(String, String)],
    requested_at_ms: u64,
) -> Outgoing {
    let event = PageView {
        cdp: &caller.cdp,
        site: &caller.site,
        browser_id: &caller.browser_id,
        html_lang: facts.html_lang.as_deref(),
        page_name: facts.page_name.as_deref(),
        path,
        campaign: &caller.campaign,
        shown,
        requested_at_ms,
    }
    .event(Uuid::new_v4().to_string());
    Outgoing {
        replaceable: Some(caller.browser_id.clone()),
        user_agent: caller.user_agent.clone(),
        events: vec![event],
    }
}

/// A bot's VIEW. Its id is made of its user agent: no other replaces it.
pub fn bot_view(
    settings: &CdpSettings,
    site: &Site,
    user_agent: &str,
    path: &str,
    requested_at_ms: u64,
) -> Outgoing {
    let event = BotView {
        cdp: settings,
        site,
        user_agent,
        html_lang: None,
        page_name: None,
        path,
        requested_at_ms,
    }
    .event(Uuid::new_v4().to_string());
    Outgoing {
        replaceable: None,
        user_agent: user_agent.to_owned(),
        events: vec![event],
    }
}

/// Sends the VIEW of a page and notes in the page's line what became of it.
pub async fn send(
    queue: Option<&Queue>,
    settings: &CdpSettings,
    view: Outgoing,
    line: &mut LogLine,
) {
    let sent = sender::send(queue, settings, view).await;
    line.view = sent.first().map(Fate::label);
    line.queue_fault = sent.queue_fault.map(QueueFault::label);
}

/// Completes the line about a page that was streamed, and writes it.
pub fn log(mut line: LogLine, page: &Page, ended: Ended) {
    line.note(page.outcomes(), page.ignored_marks());
    line.held_ms = page.held_ms();
    line.markup = page.given_up_for().map(Failure::label);
    line.body = Some(if ended.too_large {
        "too_large"
    } else if ended.visitor_gone {
        "visitor_gone"
    } else if ended.truncated {
        "origin_truncated"
    } else {
        "complete"
    });
    page_log::write(&line);
}

/// Writes a line about a page whose body nobody read.
pub fn write(mut line: LogLine, clock: Clock) {
    line.ms = clock.now_ms();
    page_log::write(&line);
}
