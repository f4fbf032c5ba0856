//! What a page says about itself, for the VIEW event and the flows; and where its head ends and its body begins.
//!
//! In: attributes of `<html>` and `<meta name="cdp:page">`. Out: bounded texts, offsets.

/// Facts found in the page so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageFacts {
    /// `<html lang>`.
    pub html_lang: Option<String>,
    /// `<meta name="cdp:page" content>`.
    pub page_name: Option<String>,
    /// Label of the charset that the first `<meta>` about it declares.
    pub charset: Option<String>,
}

/// Where things can be put into the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// Offset of `</head>`, or of `<body` where no such tag came before it.
    pub head_end: Option<usize>,
    /// Offset after `<body …>`.
    pub body_start: Option<usize>,
}

/// Longest page name that is sent to the CDP, in characters.
const MAX_PAGE_NAME: usize = 256;
/// Longest language tag worth reading (BCP 47 tags are far shorter).
const MAX_LANG: usize = 35;
/// Longest label of a charset (the Encoding Standard's longest has 19 characters).
const MAX_CHARSET: usize = 40;

impl PageFacts {
    /// Notes `<html lang>`; the first wins.
    pub fn note_lang(&mut self, lang: &str) {
        note(&mut self.html_lang, lang, MAX_LANG);
    }

    /// Notes the page's name; the first wins.
    pub fn note_page(&mut self, name: &str) {
        note(&mut self.page_name, name, MAX_PAGE_NAME);
    }

    /// Notes `<meta charset>` or the `charset=` of `<meta http-equiv="content-type">`; the first wins.
    pub fn note_charset(&mut self, label: &str) {
        note(&mut self.charset, label, MAX_CHARSET);
    }
}

fn note(slot: &mut Option<String>, text: &str, max: usize) {
    let text = text.trim();
    if slot.is_none() && !text.is_empty() {
        let mut noted: String = text.chars().take(max).collect();
        // The cut may be behind a space: noted again, as a kept page's is, the text would be another.
        noted.truncate(noted.trim_end().len());
        *slot = Some(noted);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_cut_behind_a_space_stays_the_same_when_it_is_noted_again() {
        let name = format!("  {} more", "x".repeat(MAX_PAGE_NAME - 1));
        let mut facts = PageFacts::default();
        facts.note_page(&name);
        let noted = facts.page_name.clone().unwrap_or_default();
        assert_eq!(noted, "x".repeat(MAX_PAGE_NAME - 1));
        let mut again = PageFacts::default();
        again.note_page(&noted);
        assert_eq!(again, facts);
    }

    #[test]
    fn the_first_that_says_something_wins_and_is_bounded() {
        let mut facts = PageFacts::default();
        for lang in ["", " \n", " de ", "en"] {
            facts.note_lang(lang);
        }
        facts.note_page(&"é".repeat(300));
        assert_eq!(facts.html_lang.as_deref(), Some("de"));
        assert_eq!(facts.page_name, Some("é".repeat(256)));
        assert_eq!(facts.charset, None);
    }
}
