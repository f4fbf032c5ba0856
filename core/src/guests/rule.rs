//! What a value must look like.
//!
//! In: one JSON value. Out: whether it fits, and the words for what was expected. No rule changes a value.

use serde_json::Value;

use crate::cdp::date_time::{Clock, is_date, is_date_time};

/// Characters of a name, a street, an identifier: far more than any real one has.
const MAX_TEXT: usize = 512;
/// Characters of a provider.
const MAX_NAME: usize = 128;

/// A rule.
#[derive(Clone, Copy)]
pub(super) struct Rule {
    /// Reads on after "expected".
    pub(super) expected: &'static str,
    /// Whether a value obeys.
    pub(super) fits: fn(&Value) -> bool,
}

const fn rule(expected: &'static str, fits: fn(&Value) -> bool) -> Rule {
    Rule { expected, fits }
}

/// A text that may be emptied.
pub(super) const TEXT: Rule = rule("a text of one line with at most 512 characters", |value| {
    is(value, |text| {
        text.chars().count() <= MAX_TEXT && printable(text)
    })
});
/// A text with something in it.
pub(super) const LINE: Rule = rule("a text of one line with 1 to 512 characters", |value| {
    (TEXT.fits)(value) && is(value, |text| !text.trim().is_empty())
});
/// A provider.
pub(super) const NAME: Rule = rule(
    "1 to 128 printable characters, no space around them",
    |value| {
        is(value, |text| {
            (1..=MAX_NAME).contains(&text.chars().count()) && text.trim() == text && printable(text)
        })
    },
);
/// `name@host`; whether anybody reads it is not ours to know.
pub(super) const EMAIL: Rule = rule("an email address of at most 254 characters", |value| {
    is(value, is_email)
});
/// The same, where a form's encoding turns `+` into a space.
pub(super) const EMAIL_IN_QUERY: Rule = rule(
    "an email address of at most 254 characters, percent-encoded (%2B for a plus sign)",
    |value| is(value, is_email),
);
/// As the CDP spells it.
pub(super) const GUEST_TYPE: Rule =
    rule("one of \"customer\", \"traveller\", \"visitor\"", |value| {
        is(value, |text| {
            matches!(text, "customer" | "traveller" | "visitor")
        })
    });
/// As the CDP spells it.
pub(super) const GENDER: Rule = rule("one of \"female\", \"male\", \"unknown\"", |value| {
    is(value, |text| matches!(text, "female" | "male" | "unknown"))
});
/// ISO 3166-1 alpha-2.
pub(super) const COUNTRY: Rule = rule(
    "a country of two upper-case letters (ISO 3166-1) such as \"IE\"",
    |value| {
        is(value, |text| {
            two_letters(text) && text == text.to_ascii_uppercase()
        })
    },
);
/// ISO 639-1.
pub(super) const LANGUAGE: Rule = rule(
    "a language of two letters (ISO 639-1) such as \"EN\"",
    |value| is(value, two_letters),
);
/// A day, or a moment of it.
pub(super) const MOMENT: Rule = rule(
    "a date such as \"1984-04-15\", or a date and time of ISO 8601 such as \"1984-04-15T00:00:00.000Z\"",
    |value| {
        is(value, |text| {
            is_date(text) || is_date_time(text, &[Clock::Minutes, Clock::Seconds, Clock::Zone])
        })
    },
);
/// What an extension holds.
pub(super) const PRIMITIVE: Rule = rule(
    "a text, a number, true or false (to remove a field, delete it; to group fields, begin their names alike)",
    |value| matches!(value, Value::String(_) | Value::Number(_) | Value::Bool(_)),
);

fn is(value: &Value, fits: impl FnOnce(&str) -> bool) -> bool {
    value.as_str().is_some_and(fits)
}

fn is_email(text: &str) -> bool {
    text.len() <= 254
        && !text.chars().any(|c| c.is_whitespace() || c.is_control())
        && text
            .rsplit_once('@')
            .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty())
}

fn two_letters(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

fn printable(text: &str) -> bool {
    !text.chars().any(char::is_control)
}
