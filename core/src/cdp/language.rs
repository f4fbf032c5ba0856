//! The language of events and flows.
//!
//! In: the setting and `<html lang>`. Out: two letters in upper case. It never comes out empty: a flow with an empty
//! language is refused (400).

use crate::config::Language;

/// What is sent when the page does not say.
const FALLBACK: &str = "EN";

/// The configured code, else the first two letters of `<html lang>` as Sitecore's SDKs take them, else `EN`.
#[must_use]
pub fn language(setting: &Language, html_lang: Option<&str>) -> String {
    match setting {
        Language::Fixed(code) => code.clone(),
        Language::Html => html_lang
            .and_then(|lang| lang.trim().get(..2))
            .filter(|code| code.bytes().all(|byte| byte.is_ascii_alphabetic()))
            .unwrap_or(FALLBACK)
            .to_ascii_uppercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_has_two_letters_and_is_never_empty() {
        #[rustfmt::skip]
        let cases = [
            (Some("en"), "EN"), (Some("de-AT"), "DE"), (Some(" fr_CA "), "FR"), (Some("zh-Hans-CN"), "ZH"),
            (Some(""), "EN"), (Some("d"), "EN"), (Some("-de"), "EN"), (Some("1a"), "EN"), (Some("éa"), "EN"), (None, "EN"),
        ];
        for (html, expected) in cases {
            assert_eq!(language(&Language::Html, html), expected, "{html:?}");
            let fixed = Language::Fixed("GA".to_owned());
            assert_eq!(language(&fixed, html), "GA");
        }
    }
}
