//! Attributes that every event may have.
//!
//! In: an event. Out: those of its fields that fit. What the edge knows better (whose browser, which tenant, when) is
//! refused: an event for another visitor can not be asked for.

use serde_json::Value;

use super::{
    attributes,
    fields::Fields,
    kind::Kind,
    rule::{CODE, CURRENCY, LANGUAGE, NAME, TEXT, URL},
};

/// Fields that only the edge fills in.
const OWN: [&str; 3] = ["browser_id", "client_key", "requested_at"];
/// How Sitecore's bot views name their channel, in lower case.
pub(super) const BOT: &str = "bot";

/// Reads them; `kind`: `None` when the type is wrong.
pub(super) fn read(fields: &mut Fields<'_>, kind: Option<Kind>) {
    for name in OWN {
        if fields.take(name).is_some() {
            fields.report(name, "is filled in at the edge: leave it out");
        }
    }
    channel(fields, kind);
    fields.optionals(&[
        ("pos", NAME),
        ("language", LANGUAGE),
        ("currency", CURRENCY),
        ("page", TEXT),
        ("referrer", URL),
    ]);
    for (name, value) in fields.take_all("utm_") {
        utm(fields, &name, value);
    }
    sc_search(fields);
    attributes::session_data(fields);
    attributes::ext(fields);
}

fn channel(fields: &mut Fields<'_>, kind: Option<Kind>) {
    let Some(value) = fields.take("channel") else {
        return;
    };
    let bot = kind == Some(Kind::View) && value.as_str() == Some(BOT);
    if bot || (CODE.fits)(&value) {
        fields.keep("channel", value);
    } else {
        fields.mismatch("channel", "a channel in upper case such as \"WEB\"", &value);
    }
}

fn utm(fields: &mut Fields<'_>, name: &str, value: Value) {
    let is_name = name.len() <= 64
        && name
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if value.is_null() || value.as_str() == Some("") {
    } else if !is_name {
        let problem = "names of utm parameters have at most 64 lower-case letters, digits and _";
        fields.report(name, problem);
    } else if (TEXT.fits)(&value) {
        fields.keep(name, value);
    } else {
        fields.mismatch(name, TEXT.expected, &value);
    }
}

/// What Sitecore Search is told: `data` and `metadata`, two objects.
fn sc_search(fields: &mut Fields<'_>) {
    let Some(value) = fields.take("sc_search") else {
        return;
    };
    let fits = value.get("data").is_some_and(Value::is_object)
        && value.get("metadata").is_none_or(Value::is_object);
    if !fits {
        fields.mismatch("sc_search", "an object with an object `data`", &value);
    } else if let Some(problem) = attributes::problem("sc_search", &value) {
        fields.report("sc_search", problem);
    } else {
        fields.keep("sc_search", value);
    }
}
