//! Inline scripts.
//!
//! In: code of ours and settings. Out: a `script` element whose content ends only where it should.

use std::fmt::Write as _;

use serde_json::Value;

/// Loads the first of `c.library` that loads; an ad blocker that knows the library's own host leaves the first-party
/// copy. The nonce of the inline script goes on to it.
pub(super) const LOADER: &str = "function load(done){\
var n=(d.currentScript||{}).nonce,u=c.library;\
(function next(){\
if(!u.length)return;\
var s=d.createElement(\"script\");\
s.async=true;if(n)s.nonce=n;\
s.onload=done;s.onerror=next;s.src=u.shift();\
d.head.appendChild(s)\
})()}";

/// An inline script that runs `code` with `w` (window), `d` (document) and `c` (`settings`).
pub(super) fn inline(code: &str, settings: &Value, nonce: Option<&str>) -> String {
    let nonce = attribute(nonce);
    let settings = json(settings);
    format!("<script{nonce}>(function(w,d,c){{{code}}})(window,document,{settings})</script>")
}

/// ` nonce="…"`, or nothing.
pub(super) fn attribute(nonce: Option<&str>) -> String {
    nonce.map_or_else(String::new, |nonce| format!(" nonce=\"{nonce}\""))
}

/// JSON that is a JavaScript expression, ASCII, and holds nothing that an HTML parser looks for in a script.
fn json(value: &Value) -> String {
    let json = value.to_string();
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            // Inside texts only: JSON has none of these elsewhere.
            '<' | '>' | '&' | '\'' | '\u{7f}'.. => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn no_setting_ends_the_script() {
        let settings = json!({"pos": "</script><!--<script>&\u{2028}é😀'"});
        assert_eq!(
            inline("x()", &settings, Some("abc=")),
            "<script nonce=\"abc=\">(function(w,d,c){x()})(window,document,{\"pos\":\"\\u003c/script\\u003e\\u003c!--\
             \\u003cscript\\u003e\\u0026\\u2028\\u00e9\\ud83d\\ude00\\u0027\"})</script>"
        );
    }

    proptest! {
        #[test]
        fn every_text_survives_as_ascii(text in any::<String>()) {
            let written = json(&Value::from(text.as_str()));
            prop_assert!(written.is_ascii() && !written.contains(['<', '>', '&']));
            prop_assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
        }
    }
}
