//! What can be said of a page: a stable code, how bad it is, what is wrong and what to do.
//!
//! In: nothing. Out: plain data. docs/doctor.md lists every code; a test compares.

use std::ops::Range;

use xm_edge_core::reason::{BadMark, Failure};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Something that XM's authors wrote can never work.
    Error,
    /// It works, but hardly as it was meant.
    Warning,
    /// Worth knowing.
    Note,
}

impl Severity {
    /// The word for it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $label:literal, $severity:ident;)*) => {
        /// What was found.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Code { $($(#[$doc])* $name,)* }

        impl Code {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The stable name.
            #[must_use]
            pub const fn label(self) -> &'static str {
                match self { $(Self::$name => $label,)* }
            }

            /// How bad it is.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity,)* }
            }
        }
    };
}

codes! {
    // What the Worker itself would say, under the labels of its log line.
    /// lol_html's strict mode ends here.
    AmbiguousMarkup = "ambiguous_markup", Error;
    /// A decision may never set the attribute.
    AttributeRefused = "attribute_refused", Error;
    /// The friendly id has characters that none has.
    BadFriendlyId = "bad_friendly_id", Error;
    /// A component's own mark cannot be read, or stands on a `<template>`.
    BadMark = "bad_mark", Error;
    /// The fragment that a decision names cannot be had.
    FragmentError = "fragment_error", Error;
    /// `data-cdp-html` for a friendly id outside of `trusted_html`.
    HtmlNotTrusted = "html_not_trusted", Error;
    /// A value that is HTML is not balanced.
    HtmlUnbalanced = "html_unbalanced", Error;
    /// No end tag of its own.
    NoEndTag = "no_end_tag", Error;
    /// The parser's memory is used up.
    ParserLimit = "parser_limit", Error;
    /// Not a JSON Pointer.
    PointerSyntax = "pointer_syntax", Error;
    /// The pointer finds nothing in the decision.
    PointerUnresolved = "pointer_unresolved", Error;
    /// Text or HTML into an element whose content is not text.
    RawTextElement = "raw_text_element", Error;
    /// Marked elements nest too deep.
    TooDeep = "too_deep", Error;
    /// Content over `hold_limit_kib`.
    TooLarge = "too_large", Error;
    /// More components or fragments than a page may have.
    TooMany = "too_many", Error;
    /// A URL that may not stand there.
    UrlRefused = "url_refused", Error;
    /// A value that the mark cannot show.
    WrongType = "wrong_type", Error;
    // What only the doctor looks for.
    /// `data-cdp-shown` in what should be XM's own page.
    AlreadyPersonalised = "already_personalised", Warning;
    /// Header and `<meta>` name different charsets.
    CharsetsDiffer = "charsets_differ", Note;
    /// A component inside of one with the same friendly id.
    ComponentInItself = "component_in_itself", Warning;
    /// A component that no decision can change.
    ComponentWithoutEffect = "component_without_effect", Warning;
    /// The page's policy keeps the browser from sending goals.
    CspConnect = "csp_connect", Error;
    /// The page's policy keeps a script from running.
    CspScript = "csp_script", Error;
    /// The page's policy demands Trusted Types, which the tag does not use.
    CspTrustedTypes = "csp_trusted_types", Warning;
    /// Two templates for one variant id.
    DuplicateVariant = "duplicate_variant", Error;
    /// More friendly ids than the VIEW can tell.
    ExtLimit = "ext_limit", Warning;
    /// A friendly id that the live API refuses.
    FriendlyIdRefused = "friendly_id_refused", Warning;
    /// A goal that `/_cdp/event` would refuse.
    GoalRefused = "goal_refused", Error;
    /// A pointer that `guest_fields` does not allow.
    GuestField = "guest_field", Error;
    /// `data-cdp-guest` where XM does not vouch for the visitor.
    GuestNotVouched = "guest_not_vouched", Note;
    /// A mark inside of something that is no markup.
    HiddenMark = "hidden_mark", Warning;
    /// One friendly id as experience and as experiment.
    KindsDiffer = "kinds_differ", Warning;
    /// A mark where no component is.
    MarkOutside = "mark_outside", Error;
    /// A pass-through that has marks.
    NotPersonalised = "not_personalised", Error;
    /// A pass-through that has none.
    NotAPage = "not_a_page", Note;
    /// What keeps a page from being shared, where no rule asks for it.
    NotShareable = "not_shareable", Note;
    /// What keeps a page from being shared although a rule asks for it.
    CacheRuleDefeated = "cache_rule_defeated", Warning;
    /// What XM renders anew each time.
    RenderNoise = "render_noise", Note;
    /// A friendly id that marks several components.
    SharedFriendlyId = "shared_friendly_id", Note;
    /// A mark in a comment, a script or a style.
    SilentMark = "silent_mark", Note;
    /// A friendly id that nobody has named.
    UnknownFriendlyId = "unknown_friendly_id", Error;
    /// An attribute that looks like a mark and is none.
    UnknownMark = "unknown_mark", Error;
    /// The sample decision chooses a variant that XM has no template for.
    UnknownVariant = "unknown_variant", Warning;
    /// A variant that stands where none can be.
    VariantMisplaced = "variant_misplaced", Error;
    /// A variant id that means the control.
    VariantNeverShown = "variant_never_shown", Error;
    /// A variant that no sample decision chooses.
    VariantUntested = "variant_untested", Note;
    /// The Worker answers, and its cache headers hide XM's.
    WorkerInFront = "worker_in_front", Note;
    /// The Worker's health is red.
    WorkerUnhealthy = "worker_unhealthy", Error;
}

