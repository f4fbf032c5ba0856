//! `POST …/preview`: XM's server has a link made.
//!
//! In: headers, then a body `{"url", "show", "expires_s"}`; the secrets, the configuration, the time. Out: 201 with the link,
//! or a problem that names every field. Everything that can be refused without the body is refused before it is read.

use serde_json::{Value, json};
use time::{OffsetDateTime, UtcDateTime};
use url::Url;

use super::{key::PreviewKey, link::Link, secrets::Secrets, token};
use crate::{
    answer::{
        Answer, Invalid,
        invalid::{Problems, found, path},
        problem,
    },
    api_keys::{Scope, refuse_body, refuse_browsers, too_large},
    config::{Config, PathPattern, site_for},
    request::{Cookies, Headers, Target, gate_url},
};

/// Most of a body, in bytes.
pub const MAX_BODY: usize = 16 * 1024;
/// Seconds for which a link holds when nothing else is said.
pub const DEFAULT_S: u64 = 7_200;
/// Shortest and longest time for which a link may hold, in seconds.
pub const LIMITS_S: (u64, u64) = (60, 2_592_000);

/// Refuses what needs no body to be refused.
///
/// # Errors
/// The answer.
#[inline(never)]
pub fn screen<'s>(headers: &impl Headers, secrets: &'s Secrets) -> Result<&'s PreviewKey, Answer> {
    refuse_browsers(headers, "Making preview links is")?;
    let unavailable = |detail: &str| problem(503, detail, &[]);
    let callers = secrets.callers.as_ref();
    let callers = callers.map_err(|fault| unavailable(&fault.remedy("Making preview links is")))?;
    callers.admit_caller(headers, Scope::Preview, "preview")?;
    let key = secrets.key.as_ref();
    let key = key.map_err(|fault| unavailable(fault.remedy()))?;
    refuse_body(headers, MAX_BODY)?;
    Ok(key)
}

/// Makes the link. `body`: at most [`MAX_BODY`] bytes, and one more when there are more.
#[must_use]
#[inline(never)]
pub fn create(body: &[u8], key: &PreviewKey, config: &Config, now_s: u64) -> Answer {
    if body.len() > MAX_BODY {
        return too_large(MAX_BODY);
    }
    match read(body, config, now_s) {
        Err(problems) => invalid(&problems),
        Ok((link, url)) => match token::sign(&link, key) {
            Some(token) => {
                let address = address(&url, &config.site.endpoint_prefix, &token);
                let body = json!({ "url": address, "expires_at": date(link.expires_at) });
                Answer::json(201, "application/json", &body).with("location", address)
            }
            None => {
                let mut problems = Problems::default();
                problems.add(
                    "show".to_owned(),
                    "is too much for one link, which must fit into a cookie",
                );
                invalid(&problems.into_result(()).err().unwrap_or_default())
            }
        },
    }
}

/// The link as people follow it, on the site of `url`.
#[must_use]
pub fn address(url: &Url, prefix: &str, token: &str) -> String {
    let origin = url.origin().ascii_serialization();
    format!("{origin}{prefix}/preview?token={token}")
}

/// Unix time as RFC 3339 has it.
#[must_use]
pub fn date(unix_s: u64) -> String {
    let date = i64::try_from(unix_s)
        .ok()
        .and_then(|s| UtcDateTime::from_unix_timestamp(s).ok());
    let date = date.unwrap_or_else(|| OffsetDateTime::UNIX_EPOCH.to_utc());
    let (hour, minute, second) = date.as_hms();
    format!(
        "{:04}-{:02}-{:02}T{hour:02}:{minute:02}:{second:02}Z",
        date.year(),
        u8::from(date.month()),
        date.day()
    )
}

fn read(body: &[u8], config: &Config, now_s: u64) -> Result<(Link, Url), Vec<Invalid>> {
    let mut problems = Problems::default();
    let members = match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => members,
        Ok(_) => {
            problems.add("body".to_owned(), "must be one JSON object");
            return Err(problems.into_result(()).err().unwrap_or_default());
        }
        // Of a syntax error serde_json tells the place and what was expected there, no value.
        Err(error) => {
            problems.add("body".to_owned(), format!("is not JSON: {error}"));
            return Err(problems.into_result(()).err().unwrap_or_default());
        }
    };
    let (mut url, mut show, mut lifetime_s) = (None, Vec::new(), DEFAULT_S);
    for (name, value) in &members {
        match (name.as_str(), value) {
            ("url", Value::String(text)) => url = Some(text.as_str()),
            ("show" | "expires_s", Value::Null) => {}
            ("show", Value::Object(pairs)) => {
                for (id, variant) in pairs {
                    match variant {
                        Value::String(variant) => show.push((id.as_str(), variant.as_str())),
                        other => problems.add(
                            path("show", id),
                            format!(
                                "expected the id of a variant, or control, found {}",
                                found(other)
                            ),
                        ),
                    }
                }
            }
            ("expires_s", Value::Number(number)) => {
                let (least, most) = LIMITS_S;
                match number.as_u64().filter(|s| (least..=most).contains(s)) {
                    Some(s) => lifetime_s = s,
                    None => problems.add(
                        "expires_s".to_owned(),
                        format!("expected whole seconds from {least} to {most} (30 days)"),
                    ),
                }
            }
            ("url", other) => problems.add(
                "url".to_owned(),
                format!("expected a text, found {}", found(other)),
            ),
            ("show", other) => problems.add(
                "show".to_owned(),
                format!(
                    "expected an object of friendly ids and variants, found {}",
                    found(other)
                ),
            ),
            ("expires_s", other) => {
                problems.add(
                    "expires_s".to_owned(),
                    format!("expected seconds, found {}", found(other)),
                );
            }
            (other, _) => problems.add(
                path("", other),
                "is unknown; there are url, show and expires_s",
            ),
        }
    }
    let Some(url) = url else {
        if !members.contains_key("url") {
            problems.add(
                "url".to_owned(),
                "is missing: the address of the page to preview",
            );
        }
        return Err(problems.into_result(()).err().unwrap_or_default());
    };
    let made = Link::new(url, show, now_s.saturating_add(lifetime_s));
    let made = match made {
        Ok((link, url)) => match unseen(&link, &url, config) {
            None => Some((link, url)),
            Some(problem) => {
                problems.add("url".to_owned(), problem);
                None
            }
        },
        Err(wrong) => {
            for wrong in wrong {
                problems.add(wrong.field, wrong.problem);
            }
            None
        }
    };
    problems.into_result(())?;
    made.ok_or_else(Vec::new)
}

/// Why no preview would ever be seen there.
fn unseen(link: &Link, url: &Url, config: &Config) -> Option<String> {
    let PathPattern::Exact(page) = &link.pages else {
        return None;
    };
    let site = site_for(config, &link.site, page);
    if page.starts_with(&format!("{}/", config.site.endpoint_prefix)) {
        return Some("is an endpoint of the Worker, and no page".to_owned());
    }
    let target = Target::parse(url.as_str());
    let reason = gate_url(&target, &Cookies::default, &site)?;
    Some(format!(
        "is not personalised ({}): there is nothing to preview",
        reason.label()
    ))
}

fn invalid(problems: &[Invalid]) -> Answer {
    problem(400, "No link was made.", problems)
}

#[cfg(test)]
mod tests;
