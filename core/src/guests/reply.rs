//! What an answer of the CDP means for XM's server.
//!
//! In: status, type and body; or that there was none. Out: the JSON, or a problem. Whatever is not the CDP's own JSON (a
//! page of a proxy, a redirect, half an answer) is 502; credentials that the CDP refuses are the operator's matter and
//! not the caller's, so they are 502 too. Of the CDP's words only `message` is passed on, and never a credential.

use std::fmt;

use data_url::mime::Mime;
use serde::Deserialize;
use serde_json::Value;

use super::call::Caller;
use crate::answer::{Answer, problem};

/// Most of a body that is read, in bytes. A page of 100 guests has a quarter of it.
pub const MAX_REPLY: usize = 256 * 1024;

/// Characters of a message that are passed on.
const MAX_MESSAGE: usize = 300;
/// Seconds after which to try again when the CDP does not say.
const RETRY_AFTER_S: &str = "5";

/// An answer of the CDP.
#[derive(Clone, PartialEq, Eq)]
pub enum Reply {
    /// It came.
    Answered {
        /// The status.
        status: u16,
        /// `Content-Type`.
        content_type: Option<String>,
        /// `Retry-After`.
        retry_after: Option<String>,
        /// The body, or `None` when it has more than [`MAX_REPLY`] bytes.
        body: Option<Vec<u8>>,
    },
    /// Refused, reset, or broken off in the body.
    NoAnswer,
    /// It did not come in time.
    TimedOut,
}

/// Personal data never stands in a log.
impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered { status, .. } => write!(f, "Answered({status})"),
            Self::NoAnswer => f.write_str("NoAnswer"),
            Self::TimedOut => f.write_str("TimedOut"),
        }
    }
}

/// The JSON of a good answer, `None` where it has no body; else the problem. `retry_after`: seconds that the CDP asks for.
pub(super) fn judge(
    reply: &Reply,
    retry_after_s: Option<u32>,
    caller: &Caller,
) -> Result<Option<Value>, Answer> {
    let (status, content_type, body) = match reply {
        Reply::NoAnswer => {
            let detail =
                "The CDP gave no whole answer. Whether it did what was asked is not known.";
            return Err(problem(502, detail, &[]));
        }
        Reply::TimedOut => {
            let detail =
                "The CDP did not answer in time. Whether it did what was asked is not known.";
            return Err(problem(504, detail, &[]));
        }
        Reply::Answered {
            status,
            content_type,
            body,
            ..
        } => (*status, content_type.as_deref(), body.as_deref()),
    };
    if matches!(status, 429 | 503) {
        let after =
            retry_after_s.map_or_else(|| RETRY_AFTER_S.to_owned(), |seconds| seconds.to_string());
        let detail = "The CDP has too much to do. Try again as the header Retry-After says.";
        return Err(problem(status, detail, &[]).with("retry-after", after));
    }
    let Some(body) = body else {
        return Err(odd(
            "The CDP's answer is larger than 256 KiB: ask for fewer guests with limit.",
        ));
    };
    if matches!(status, 401 | 403) {
        return Err(odd(
            "The CDP refuses the Worker's credentials: check the secret CDP_API_TOKEN, and that CDP_CLIENT_KEY and \
             CDP_ENDPOINT are of the same tenant.",
        ));
    }
    let json = if body.is_empty() {
        None
    } else if content_type.is_some_and(is_json) {
        serde_json::from_slice(body)
            .ok()
            .map(Some)
            .ok_or_else(|| odd(NOT_JSON))?
    } else {
        return Err(odd(NOT_JSON));
    };
    match status {
        200..=299 => good(json, caller),
        400 | 422 => Err(refused(400, "The CDP refuses this request", json, caller)),
        404 => Err(refused(404, "The CDP does not know this", json, caller)),
        409 | 413 => Err(refused(
            status,
            "The CDP refuses this request",
            json,
            caller,
        )),
        408 | 504 => Err(problem(504, "The CDP did not answer in time.", &[])),
        _ => Err(odd("The CDP failed.")),
    }
}

const NOT_JSON: &str =
    "The CDP's answer is not JSON: check that CDP_ENDPOINT is the API host of the tenant's region.";

fn good(json: Option<Value>, caller: &Caller) -> Result<Option<Value>, Answer> {
    let fits = json
        .as_ref()
        .is_none_or(|json| json.is_object() || json.is_array());
    let betrays = json
        .as_ref()
        .is_some_and(|json| caller.is_betrayed_by(&json.to_string()));
    if fits && !betrays {
        Ok(json)
    } else {
        Err(odd(NOT_JSON))
    }
}

pub(super) fn odd(detail: &str) -> Answer {
    problem(502, detail, &[])
}

/// The CDP's own words, if they may be passed on: `developerMessage` may hold the client key, `message` does not.
fn refused(status: u16, what: &str, json: Option<Value>, caller: &Caller) -> Answer {
    let said = json
        .and_then(|json| Said::deserialize(json).ok())
        .and_then(|said| said.message);
    let said = said.filter(|text| {
        !caller.is_betrayed_by(text)
            && !text.contains(caller.client_key())
            && !text.chars().any(char::is_control)
    });
    let said: Option<String> = said.map(|text| text.chars().take(MAX_MESSAGE).collect());
    let detail = match said {
        Some(text) if !text.trim().is_empty() => format!("{what}: {text}"),
        _ => format!("{what}."),
    };
    problem(status, &detail, &[])
}

#[derive(Deserialize)]
struct Said {
    message: Option<String>,
}