impl Code {
    /// What the Worker says of a component, if markup can be the cause.
    #[must_use]
    pub const fn of_failure(failure: Failure) -> Option<Self> {
        Some(match failure {
            Failure::AmbiguousMarkup => Self::AmbiguousMarkup,
            Failure::BadFriendlyId => Self::BadFriendlyId,
            Failure::BadMark => Self::BadMark,
            Failure::FragmentError => Self::FragmentError,
            Failure::NoEndTag => Self::NoEndTag,
            Failure::ParserLimit => Self::ParserLimit,
            Failure::TooLarge => Self::TooLarge,
            Failure::TooMany => Self::TooMany,
            _ => return None,
        })
    }

    /// What the Worker says of a mark.
    #[must_use]
    pub const fn of_mark(reason: BadMark) -> Self {
        match reason {
            BadMark::AttributeRefused => Self::AttributeRefused,
            BadMark::HtmlNotTrusted => Self::HtmlNotTrusted,
            BadMark::HtmlUnbalanced => Self::HtmlUnbalanced,
            BadMark::NoEndTag => Self::NoEndTag,
            BadMark::PointerSyntax => Self::PointerSyntax,
            BadMark::PointerUnresolved => Self::PointerUnresolved,
            BadMark::RawTextElement => Self::RawTextElement,
            BadMark::TooDeep => Self::TooDeep,
            BadMark::UrlRefused => Self::UrlRefused,
            BadMark::WrongType => Self::WrongType,
        }
    }
}

/// Where in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Path of the fragment on XM; `None`: the page itself.
    pub fragment: Option<String>,
    /// From 1; lines end at line feeds.
    pub line: usize,
    /// From 1, in characters of the decoded line.
    pub column: usize,
    /// The decoded line.
    pub text: String,
    /// What is meant, as bytes of `text`.
    pub span: Range<usize>,
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub code: Code,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// Where; `None`: the page as a whole.
    pub place: Option<Place>,
}

impl Finding {
    /// A finding about the page as a whole.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            help: Some(help.into()),
            place: None,
        }
    }

    /// The same at a place.
    #[must_use]
    pub fn at(self, place: Place) -> Self {
        Self {
            place: Some(place),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worker_uses_the_same_labels() {
        for failure in [
            Failure::AmbiguousMarkup,
            Failure::NoEndTag,
            Failure::TooLarge,
            Failure::TooMany,
        ] {
            let code = Code::of_failure(failure).expect("markup can cause it");
            assert_eq!(code.label(), failure.label());
        }
        for reason in [
            BadMark::UrlRefused,
            BadMark::TooDeep,
            BadMark::PointerSyntax,
        ] {
            assert_eq!(Code::of_mark(reason).label(), reason.label());
        }
    }

    #[test]
    fn the_documentation_lists_every_code_with_its_severity() {
        let page = include_str!("../../../docs/doctor.md");
        for code in Code::ALL {
            let row = format!("| `{}` | {} |", code.label(), code.severity().label());
            assert!(page.contains(&row), "docs/doctor.md has no row {row}");
        }
        let rows = page
            .lines()
            .filter(|line| line.starts_with("| `") && line.contains("` | "))
            .filter(|line| {
                [Severity::Error, Severity::Warning, Severity::Note]
                    .iter()
                    .any(|severity| {
                        line.split('|')
                            .nth(2)
                            .is_some_and(|cell| cell.trim() == severity.label())
                    })
            });
        assert_eq!(
            rows.count(),
            Code::ALL.len(),
            "a row of a code that is gone"
        );
    }
}
