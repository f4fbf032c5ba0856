//! In: a response with `{{ guest.firstName }}` in its strings. Out: the JSON that is sent. Pure.

use minijinja::Environment;
use minijinja::value::Serde;
use serde_json::{Value, json};

use super::Asked;

/// Fills in every string of the response, at any depth.
///
/// # Errors
/// What the template engine says of the first string that is no template.
pub fn fill(response: &Value, asked: &Asked) -> Result<Value, String> {
    let visitor = &asked.visitor;
    let context = json!({
        "guest": visitor.guest, "params": asked.params, "language": asked.language,
        "visits": visitor.visits, "page_views": visitor.page_views,
    });
    fill_value(response, &Environment::empty(), &context)
}

fn fill_value(
    value: &Value,
    environment: &Environment<'_>,
    context: &Value,
) -> Result<Value, String> {
    Ok(match value {
        Value::String(text) if text.contains("{{") || text.contains("{%") => Value::String(
            environment
                .render_str(text, minijinja::Value::from(Serde(context)))
                .map_err(|error| error.to_string())?,
        ),
        Value::Array(items) => Value::Array(
            items
                .iter()
                .map(|item| fill_value(item, environment, context))
                .collect::<Result<_, _>>()?,
        ),
        Value::Object(map) => {
            let filled = map
                .iter()
                .map(|(name, value)| Ok((name.clone(), fill_value(value, environment, context)?)));
            Value::Object(filled.collect::<Result<_, String>>()?)
        }
        other => other.clone(),
    })
}
