//! What a value of an event must look like.
//!
//! In: one JSON value. Out: whether it fits, and the words for what was expected. No rule changes a value: what is
//! sent is what was given.

use serde_json::Value;

use crate::{
    cdp::date_time::{Clock, is_date, is_date_time},
    config::is_reserved_type,
};

/// Characters of a name, a page, an identifier: far more than any real one has.
const MAX_TEXT: usize = 512;
/// Bytes of a URL.
const MAX_URL: usize = 2048;
/// Letters of a code (type, channel, status).
const MAX_CODE: usize = 64;
/// Characters of a provider or point of sale, as in the configuration.
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

/// A text of one line.
pub(super) const TEXT: Rule = rule("a text of one line with 1 to 512 characters", |value| {
    is(value, |text| {
        text.chars().count() <= MAX_TEXT && printable(text)
    })
});
/// A provider or point of sale.
pub(super) const NAME: Rule = rule(
    "1 to 128 printable characters, no space around them",
    |value| {
        is(value, |text| {
            text.chars().count() <= MAX_NAME && text.trim() == text && printable(text)
        })
    },
);
/// `SIGNUP`.
pub(super) const CODE: Rule = rule("1 to 64 upper-case letters, digits and _", |value| {
    is(value, is_code)
});
/// A custom event's type.
pub(super) fn is_custom_type(code: &str) -> bool {
    is_code(code) && !is_reserved_type(code)
}
/// `SKU-1`: what must be in upper case, but may hold more than letters.
pub(super) const UPPER: Rule = rule("a text in upper case with 1 to 512 characters", |value| {
    (TEXT.fits)(value) && is(value, |text| !text.chars().any(char::is_lowercase))
});
/// ISO 639-1.
pub(super) const LANGUAGE: Rule = rule(
    "a language of two upper-case letters (ISO 639-1) such as \"EN\"",
    |value| is(value, |text| letters(text, 2)),
);
/// ISO 4217.
pub(super) const CURRENCY: Rule = rule(
    "a currency of three upper-case letters (ISO 4217) such as \"EUR\"",
    |value| is(value, |text| letters(text, 3)),
);
/// ISO 3166-1 alpha-2.
pub(super) const COUNTRY: Rule = rule(
    "a country of two upper-case letters (ISO 3166-1) such as \"IE\"",
    |value| is(value, |text| letters(text, 2)),
);
/// IATA code of an airport or a city.
pub(super) const AIRPORT: Rule = rule(
    "an airport or city of three upper-case letters (IATA) such as \"DUB\"",
    |value| is(value, |text| letters(text, 3)),
);
/// `name@host`; whether anybody reads it is not ours to know.
pub(super) const EMAIL: Rule = rule("an email address of at most 254 characters", |value| {
    is(value, |text| {
        text.len() <= 254
            && !text.chars().any(|c| c.is_whitespace() || c.is_control())
            && text
                .rsplit_once('@')
                .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty())
    })
});
/// As the CDP spells it.
pub(super) const GENDER: Rule = rule("\"female\", \"male\" or \"unknown\"", |value| {
    is(value, |text| matches!(text, "female" | "male" | "unknown"))
});
/// A web page.
pub(super) const URL: Rule = rule("an http or https URL of at most 2048 bytes", |value| {
    is(value, |text| {
        text.len() <= MAX_URL
            && printable(text)
            && (text.starts_with("https://") || text.starts_with("http://"))
    })
});
/// When an identifier ends.
pub(super) const MINUTE: Rule = rule(
    "a date and time as YYYY-MM-DDThh:mm, such as \"2030-01-31T00:00\"",
    |value| is(value, |text| is_date_time(text, &[Clock::Minutes])),
);
/// A birthday: the Engage and Cloud SDKs send midnight along, the Content SDK the date alone.
pub(super) const BIRTHDAY: Rule = rule(
    "a date as YYYY-MM-DD or YYYY-MM-DDThh:mm, such as \"1984-04-15\"",
    |value| {
        is(value, |text| {
            is_date(text) || is_date_time(text, &[Clock::Minutes])
        })
    },
);
/// When something was ordered.
pub(super) const INSTANT: Rule = rule(
    "a date and time of ISO 8601, such as \"2030-01-31T10:00:00.000Z\"",
    |value| {
        is(value, |text| {
            is_date_time(text, &[Clock::Minutes, Clock::Seconds, Clock::Zone])
        })
    },
);
/// Local time, as on a ticket.
pub(super) const LOCAL: Rule = rule(
    "a local date and time without zone, such as \"2030-01-31T10:00\"",
    |value| {
        is(value, |text| {
            is_date_time(text, &[Clock::Minutes, Clock::Seconds])
        })
    },
);
/// A price: refunds are below zero.
pub(super) const PRICE: Rule = rule("a number (not a text) such as 9.5", Value::is_number);
/// A quantity.
pub(super) const QUANTITY: Rule = rule("a number (not a text) from 0", |value| {
    value.as_f64().is_some_and(|number| number >= 0.0)
});
/// Travellers.
pub(super) const COUNT: Rule = rule("a whole number from 0 to 999", |value| {
    value.as_u64().is_some_and(|count| count <= 999)
});
/// `"1"`.
pub(super) const ONE: Rule = rule("\"1\"", |value| is(value, |text| text == "1"));

