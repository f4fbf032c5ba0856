//! One JSON value of an export as what it says of experiments.
//!
//! In: a value: a VIEW event as it was sent or as the CDP keeps it, a request of the stand-in's log, a log line of the Worker,
//! alone or as `wrangler tail --format json` and Workers Logs wrap it. Out: [`Record`]s. What is none of these is skipped.

use serde_json::{Map, Value};

/// What is said by one event or one line.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// What a visitor saw on a page, as the CDP was told.
    View(View),
    /// What became of a page's components, without a visitor.
    Page(Page),
}

/// A VIEW event.
#[derive(Clone, Debug, PartialEq)]
pub struct View {
    /// The browser id.
    pub visitor: String,
    /// When: comparable among events of one export, nothing else.
    pub at: Option<String>,
    /// Friendly id and variant.
    pub shown: Vec<(String, String)>,
}

/// A log line of a page.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// Whether it is the first page view of its visitor: the only one that is sure to be another person's.
    pub first: bool,
    /// All components.
    pub components: Vec<Component>,
}

/// A component of a log line.
#[derive(Clone, Debug, PartialEq)]
pub struct Component {
    /// The friendly id.
    pub friendly_id: String,
    /// Whether it is marked as an experiment.
    pub experiment: bool,
    /// What was shown; an error: why nothing was, or [`UNSAID`].
    pub shown: Result<String, String>,
}

/// The line tells that something was shown, and not what.
pub const UNSAID: &str = "unsaid";

/// How deep exports wrap what is looked for.
const MAX_DEPTH: u32 = 8;

/// Appends what `value` says.
pub fn records(value: &Value, out: &mut Vec<Record>) {
    look(value, 0, out);
}

fn look(value: &Value, depth: u32, out: &mut Vec<Record>) {
    if depth > MAX_DEPTH {
        return;
    }
    match value {
        Value::Array(values) => values.iter().for_each(|value| look(value, depth + 1, out)),
        // A log's message: JSON as text.
        Value::String(text) if text.trim_start().starts_with('{') => {
            if let Ok(value) = serde_json::from_str(text) {
                look(&value, depth + 1, out);
            }
        }
        Value::Object(object) => {
            if let Some(record) = view(object).or_else(|| page(object)) {
                out.push(record);
                return;
            }
            // Containers: the stand-in's state and log; the CDP's sessions; tail and Workers Logs.
            let wrapped = [
                "events", "requests", "body", "items", "sessions", "logs", "Logs", "message",
                "Message", "source",
            ];
            for name in wrapped {
                // The stand-in's state has all events in a list, and again in their sessions.
                if name == "sessions" && object.contains_key("events") {
                    continue;
                }
                if let Some(inner) = object.get(name) {
                    look(inner, depth + 1, out);
                }
            }
        }
        _ => {}
    }
}

fn view(event: &Map<String, Value>) -> Option<Record> {
    if event.get("type")?.as_str()? != "VIEW" {
        return None;
    }
    let kept = event.get("arbitraryData").and_then(Value::as_object);
    let data = kept.unwrap_or(event);
    let text = |name: &str| {
        let value = data.get(name).or_else(|| event.get(name))?;
        value.as_str().filter(|text| !text.is_empty())
    };
    if text("channel").is_some_and(|channel| channel.eq_ignore_ascii_case("bot")) {
        return None;
    }
    let visitor = text("browser_id")
        .or_else(|| text("browserRef"))
        .or_else(|| text("browserId"))?;
    // Milliseconds since 1970 as text compare well: they have 13 digits until the year 2286.
    let created = event.get("createdAt").and_then(|at| match at {
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.clone()),
        _ => None,
    });
    let ext = data.get("ext").and_then(Value::as_object);
    let shown = ext.into_iter().flatten().filter_map(|(name, value)| {
        let variant = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => return None,
        };
        Some((name.clone(), variant))
    });
    Some(Record::View(View {
        visitor: visitor.to_owned(),
        at: text("requested_at").map(str::to_owned).or(created),
        shown: shown.collect(),
    }))
}

