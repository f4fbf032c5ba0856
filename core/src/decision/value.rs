//! How a value of a decision reads as text and as a condition.
//!
//! In: JSON values. Out: text or a verdict. It never escapes: that depends on where the text goes.

use serde_json::Value;

/// The value as text: a string as it is, a number or boolean as JSON writes it; anything else is the wrong type.
#[must_use]
pub fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// `data-cdp-if`: true, a non-empty string or a non-zero number.
#[must_use]
pub fn is_shown(value: &Value) -> bool {
    match value {
        Value::Bool(truth) => *truth,
        Value::String(text) => !text.is_empty(),
        Value::Number(number) => number.as_f64().is_some_and(|number| number != 0.0),
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn text_is_for_scalars_only() {
        assert_eq!(text_of(&json!("a<b")).as_deref(), Some("a<b"));
        assert_eq!(text_of(&json!(12)).as_deref(), Some("12"));
        assert_eq!(text_of(&json!(-1.5)).as_deref(), Some("-1.5"));
        assert_eq!(text_of(&json!(true)).as_deref(), Some("true"));
        for wrong in [json!(null), json!([]), json!({})] {
            assert_eq!(text_of(&wrong), None);
        }
    }

    #[test]
    fn a_condition_shows_truth_text_and_numbers() {
        for shown in [json!(true), json!("no"), json!(1), json!(-0.5)] {
            assert!(is_shown(&shown), "{shown}");
        }
        for hidden in [
            json!(false),
            json!(""),
            json!(0),
            json!(0.0),
            json!(null),
            json!([1]),
            json!({"a":1}),
        ] {
            assert!(!is_shown(&hidden), "{hidden}");
        }
    }
}
