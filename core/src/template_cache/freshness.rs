//! How long XM's answer is fresh and may be used stale, by what XM and the operator say (RFC 9111 §4.2, RFC 5861).
//!
//! In: an answer, its directives, the rule of the path. Out: a [`Lifetime`], or nothing where nobody gives one.
//!
//! Who outweighs whom: what XM says to caches alone (a field for CDNs, `s-maxage`), then the operator's rule, then what XM says
//! to browsers as well (`max-age`, `Expires`). A rule gives time and lifts no prohibition.

use std::time::{SystemTime, UNIX_EPOCH};

use httpdate::parse_http_date;

use super::{
    Answer, Lifetime,
    directives::{Directives, LONGEST_S},
    header,
};
use crate::config::CacheRule;

/// For so long beyond its freshness a page is worth asking about, where XM can be asked whether it has changed.
const VALIDATED_MS: u64 = 86_400_000;

impl Lifetime {
    /// The lifetime of `answer`; `None` where neither XM nor a rule gives one.
    pub(super) fn of(
        answer: &Answer<'_>,
        said: &Directives,
        rule: Option<&CacheRule>,
    ) -> Option<Self> {
        let to_caches = if said.targeted {
            said.s_maxage.or(said.max_age)
        } else {
            said.s_maxage
        };
        let rules = rule.filter(|_| to_caches.is_none());
        let fresh_s = to_caches
            .or(rules.map(|rule| u64::from(rule.ttl_s)))
            .or_else(|| to_browsers(answer, said));
        // Without a lifetime it may be kept all the same, to be asked about each time.
        let fresh_s = if said.no_cache { Some(0) } else { fresh_s };
        let fresh_ms = fresh_s? * 1_000;
        let forbidden = said.no_cache || said.must_revalidate || said.s_maxage.is_some();
        let stale_ms = |said_s: Option<u64>| {
            let rule_s = rule.map_or(0, |rule| u64::from(rule.stale_s));
            let outweighs = !said.targeted && rule_s > 0;
            let stale_s = said_s.filter(|_| !outweighs).unwrap_or(rule_s);
            if forbidden { 0 } else { stale_s * 1_000 }
        };
        let refresh_ms = fresh_ms + stale_ms(said.while_revalidate);
        let error_ms = fresh_ms + stale_ms(said.if_error);
        let mut kept_ms = refresh_ms.max(error_ms);
        if has_validator(answer.headers) {
            kept_ms = kept_ms.max(fresh_ms + VALIDATED_MS);
        }
        // A rule's time counts from the call: that is what its operator sees.
        let born_ms = if rules.is_some() {
            answer.asked_ms
        } else {
            answer.answered_ms.saturating_sub(initial_age_ms(answer))
        };
        Some(Self {
            asked_ms: answer.asked_ms,
            born_ms,
            fresh_ms,
            refresh_ms,
            error_ms,
            kept_ms,
        })
    }
}

/// What XM says to whoever keeps the page, browsers among them.
fn to_browsers(answer: &Answer<'_>, said: &Directives) -> Option<u64> {
    if said.targeted {
        return None;
    }
    if said.max_age.is_some() {
        return said.max_age;
    }
    let expires = header(answer.headers, "expires")?;
    // An invalid date, `0` above all, is one in the past (RFC 9111 §5.3).
    let Some(expires) = unix_s(&expires) else {
        return Some(0);
    };
    let date = match header(answer.headers, "date") {
        Some(date) => unix_s(&date),
        None => Some(answer.answered_ms / 1_000),
    };
    Some(date.map_or(0, |date| expires.saturating_sub(date)))
}

/// Its age when it came (RFC 9111 §4.2.3). Dates are in whole seconds, and so is what they are compared with.
fn initial_age_ms(answer: &Answer<'_>) -> u64 {
    let date = header(answer.headers, "date").and_then(|date| unix_s(&date));
    let apparent_s = date.map_or(0, |date| (answer.answered_ms / 1_000).saturating_sub(date));
    let age = header(answer.headers, "age").unwrap_or_default();
    // Of a list the first counts; what is no number is ignored (RFC 9111 §5.1).
    let age_s: u64 = age
        .split(',')
        .next()
        .and_then(|first| first.trim().parse().ok())
        .unwrap_or(0);
    let delay_ms = answer.answered_ms.saturating_sub(answer.asked_ms);
    let corrected_ms = age_s.min(LONGEST_S) * 1_000 + delay_ms;
    corrected_ms.max(apparent_s * 1_000)
}

/// Whether XM can be asked if the page has changed.
fn has_validator(headers: &[(String, String)]) -> bool {
    header(headers, "etag").is_some() || header(headers, "last-modified").is_some()
}

/// Seconds since 1970; `None` for what is no date, or one before.
fn unix_s(date: &str) -> Option<u64> {
    let date: SystemTime = parse_http_date(date.trim()).ok()?;
    let since = date.duration_since(UNIX_EPOCH).ok()?;
    Some(since.as_secs())
}

#[cfg(test)]
mod tests;