fn is_json(content_type: &str) -> bool {
    content_type.parse::<Mime>().is_ok_and(|mime| {
        mime.type_ == "application" && (mime.subtype == "json" || mime.subtype.ends_with("+json"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::GuestApi, request::fixture};

    fn judged(status: u16, content_type: &str, body: &str) -> Result<Option<Value>, (u16, String)> {
        let caller = Caller::new(&fixture::cdp(), "hunter2-hunter2", GuestApi::V2_1);
        let reply = Reply::Answered {
            status,
            content_type: (!content_type.is_empty()).then(|| content_type.to_owned()),
            retry_after: None,
            body: Some(body.as_bytes().to_vec()),
        };
        judge(&reply, None, &caller).map_err(|answer| (answer.status, answer.body))
    }

    #[test]
    fn what_the_cdp_answers_has_a_status_for_xm() {
        const JSON: &str = "application/json";
        let html = "<html><body>blocked</body></html>";
        #[rustfmt::skip]
        let cases = [
            (200, JSON, "{}", 200), (201, "Application/JSON; charset=utf-8", "{}", 200), (204, "", "", 200), (200, "", "", 200),
            (200, "application/vnd.api+json", "[]", 200),
            (200, "text/html", html, 502), (404, "text/html", html, 502), (400, "text/html", html, 502), (500, "text/html", html, 502),
            (200, "", "{}", 502), (200, "text/plain", "{}", 502), (200, JSON, "", 200),
            (200, JSON, html, 502), (200, JSON, "{\"a\":", 502), (200, JSON, "null", 502), (200, JSON, "\"x\"", 502), (200, JSON, "1", 502),
            (301, "", "", 502), (302, JSON, "{}", 502), (304, "", "", 502), (307, "text/html", html, 502),
            (400, JSON, "{}", 400), (422, JSON, "{}", 400), (400, "", "", 400), (401, JSON, "{}", 502), (403, "text/html", html, 502),
            (404, JSON, "{}", 404), (404, "", "", 404), (405, JSON, "{}", 502), (408, JSON, "{}", 504), (409, JSON, "{}", 409),
            (413, JSON, "{}", 413), (415, JSON, "{}", 502), (429, JSON, "{}", 429), (429, "text/html", html, 429),
            (500, JSON, "{}", 502), (502, "text/html", html, 502), (503, "text/html", html, 503), (504, JSON, "{}", 504), (599, "", "", 502),
        ];
        for (status, content_type, body, expected) in cases {
            let found =
                judged(status, content_type, body).map_or_else(|(status, _)| status, |_| 200);
            assert_eq!(found, expected, "{status} {content_type} {body}");
        }
    }

    #[test]
    fn a_half_answer_is_bad_gateway_wherever_it_breaks_off() {
        let whole = r#"{"ref":"f7aabbca-1c1b-4fc2-be72-3e16294a4f03","street":["a",{"b":[1,2.5e3,true,null,"\u00e9"]}]}"#;
        for end in 1..whole.len() {
            assert_eq!(
                judged(200, "application/json", whole.get(..end).unwrap())
                    .unwrap_err()
                    .0,
                502,
                "{end}"
            );
        }
    }

    #[test]
    fn only_the_cdps_message_is_passed_on_and_never_a_credential() {
        let json = |text: &str| judged(400, "application/json", text).unwrap_err().1;
        assert!(json(r#"{"message":"guestType is missing","developerMessage":"for client key CLIENTKEY"}"#).contains("guestType is missing"));
        for leak in [
            "CLIENTKEY",
            "hunter2-hunter2",
            "Q0xJRU5US0VZOmh1bnRlcjItaHVudGVyMg==",
        ] {
            let body = format!(r#"{{"message":"x {leak} y","developerMessage":"{leak}"}}"#);
            assert!(!json(&body).contains(leak));
        }
        for leak in ["hunter2-hunter2", "Q0xJRU5US0VZOmh1bnRlcjItaHVudGVyMg=="] {
            assert_eq!(
                judged(200, "application/json", &format!(r#"{{"a":["{leak}"]}}"#))
                    .unwrap_err()
                    .0,
                502
            );
        }
        for odd in [
            r#"{"message":1}"#,
            r#"{"message":"a\nb"}"#,
            r#"{"message":" "}"#,
            "[]",
        ] {
            assert!(json(odd).contains("refuses this request."), "{odd}");
        }
        assert!(json(&format!(r#"{{"message":"{}"}}"#, "é".repeat(5_000))).len() < 1_000);
    }

    #[test]
    fn no_answer_a_late_one_and_one_too_large_are_told_apart() {
        let caller = Caller::new(&fixture::cdp(), "token", GuestApi::V2_1);
        let status = |reply: &Reply| judge(reply, None, &caller).unwrap_err().status;
        assert_eq!(status(&Reply::NoAnswer), 502);
        assert_eq!(status(&Reply::TimedOut), 504);
        let large = Reply::Answered {
            status: 200,
            content_type: None,
            retry_after: None,
            body: None,
        };
        assert_eq!(status(&large), 502);
    }

    #[test]
    fn a_busy_cdp_always_says_when_to_come_again() {
        let caller = Caller::new(&fixture::cdp(), "token", GuestApi::V2_1);
        let busy = Reply::Answered {
            status: 429,
            content_type: None,
            retry_after: None,
            body: Some(Vec::new()),
        };
        for (asked, expected) in [(None, "5"), (Some(120), "120"), (Some(0), "0")] {
            let answer = judge(&busy, asked, &caller).unwrap_err();
            assert!(
                answer
                    .headers
                    .contains(&("retry-after", expected.to_owned()))
            );
        }
    }
}