fn page(line: &Map<String, Value>) -> Option<Record> {
    if line.get("message")?.as_str()? != "xm-edge" || line.get("route")?.as_str()? != "page" {
        return None;
    }
    let components = line.get("components").and_then(Value::as_array);
    let components = components.into_iter().flatten().filter_map(|component| {
        let text = |name: &str| component.get(name).and_then(Value::as_str);
        let result = text("result")?;
        Some(Component {
            friendly_id: text("friendly_id")?.trim_end_matches('*').to_owned(),
            experiment: text("kind") == Some("experiment"),
            shown: match (result, text("shown")) {
                (_, Some(shown)) => Ok(shown.to_owned()),
                ("control", None) => Ok("control".to_owned()),
                ("variant" | "bound", None) => Err(UNSAID.to_owned()),
                (failure, None) => Err(failure.to_owned()),
            },
        })
    });
    Some(Record::Page(Page {
        first: line.get("id").and_then(Value::as_str) == Some("created"),
        components: components.collect(),
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: &Value) -> Vec<Record> {
        let mut out = Vec::new();
        records(value, &mut out);
        out
    }

    fn seen(visitor: &str, at: &str) -> Record {
        Record::View(View {
            visitor: visitor.to_owned(),
            at: Some(at.to_owned()),
            shown: vec![("hero".to_owned(), "b".to_owned())],
        })
    }

    #[test]
    fn a_view_is_read_as_sent_as_kept_and_as_logged() {
        let sent = json!({"type": "VIEW", "browser_id": "v1", "requested_at": "2026-01-01T00:00:00.000Z", "ext": {"hero": "b"}});
        let expected = [seen("v1", "2026-01-01T00:00:00.000Z")];
        assert_eq!(read(&sent), expected);
        assert_eq!(
            read(&json!({"requests": [{"path": "/v1.2/events", "body": sent}]})),
            expected
        );
        let kept = json!({"type": "VIEW", "createdAt": 1_700_000_000_000_u64, "browserRef": "v2", "arbitraryData": {"ext": {"hero": "b"}}});
        assert_eq!(
            read(&json!({"events": [kept]})),
            [seen("v2", "1700000000000")]
        );
        assert_eq!(read(&json!([sent, sent])).len(), 2);
    }

    #[test]
    fn other_events_bots_and_other_json_say_nothing() {
        for other in [
            json!({"type": "IDENTITY", "browser_id": "v", "ext": {"hero": "b"}}),
            json!({"type": "VIEW", "channel": "bot", "browser_id": "v", "ext": {"hero": "b"}}),
            json!({"type": "VIEW", "ext": {"hero": "b"}}),
            json!({"message": "xm-edge", "route": "static_file"}),
            json!({"message": "something else"}),
            json!(null),
            json!("{not json"),
        ] {
            assert!(read(&other).is_empty(), "{other}");
        }
    }

    #[test]
    fn a_log_line_is_read_plain_and_as_tail_wraps_it() {
        let line = json!({"message": "xm-edge", "route": "page", "id": "created", "components": [
            {"kind": "experiment", "friendly_id": "hero", "result": "variant", "shown": "b", "ms": 3},
            {"kind": "experience", "friendly_id": "promo*", "result": "timeout", "ms": 400},
            {"kind": "experiment", "friendly_id": "old", "result": "variant", "ms": 1},
            {"kind": "experiment", "result": "bad_friendly_id", "ms": 0}]});
        let component = |friendly_id: &str, experiment, shown: Result<&str, &str>| Component {
            friendly_id: friendly_id.to_owned(),
            experiment,
            shown: shown.map(str::to_owned).map_err(str::to_owned),
        };
        let expected = [Record::Page(Page {
            first: true,
            components: vec![
                component("hero", true, Ok("b")),
                component("promo", false, Err("timeout")),
                component("old", true, Err("unsaid")),
            ],
        })];
        assert_eq!(read(&line), expected);
        let tail = json!({"outcome": "ok", "logs": [{"level": "log", "message": [line.to_string()], "timestamp": 1}]});
        assert_eq!(read(&tail), expected);
        assert_eq!(read(&json!({"source": line})), expected);
    }
}
