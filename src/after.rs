//! After the page has left: the VIEW event and the log line.
//!
//! In: what happened. Out: an event to the CDP, a line of JSON. Nothing here delays a byte.

use uuid::Uuid;
use xm_edge_core::{
    config::{CdpSettings, Site},
    events::{BotView, Outcome, PageView},
    log_line::LogLine,
    render::{ComponentOutcome, Page},
    template::PageFacts,
};

use crate::{
    cdp::{self, Caller},
    platform::clock::Clock,
    stream::Ended,
    unknown_ids,
};

/// Sends the visitor's VIEW.
pub async fn send_view(
    caller: &Caller,
    path: &str,
    facts: &PageFacts,
    outcomes: &[ComponentOutcome],
    requested_at_ms: u64,
) -> Outcome {
    let shown: Vec<(String, String)> = outcomes
        .iter()
        .filter_map(|outcome| {
            let friendly_id = outcome.friendly_id.as_ref()?;
            Some((friendly_id.to_string(), outcome.shown.clone()?))
        })
        .collect();
    let event = PageView {
        cdp: &caller.cdp,
        site: &caller.site,
        browser_id: &caller.browser_id,
        html_lang: facts.html_lang.as_deref(),
        page_name: facts.page_name.as_deref(),
        path,
        campaign: &caller.campaign,
        shown: &shown,
        requested_at_ms,
    }
    .event(Uuid::new_v4().to_string());
    let outcome = cdp::send_event(&caller.cdp, &caller.user_agent, &event.body).await;
    if outcome == Outcome::UnknownBrowserId {
        unknown_ids::note(&caller.browser_id);
    }
    outcome
}

/// Sends a bot's VIEW.
pub async fn send_bot_view(
    settings: &CdpSettings,
    site: &Site,
    user_agent: &str,
    path: &str,
    requested_at_ms: u64,
) -> Outcome {
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
    cdp::send_event(settings, user_agent, &event.body).await
}

/// Completes the line about a page that was streamed, and writes it.
pub fn log(mut line: LogLine, page: &Page, ended: Ended) {
    line.note(page.outcomes(), page.ignored_marks());
    line.body = Some(if ended.visitor_gone {
        "visitor_gone"
    } else if ended.truncated {
        "origin_truncated"
    } else {
        "complete"
    });
    worker::console_log!("{}", line.json());
}

/// Writes a line about a page whose body nobody read.
pub fn write(mut line: LogLine, clock: Clock) {
    line.ms = clock.now_ms();
    worker::console_log!("{}", line.json());
}
