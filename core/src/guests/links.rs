//! Links in the CDP's answers: XM's server cannot follow those of the CDP's host, only first-party ones.
//!
//! In: the answer's JSON. Out: the same, with each `href` to a guest or an extension as a path below the prefix. Other
//! links stay as they are.

use serde_json::Value;
use url::{Url, form_urlencoded};

use super::route::{ROUTES, extension_name};
use crate::config::EXTENSIONS;
use crate::request::shape::captures;

/// The parameters of a search: the CDP's names, and ours.
const PARAMETERS: [(&str, &str); 5] = [
    ("email", "email"),
    ("identifiers.provider", "provider"),
    ("identifiers.id", "id"),
    ("offset", "offset"),
    ("limit", "limit"),
];

/// Rewrites every `href` in `value`. `prefix`: of the endpoints, such as `/_cdp`.
pub(super) fn rewrite(value: &mut Value, prefix: &str) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| rewrite(item, prefix)),
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(link) if name == "href" => {
                        if let Some(own) = own_link(link, prefix) {
                            *link = own;
                        }
                    }
                    other => rewrite(other, prefix),
                }
            }
        }
        _ => {}
    }
}

fn own_link(link: &str, prefix: &str) -> Option<String> {
    let url = Url::parse(link).ok()?;
    let path = url.path();
    let below = path
        .strip_prefix("/v2.1/")
        .or_else(|| path.strip_prefix("/v2/"))?;
    let own = own_path(below)?;
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in url.query_pairs() {
        if let Some((_, own)) = PARAMETERS.iter().find(|(theirs, _)| name == *theirs) {
            query.append_pair(own, &value);
        }
    }
    let query = query.finish();
    let mark = if query.is_empty() { "" } else { "?" };
    Some(format!("{prefix}/{own}{mark}{query}"))
}

/// The CDP writes the extension `ext1` as `guests/{ref}/ext1`, `…/extensions/ext1` or, in v2, `…/extext1/{its ref}`.
fn own_path(below: &str) -> Option<String> {
    let is_served = |path: &str| {
        ROUTES
            .iter()
            .any(|(shape, _)| captures(shape, path).is_some())
    };
    let segments: Vec<&str> = below.split('/').collect();
    let path = match segments.as_slice() {
        ["guests", guest, name] if extension_name(name).is_some() => {
            format!("guests/{guest}/extensions/{name}")
        }
        ["guests", guest, legacy, ..] if legacy_name(legacy).is_some() => {
            let name = legacy_name(legacy).unwrap_or(EXTENSIONS[0]);
            format!("guests/{guest}/extensions/{name}")
        }
        _ => below.to_owned(),
    };
    is_served(&path).then_some(path)
}

fn legacy_name(segment: &str) -> Option<&'static str> {
    extension_name(segment.strip_prefix("ext")?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn links_lead_to_the_first_party() {
        #[rustfmt::skip]
        let cases = [
            ("https://api.example/v2.1/guests/r", "/_cdp/guests/r"),
            ("https://api.example/v2/guests/r", "/_cdp/guests/r"),
            ("http://127.0.0.1:8082/v2.1/guests/r/extensions", "/_cdp/guests/r/extensions"),
            ("https://api.example/v2.1/guests/r/extensions/ext1", "/_cdp/guests/r/extensions/ext1"),
            ("https://api.example/v2.1/guests/r/ext1", "/_cdp/guests/r/extensions/ext1"),
            ("https://api.example/v2/guests/r/extext/x", "/_cdp/guests/r/extensions/ext"),
            ("https://api.example/v2/guests/r/extext5", "/_cdp/guests/r/extensions/ext5"),
            ("https://api.example/v2.1/guests?email=j%2Bd%40d.ie&offset=10&limit=10&expand=true", "/_cdp/guests?email=j%2Bd%40d.ie&offset=10&limit=10"),
            ("https://api.example/v2.1/guests?identifiers.provider=BX+LP&identifiers.id=1", "/_cdp/guests?provider=BX+LP&id=1"),
            ("https://api.example/v2.1/guests/r/orders", "https://api.example/v2.1/guests/r/orders"),
            ("https://api.example/v2/orders/r", "https://api.example/v2/orders/r"),
            ("https://api.example/v2/guests/r/extLoyalty/x", "https://api.example/v2/guests/r/extLoyalty/x"),
            ("not a url", "not a url"),
        ];
        for (link, expected) in cases {
            let mut value = json!({"href": link, "items": [{"href": link, "text": link}], "next": {"href": link}});
            rewrite(&mut value, "/_cdp");
            assert_eq!(
                value,
                json!({"href": expected, "items": [{"href": expected, "text": link}], "next": {"href": expected}})
            );
        }
    }
}
