//! Escaping by context (OWASP cross-site scripting prevention, rules 1 and 2).
//!
//! In: a value. Out: the same value as HTML text or as the content of a double-quoted attribute. It never
//! decides whether a value may stand somewhere.

/// Appends `value` as the text of an element named `element`: nothing in it can be markup, in an element's content or in RCDATA.
pub(super) fn text(value: &str, element: &str, out: &mut String) {
    // Right behind these start tags a parser drops one newline, be it written as a reference.
    if value.starts_with('\n') && matches!(element, "listing" | "pre" | "textarea") {
        out.push('\n');
    }
    escape(value, out);
}

/// Appends `value` as the content of a double-quoted attribute.
pub(super) fn attribute(value: &str, out: &mut String) {
    escape(value, out);
}

fn escape(value: &str, out: &mut String) {
    out.reserve(value.len());
    for c in value.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // Unescaped, a parser would make it a newline; NUL it would drop or replace, by context.
            '\r' => out.push_str("&#13;"),
            '\0' => out.push('\u{FFFD}'),
            _ => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn as_text(value: &str) -> String {
        let mut out = String::new();
        text(value, "b", &mut out);
        out
    }

    #[test]
    fn markup_in_a_value_is_text() {
        assert_eq!(
            as_text("</script><img src=x onerror='a' \"b\"> & co"),
            "&lt;/script&gt;&lt;img src=x onerror=&#39;a&#39; &quot;b&quot;&gt; &amp; co"
        );
        assert_eq!(as_text("\nfirst\nsecond"), "\nfirst\nsecond");
        assert_eq!(as_text("a\0b\rc"), "a\u{FFFD}b&#13;c");
        assert_eq!(as_text("grüß 🙂"), "grüß 🙂");
    }

    #[test]
    fn the_first_newline_is_kept_where_a_parser_drops_one() {
        for (element, expected) in [("pre", "\n\na"), ("textarea", "\n\na"), ("p", "\na")] {
            let mut out = String::new();
            text("\na", element, &mut out);
            assert_eq!(out, expected, "{element}");
        }
    }
}
