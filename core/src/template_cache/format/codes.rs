//! Numbers that stand for kinds, reasons and names. They are part of the form: none may change its meaning.

use crate::{
    reason::{BadMark, Failure},
    template::ComponentKind,
};

pub(super) const KINDS: [ComponentKind; 3] = [
    ComponentKind::Experience,
    ComponentKind::Experiment,
    ComponentKind::Guest,
];

/// Those that compiling a whole page can end in; others are of one page view.
pub(super) const FAILURES: [Failure; 6] = [
    Failure::AmbiguousMarkup,
    Failure::BadFriendlyId,
    Failure::BadMark,
    Failure::NoEndTag,
    Failure::ParserLimit,
    Failure::TooMany,
];

pub(super) const BAD_MARKS: [BadMark; 10] = [
    BadMark::AttributeRefused,
    BadMark::HtmlNotTrusted,
    BadMark::HtmlUnbalanced,
    BadMark::NoEndTag,
    BadMark::PointerSyntax,
    BadMark::PointerUnresolved,
    BadMark::RawTextElement,
    BadMark::TooDeep,
    BadMark::UrlRefused,
    BadMark::WrongType,
];

/// The elements that [`Bindings::around`](crate::template::Bindings) names.
pub(super) const AROUND: [&str; 5] = ["a", "button", "nobr", "p", "svg"];

/// The number of `value`; one past the last, which cannot be read, for what is not in the table.
pub(super) fn code<T: PartialEq>(table: &[T], value: &T) -> u8 {
    let at = table.iter().position(|known| known == value);
    u8::try_from(at.unwrap_or(table.len())).unwrap_or(u8::MAX)
}

/// What the number stands for.
pub(super) fn meaning<T: Copy>(table: &[T], code: u8) -> Option<T> {
    table.get(usize::from(code)).copied()
}
