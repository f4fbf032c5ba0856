//! HTML of texts that may hold anything: ASCII, so that it means the same in every charset.
//!
//! In: texts. Out: the same texts as content of an element or of a double-quoted attribute.

use std::fmt::{self, Display, Write as _};

/// A text as HTML, wherever it stands.
pub(super) struct Text<'t>(pub(super) &'t str);

impl Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '\0' => f.write_str("&#xFFFD;")?,
                ' ' | '!' | '#'..='%' | '('..=';' | '=' | '?'..='~' => f.write_char(c)?,
                _ => write!(f, "&#x{:X};", u32::from(c))?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_in_a_text_is_markup() {
        assert_eq!(
            Text("a<b>&\"'\u{0}\r\né😀~").to_string(),
            "a&#x3C;b&#x3E;&#x26;&#x22;&#x27;&#xFFFD;&#xD;&#xA;&#xE9;&#x1F600;~"
        );
    }

    proptest! {
        #[test]
        fn every_text_becomes_ascii_without_a_sign_of_markup(text in any::<String>()) {
            let html = Text(&text).to_string();
            prop_assert!(html.is_ascii() && !html.contains(['<', '>', '"', '\'', '\0']));
        }
    }
}
