//! What the overlay says, in words of marketers and authors.
//!
//! In: constant reasons, numbers. Out: constant sentences, ASCII. No value of a page or a decision stands in one.

use crate::reason::{BadMark, Failure};

/// Why a component shows the default content, and what to do about it.
pub(super) const fn failure(failure: Failure) -> &'static str {
    match failure {
        Failure::AmbiguousMarkup => {
            "Browsers may read the markup here in different ways, so nothing behind it is touched. Close the elements before it in XM."
        }
        Failure::BadFriendlyId => {
            "Its friendly id is empty or has other characters than letters, digits, _ and -. Correct the mark in XM."
        }
        Failure::BadMark => {
            "One of its marks is no JSON Pointer, or it stands on a template. Correct the mark in XM."
        }
        Failure::BreakerOpen => {
            "The CDP has failed too often just now, so it is left alone for some seconds. Reload in a moment."
        }
        Failure::CdpError => {
            "The CDP could not be reached or answered with an error. Is the experience live, and is this its friendly id?"
        }
        Failure::FragmentError => {
            "XM did not answer with the fragment's HTML. Open the fragment's path in a browser."
        }
        Failure::InvalidDecision => {
            "The CDP's answer is no JSON object. Look at the response of the experience in the CDP."
        }
        Failure::NoBrowserId => {
            "The CDP was not asked: there is no visitor to ask for. Choose what to see."
        }
        Failure::NoCredentials => {
            "The Worker has no access to guest records: whoever runs it must set the secret CDP_API_TOKEN."
        }
        Failure::NoEndTag => "The element has no end tag of its own. Close it in XM.",
        Failure::NotInRollout => {
            "This visitor is not among the share that the rollout gives decisions to. Choose what to see."
        }
        Failure::NotTheGuest => "The guest of this browser is not the person that XM has named.",
        Failure::OriginTruncated => "XM's page broke off inside of it. Reload.",
        Failure::ParserLimit => {
            "The page has elements that nest too deep or tags that are too long, so the rest of it is as it came."
        }
        Failure::SwitchedOff => {
            "This experience is switched off in the Worker's rollout. Choose what to see."
        }
        Failure::Timeout => {
            "The decision did not come within the budget. Visitors see the default content then, too."
        }
        Failure::TooLarge => "Its content is larger than hold_limit_kib allows to hold back.",
        Failure::TooMany => {
            "The page has more components than 100, deeper ones than 32, or a fragment that shows itself."
        }
    }
}

/// Why a mark was left alone.
pub(super) const fn bad_mark(mark: BadMark) -> &'static str {
    match mark {
        BadMark::AttributeRefused => {
            "A decision may not set this attribute (on..., style, srcdoc, data-cdp-...)."
        }
        BadMark::HtmlNotTrusted => {
            "HTML is only for friendly ids in trusted_html of the configuration."
        }
        BadMark::HtmlUnbalanced => {
            "The HTML in the decision leaves elements open, or closes others."
        }
        BadMark::NoEndTag => "The marked element has no end tag of its own.",
        BadMark::PointerSyntax => "It is no JSON Pointer: that begins with a slash, /title.",
        BadMark::PointerUnresolved => "The decision has no such value; the authored one is shown.",
        BadMark::RawTextElement => "The element's content is no text (script, style, ...).",
        BadMark::TooDeep => "Marked elements nest too deep.",
        BadMark::UrlRefused => {
            "The address in the decision is neither of this site nor https, http, mailto or tel."
        }
        BadMark::WrongType => {
            "The value in the decision is a list or an object, or no text where one is needed."
        }
    }
}

/// `17 min left`; the script says the same as time goes on.
pub(super) fn time_left(seconds: u64) -> String {
    let minutes = seconds / 60;
    let hours = minutes / 60;
    match (hours, minutes) {
        (48.., _) => format!("{} days left", hours / 24),
        (1.., _) => format!("{hours} h {} min left", minutes % 60),
        (_, 1..) => format!("{minutes} min left"),
        _ => "under a minute left".to_owned(),
    }
}

/// `1 component`, `3 components`.
pub(super) fn counted(count: usize, what: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {what}{s}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_told_as_people_tell_it() {
        #[rustfmt::skip]
        let cases = [(0, "under a minute left"), (59, "under a minute left"), (60, "1 min left"), (3_599, "59 min left"),
            (3_600, "1 h 0 min left"), (7_199, "1 h 59 min left"), (172_799, "47 h 59 min left"), (172_800, "2 days left")];
        for (seconds, expected) in cases {
            assert_eq!(time_left(seconds), expected);
        }
        assert_eq!(
            (counted(1, "mark"), counted(0, "mark")),
            ("1 mark".to_owned(), "0 marks".to_owned())
        );
    }
}
