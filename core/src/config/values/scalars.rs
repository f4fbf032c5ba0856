//! Texts, numbers, switches and choices.
//!
//! In: one JSON value. Out: a `&str`, `u32`, `bool` or one of a closed set. Numbers are whole and in range.

use std::ops::RangeInclusive;

use serde_json::Value;

use crate::config::{
    found::{found, mismatch, nearest},
    reader::Read,
};

/// Bytes of one text. The longest that makes sense, a URL or path, is bounded by about this in practice.
const TEXT_BYTES: usize = 2048;

/// A text of 1 to 2048 bytes; `expected` says of what.
pub(super) fn text<'v>(value: &'v Value, expected: &str) -> Read<&'v str> {
    match value {
        Value::String(text) if text.len() > TEXT_BYTES => {
            let bytes = text.len();
            Err(format!(
                "expected {expected} of at most {TEXT_BYTES} bytes, found {bytes} bytes"
            ))
        }
        Value::String(text) if !text.is_empty() => Ok(text),
        _ => Err(mismatch(expected, value)),
    }
}

/// `true` or `false`.
pub(crate) fn flag(value: &Value) -> Read<bool> {
    value.as_bool().ok_or_else(|| {
        let hint = without_quotes(value, |text| matches!(text, "true" | "false"));
        format!("expected true or false, found {}{hint}", found(value))
    })
}

/// A whole number of `unit` in `range`; `400.0` counts as whole, because JavaScript has only such numbers.
pub(crate) fn integer(range: RangeInclusive<u32>, unit: &str) -> impl Fn(&Value) -> Read<u32> {
    move |value| {
        whole(value)
            .filter(|number| range.contains(number))
            .ok_or_else(|| {
                let hint = without_quotes(value, is_number);
                let (least, most) = (range.start(), range.end());
                let found = found(value);
                format!(
                    "expected a whole number of {unit} from {least} to {most}, found {found}{hint}"
                )
            })
    }
}

/// One of `choices`, by its name.
pub(crate) fn choice<T: Copy>(choices: &[(&str, T)]) -> impl Fn(&Value) -> Read<T> {
    move |value| {
        let chosen = choices.iter().find(|(name, _)| value == name);
        chosen.map(|(_, choice)| *choice).ok_or_else(|| {
            let names: Vec<String> = choices
                .iter()
                .map(|(name, _)| format!("{name:?}"))
                .collect();
            let names = names.join(", ");
            let meant = value
                .as_str()
                .and_then(|text| nearest(text, choices.iter().map(|(name, _)| *name)))
                .map(|name| format!("; did you mean {name:?}?"))
                .unwrap_or_default();
            format!("expected one of {names}, found {}{meant}", found(value))
        })
    }
}

fn whole(value: &Value) -> Option<u32> {
    if let Some(number) = value.as_u64() {
        return u32::try_from(number).ok();
    }
    let number = value.as_f64()?;
    let exact = number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number);
    // Whole and in u32's range: nothing is cut off.
    exact.then_some(number as u32)
}

/// As JSON writes numbers; the standard library's `f64` would bring the tables of a second parser along.
fn is_number(text: &str) -> bool {
    serde_json::from_str::<Value>(text).is_ok_and(|value| value.is_number())
}

/// A hint for the commonest slip in TOML: a number or a switch in quotes.
fn without_quotes(value: &Value, fits: impl Fn(&str) -> bool) -> &'static str {
    match value {
        Value::String(text) if fits(text) => "; write it without the quotes",
        _ => "",
    }
}