/// Any of `choices`.
pub(super) fn one_of(value: &Value, choices: &[&str]) -> bool {
    is(value, |text| choices.contains(&text))
}

fn is(value: &Value, fits: impl FnOnce(&str) -> bool) -> bool {
    value.as_str().is_some_and(fits)
}

fn is_code(text: &str) -> bool {
    (1..=MAX_CODE).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

fn letters(text: &str, count: usize) -> bool {
    text.len() == count && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

fn printable(text: &str) -> bool {
    !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn every_rule_takes_what_the_cdp_takes_and_no_more() {
        let long = "a".repeat(MAX_TEXT + 1);
        #[rustfmt::skip]
        let cases: &[(Rule, &[&str], &[&str])] = &[
            (TEXT, &["a", "é b", "日本"], &["a\nb", "\u{0}", &long]),
            (NAME, &["email", "shop/ie", "CRM id"], &[" email", "email ", "a\tb", &long]),
            (CODE, &["A", "SIGN_UP_2", "9"], &["a", "SIGN-UP", "SIGN UP", "É", &"A".repeat(65)]),
            (UPPER, &["SKU-1", "A B", "1"], &["sku", "É é"]),
            (LANGUAGE, &["EN"], &["en", "ENG", "E", "É"]),
            (CURRENCY, &["EUR"], &["eur", "EU", "EURO", "€"]),
            (COUNTRY, &["IE"], &["ie", "IRL"]),
            (AIRPORT, &["DUB"], &["dub", "EIDW"]),
            (EMAIL, &["j@d.ie", "a+b@c", "\"a@b\"@c", "ü@ü.example"], &["j", "@d.ie", "j@", "j d@e", "j@d\n", &format!("{long}@b")]),
            (GENDER, &["female", "male", "unknown"], &["Female", "f"]),
            (URL, &["https://a.test/b?c", "http://a"], &["//a", "/a", "ftp://a", "javascript:1", "https://a\n"]),
            (MINUTE, &["2030-01-01T00:00", "2028-02-29T23:59"], &["2030-01-01", "2030-1-1T00:00", "2029-02-29T00:00",
                "2030-01-01T24:00", "2030-01-01T00:60", "2030-01-01T00:00:00", "2030-01-01T00:00Z", "2030-13-01T00:00",
                "2030-01-01 00:00", "+030-01-01T00:00", "2030-01-01T+1:00", "2030-01-01T0:00", "T", "2030-01-01T00"]),
            (BIRTHDAY, &["1984-04-15", "1984-04-15T00:00"], &["15.04.1984", "1984-04-31", "1984", "1984-04-15T00:00:00Z", "--", ""]),
            (INSTANT, &["2030-01-01T00:00:00.000Z", "2030-01-01T00:00:00Z", "2030-01-01T00:00", "2030-01-01T00:00:59+01:00",
                "2030-01-01T00:00:00.1234567-11:30", "2030-01-01T00:00Z"], &["2030-01-01", "2030-01-01T00:00:00.Z",
                "2030-01-01T00:00.5Z", "2030-01-01T00:00:61Z", "2030-01-01T00:00:00+24:00", "2030-01-01T00:00:00+1",
                "2030-01-01T00:00:00:00", "now", "T"]),
            (LOCAL, &["2030-01-01T10:00", "2030-01-01T10:00:00"], &["2030-01-01T10:00Z", "2030-01-01T10:00:00+01:00"]),
            (ONE, &["1"], &["0", "01"]),
        ];
        for (rule, good, bad) in cases {
            for text in *good {
                assert!((rule.fits)(&json!(text)), "{}: {text}", rule.expected);
            }
            for text in *bad {
                assert!(!(rule.fits)(&json!(text)), "{}: {text}", rule.expected);
            }
            for other in [
                json!(1),
                json!(true),
                json!(["EUR"]),
                json!({}),
                json!(null),
            ] {
                assert!(!(rule.fits)(&other), "{}: {other}", rule.expected);
            }
        }
    }

    #[test]
    fn numbers_are_numbers_and_not_texts() {
        #[rustfmt::skip]
        let cases: &[(Rule, &[Value], &[Value])] = &[
            (PRICE, &[json!(9.5), json!(-1), json!(0)], &[json!("9.5"), json!(true), json!([1])]),
            (QUANTITY, &[json!(1), json!(0), json!(1.5)], &[json!(-1), json!("1")]),
            (COUNT, &[json!(0), json!(999)], &[json!(1000), json!(-1), json!(1.5), json!("1")]),
        ];
        for (rule, good, bad) in cases {
            assert!(
                good.iter().all(|value| (rule.fits)(value)),
                "{}",
                rule.expected
            );
            assert!(
                !bad.iter().any(|value| (rule.fits)(value)),
                "{}",
                rule.expected
            );
        }
    }

    #[test]
    fn a_custom_type_is_none_of_the_cdps_own() {
        for (text, custom) in [
            ("SIGNUP", true),
            ("VIEW", false),
            ("TRACKING", false),
            ("CLICK", false),
            ("signup", false),
        ] {
            assert_eq!(is_custom_type(text), custom, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,40}|[0-9T:.Z+-]{0,40}") {
            let value = json!(text);
            for rule in [TEXT, NAME, CODE, UPPER, LANGUAGE, EMAIL, URL, MINUTE, BIRTHDAY, INSTANT, LOCAL] {
                let _ = (rule.fits)(&value);
            }
        }
    }
}
