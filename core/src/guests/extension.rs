//! A data extension in the body of a request: the business's own fields.
//!
//! In: bytes. Out: the extension as the CDP takes it, or an answer that names every wrong field.

use serde_json::{Map, Value};

use super::{
    fields::{Fields, invalid, object},
    route::extension_name,
    rule::PRIMITIVE,
};
use crate::{
    answer::{Answer, invalid::Problems},
    config::EXTENSIONS,
};

/// Most extensions of a guest.
pub(super) const EXTENSION_COUNT: usize = EXTENSIONS.len();
/// Most fields of an extension.
const MAX_FIELDS: usize = 100;
/// The only key that an extension can have.
const KEY: &str = "default";
/// Fields that an extension as retrieved has besides.
const OF_THE_CDP: [&str; 5] = ["createdAt", "guest", "href", "modifiedAt", "ref"];

/// Reads the extension in `body`. `named`: by the path; without it the body must have the name.
pub(super) fn read(body: &[u8], named: Option<&'static str>) -> Result<Map<String, Value>, Answer> {
    let mut problems = Problems::default();
    let mut fields = Fields::new(String::new(), object(body)?, &mut problems);
    read_fields(&mut fields, named);
    let extension = fields.finish();
    problems
        .into_result(extension)
        .map_err(|problems| invalid(&problems))
}

/// Reads an extension; gives its name.
pub(super) fn read_fields(
    fields: &mut Fields<'_>,
    named: Option<&'static str>,
) -> Option<&'static str> {
    let name = name(fields, named);
    match fields.take("key") {
        Some(key) if key == KEY => fields.keep("key", key),
        Some(key) => fields.mismatch("key", "\"default\", or nothing", &key),
        None => {}
    }
    fields.drop_all(&OF_THE_CDP);
    let own = fields.rest();
    let count = own.len();
    for (field, value) in own {
        if !is_field_name(&field) {
            fields.report(&field, "expected a name of 1 to 128 letters, digits and _");
        } else if (PRIMITIVE.fits)(&value) {
            fields.keep(field, value);
        } else {
            fields.mismatch(&field, PRIMITIVE.expected, &value);
        }
    }
    if count > MAX_FIELDS {
        fields.report_whole(format!(
            "has {count} fields of its own, at most {MAX_FIELDS} fit"
        ));
    } else if count == 0 {
        fields.report_whole("has no field of its own");
    }
    name
}

fn name(fields: &mut Fields<'_>, named: Option<&'static str>) -> Option<&'static str> {
    let given = fields.take("name");
    let read = given
        .as_ref()
        .and_then(Value::as_str)
        .and_then(extension_name);
    let expected = format!("one of {}", EXTENSIONS.join(", "));
    match (&given, named) {
        (Some(value), Some(named)) if read != Some(named) => {
            fields.mismatch("name", "the name in the path, or nothing", value);
        }
        (Some(value), None) if read.is_none() => fields.mismatch("name", &expected, value),
        (None, None) => fields.report("name", format!("is missing: expected {expected}")),
        (_, Some(_)) => {}
        (Some(_), None) => {
            if let Some(name) = read {
                fields.keep("name", name.into());
            }
        }
    }
    named.or(read)
}

/// Whether an extension's field can be called so.
pub(super) fn is_field_name(name: &str) -> bool {
    (1..=128).contains(&name.len())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(body: &Value, named: Option<&'static str>) -> Vec<String> {
        let answer = read(body.to_string().as_bytes(), named).unwrap_err();
        let document: Value = serde_json::from_str(&answer.body).unwrap();
        let errors = document["errors"].as_array().unwrap().iter();
        errors
            .map(|error| error["field"].as_str().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn the_businesss_own_fields_are_primitive() {
        let body = json!({"name": "ext", "key": "default", "tier": "gold", "points": 12.5, "vip": true, "a_1": ""});
        assert_eq!(
            Value::Object(read(body.to_string().as_bytes(), None).unwrap()),
            body
        );
    }

    #[test]
    fn the_name_is_in_the_body_or_in_the_path() {
        let plain = json!({"tier": "gold"});
        let named = json!({"name": "ext1", "tier": "gold"});
        let read =
            |body: &Value| Value::Object(read(body.to_string().as_bytes(), Some("ext1")).unwrap());
        assert_eq!(read(&plain), plain);
        assert_eq!(read(&named), plain);
        let retrieved = json!({"name": "ext1", "key": "default", "ref": "r", "href": "h", "createdAt": "c", "modifiedAt": "m",
            "guest": {"href": "h"}, "tier": "gold"});
        assert_eq!(read(&retrieved), json!({"key": "default", "tier": "gold"}));
    }

    #[test]
    fn every_wrong_field_is_named_at_once() {
        let many: Map<String, Value> = (0..101).map(|n| (format!("f{n}"), json!(n))).collect();
        let mut named = many.clone();
        named.insert("name".to_owned(), json!("ext"));
        #[rustfmt::skip]
        let cases: &[(Value, Option<&'static str>, &[&str])] = &[
            (json!({"tier": "gold"}), None, &["name"]),
            (json!({"name": "ext6", "tier": "gold"}), None, &["name"]),
            (json!({"name": "Ext", "tier": "gold"}), None, &["name"]),
            (json!({"name": 1, "tier": "gold"}), None, &["name"]),
            (json!({"name": "ext2", "tier": "gold"}), Some("ext"), &["name"]),
            (json!({"name": "ext", "key": "mine", "tier": "gold"}), None, &["key"]),
            (json!({"name": "ext"}), None, &["body"]),
            (json!({}), Some("ext"), &["body"]),
            (json!({"tier": null}), Some("ext"), &["tier"]),
            (json!({"a": {}, "b": [1], "c-d": 1, "": 1, "é": 1}), Some("ext"), &["", "a", "b", "c-d", "é"]),
            (Value::Object(many), Some("ext"), &["body"]),
            (Value::Object(named), None, &["body"]),
            (json!([]), Some("ext"), &["body"]),
        ];
        for (body, named, expected) in cases {
            assert_eq!(fields(body, *named), *expected, "{body}");
        }
        let hundred: Map<String, Value> = (0..100).map(|n| (format!("f{n}"), json!(n))).collect();
        assert!(read(Value::Object(hundred).to_string().as_bytes(), Some("ext")).is_ok());
    }
}
