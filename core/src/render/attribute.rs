//! Which attributes a decision may set, and to what.
//!
//! In: element name, attribute name, value. Out: the attribute's text or the reason why not. It never looks at
//! the page: an attribute is judged by its name alone.

use serde_json::Value;

use super::url_rule;
use crate::{decision::text_of, reason::BadMark};

/// The text that attribute `name` of a `tag` element takes from `value`.
///
/// # Errors
/// The attribute is never a decision's to set, its URL is not allowed, or the value is no scalar.
pub(super) fn value_for(tag: &str, name: &str, value: &Value) -> Result<String, BadMark> {
    if refused(tag, name) {
        return Err(BadMark::AttributeRefused);
    }
    let text = text_of(value).ok_or(BadMark::WrongType)?;
    let allowed = match name {
        "srcset" | "imagesrcset" => url_rule::srcset_allowed(&text),
        "ping" | "archive" => url_rule::list_allowed(&text),
        _ if URL_ATTRIBUTES.contains(&name) => url_rule::allowed(&text),
        _ => true,
    };
    allowed.then_some(text).ok_or(BadMark::UrlRefused)
}

/// Whether no decision may set the attribute: it is script, style, our own mark, or changes what the element is.
#[must_use]
pub fn refused(tag: &str, name: &str) -> bool {
    name.starts_with("on")
        || name.starts_with("data-cdp-")
        || NEVER.contains(&name)
        || !name.bytes().all(is_name_byte)
        || POWERFUL_ELEMENTS.contains(&tag)
        // SVG animations can aim at href.
        || (SVG_ANIMATIONS.contains(&tag) && matches!(name, "to" | "from" | "by" | "values" | "attributename"))
}

/// The names that a template's own markup can carry; a name never comes from a decision.
fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b':' | b'.')
}

const NEVER: &[&str] = &[
    "allow",
    "http-equiv",
    "integrity",
    "is",
    "nonce",
    "sandbox",
    "srcdoc",
    "style",
    "xmlns",
];

/// Elements that run, load or redirect: a value there would be code.
const POWERFUL_ELEMENTS: &[&str] = &[
    "applet", "base", "embed", "link", "meta", "object", "script", "style",
];

const SVG_ANIMATIONS: &[&str] = &["animate", "animatemotion", "animatetransform", "set"];

/// Attributes that hold one URL (HTML Standard, "attributes" index, and the obsolete ones browsers still read).
const URL_ATTRIBUTES: &[&str] = &[
    "action",
    "background",
    "cite",
    "classid",
    "codebase",
    "data",
    "dynsrc",
    "formaction",
    "href",
    "icon",
    "itemid",
    "itemtype",
    "longdesc",
    "lowsrc",
    "manifest",
    "poster",
    "profile",
    "src",
    "usemap",
    "xlink:href",
    "xml:base",
];

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn script_style_and_own_marks_are_never_set() {
        for (tag, name) in [
            ("a", "onclick"),
            ("div", "style"),
            ("iframe", "srcdoc"),
            ("div", "data-cdp-text"),
            ("script", "src"),
            ("base", "href"),
            ("set", "to"),
            ("iframe", "sandbox"),
            ("link", "href"),
            ("a", "on"),
            ("a", "a=b"),
        ] {
            let set = value_for(tag, name, &json!("/x"));
            assert_eq!(set, Err(BadMark::AttributeRefused), "{tag} {name}");
        }
    }

    #[test]
    fn url_attributes_take_urls_only_and_others_take_text() {
        assert_eq!(value_for("a", "href", &json!("/b")), Ok("/b".to_owned()));
        assert_eq!(
            value_for("a", "href", &json!("javascript:1")),
            Err(BadMark::UrlRefused)
        );
        assert_eq!(
            value_for("img", "srcset", &json!("data:x 1x")),
            Err(BadMark::UrlRefused)
        );
        assert_eq!(
            value_for("a", "title", &json!("javascript:1")),
            Ok("javascript:1".to_owned())
        );
        assert_eq!(value_for("input", "value", &json!(3)), Ok("3".to_owned()));
        assert_eq!(
            value_for("img", "alt", &json!(null)),
            Err(BadMark::WrongType)
        );
        assert_eq!(
            value_for("a", "ping", &json!("/a /b")),
            Ok("/a /b".to_owned())
        );
        assert_eq!(
            value_for("a", "ping", &json!("/a javascript:1")),
            Err(BadMark::UrlRefused),
            "every URL of a list counts"
        );
    }

    #[test]
    fn only_what_animates_href_is_refused_to_an_animation() {
        for (tag, name, is_refused) in [
            ("set", "to", true),
            ("animate", "values", true),
            ("animate", "id", false),
            ("a", "from", false),
            ("li", "values", false),
        ] {
            assert_eq!(refused(tag, name), is_refused, "{tag} {name}");
        }
    }
}
