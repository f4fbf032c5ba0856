//! An event on the wire of the Stream API.
//!
//! In: fields that were read and bounded elsewhere. Out: a flat JSON body. The wire knows no idempotency key, so the
//! event's own id stays beside the body, for the log and for retries.

use std::{borrow::Cow, collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use time::{OffsetDateTime, UtcOffset};

use crate::cdp::BrowserId;

/// Path of the `POST`.
pub const PATH: &str = "/v1.2/events";

/// Most attributes of `ext`; the CDP takes no more.
pub const MAX_EXT: usize = 50;

/// An event that is ready to be sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Event {
    /// Names the event in logs and keeps its retries together; it is not part of the body.
    pub id: String,
    /// JSON.
    pub body: String,
}

impl Event {
    /// The event `fields`, flat as the wire has it, under `id`.
    #[must_use]
    pub fn new(id: String, fields: &Map<String, Value>) -> Self {
        // JSON values under text keys: serde_json has nothing to refuse.
        let body = serde_json::to_string(fields).unwrap_or_default();
        Self { id, body }
    }
}

/// The body may hold what a visitor typed: it never stands in a log.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Event({})", self.id)
    }
}

/// The same event for another browser: a queue or a retry sends it under the id that replaced an unknown one. A body
/// that is no JSON object comes back as it is.
#[must_use]
pub fn with_browser_id(body: &str, browser_id: &BrowserId) -> String {
    let Ok(mut fields) = serde_json::from_str::<Map<String, Value>>(body) else {
        return body.to_owned();
    };
    fields.insert("browser_id".to_owned(), browser_id.as_str().into());
    serde_json::to_string(&fields).unwrap_or_else(|_| body.to_owned())
}

/// The browser id in the body of an event.
#[must_use]
pub fn browser_id(body: &str) -> Option<BrowserId> {
    #[derive(Deserialize)]
    struct Fields<'b> {
        #[serde(borrow)]
        browser_id: Cow<'b, str>,
    }
    let fields: Fields<'_> = serde_json::from_str(body).ok()?;
    BrowserId::parse(&fields.browser_id)
}

/// The fields of a VIEW, by their names on the wire.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct View<'a> {
    pub r#type: &'static str,
    pub channel: &'a str,
    pub language: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<&'a str>,
    pub page: &'a str,
    pub pos: &'a str,
    pub browser_id: &'a str,
    pub client_key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requested_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referrer: Option<&'a str>,
    /// Every name begins with `utm_`, so that none can take the place of a field above.
    #[serde(flatten)]
    pub utm: BTreeMap<&'a str, &'a str>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub ext: Map<String, Value>,
}

impl View<'_> {
    /// The event under `id`.
    pub(crate) fn into_event(self, id: String) -> Event {
        // Only texts under text keys: serde_json has nothing to refuse.
        let body = serde_json::to_string(&self).unwrap_or_default();
        Event { id, body }
    }
}

/// `epoch_ms` (milliseconds since 1970) as ISO 8601 in UTC with milliseconds, as Sitecore's SDKs write it; `None` after
/// the year 9999.
pub(crate) fn iso_8601(epoch_ms: u64) -> Option<String> {
    let nanoseconds = i128::from(epoch_ms) * 1_000_000;
    let at = OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).ok()?;
    let (year, month, day) = at.to_offset(UtcOffset::UTC).to_calendar_date();
    let (hour, minute, second, ms) = at.to_hms_milli();
    let month = u8::from(month);
    Some(format!(
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEW: &str = "11111111-1111-4111-8111-111111111111";

    #[test]
    fn an_event_does_not_show_its_fields_in_a_log() {
        let body = r#"{"email":"j@d.ie"}"#;
        let event = Event::new("e1".to_owned(), &serde_json::from_str(body).unwrap());
        assert_eq!(event.body, body);
        assert_eq!(format!("{event:?}"), "Event(e1)");
    }

    #[test]
    fn a_replaced_id_changes_nothing_else() {
        let id = BrowserId::parse(NEW).unwrap();
        let body = r#"{"browser_id":"old","ext":{"price":9.5},"type":"VIEW"}"#;
        assert_eq!(with_browser_id(body, &id), body.replace("old", NEW));
        for odd in ["", "[]", "{", "null"] {
            assert_eq!(with_browser_id(odd, &id), odd);
        }
    }

    #[test]
    fn the_id_of_an_event_is_read_from_its_body() {
        let id = BrowserId::parse(NEW);
        let escaped = NEW.replacen('1', "\\u0031", 1);
        for text in [NEW, &escaped] {
            let body = format!(r#"{{"type":"VIEW","ext":{{"a":[1]}},"browser_id":"{text}"}}"#);
            assert_eq!(browser_id(&body), id, "{body}");
        }
        for none in [
            "",
            "{}",
            "[]",
            r#"{"browser_id":1}"#,
            r#"{"browser_id":"x"}"#,
        ] {
            assert_eq!(browser_id(none), None, "{none}");
        }
    }

    #[test]
    fn times_are_written_in_utc_with_milliseconds() {
        #[rustfmt::skip]
        let cases = [
            (0, Some("1970-01-01T00:00:00.000Z")),
            (1, Some("1970-01-01T00:00:00.001Z")),
            (951_782_400_000, Some("2000-02-29T00:00:00.000Z")),
            (1_795_311_366_248, Some("2026-11-22T01:36:06.248Z")),
            (253_402_300_799_999, Some("9999-12-31T23:59:59.999Z")),
            (253_402_300_800_000, None),
            (u64::MAX, None),
        ];
        for (ms, expected) in cases {
            assert_eq!(iso_8601(ms).as_deref(), expected, "{ms}");
        }
    }
}
