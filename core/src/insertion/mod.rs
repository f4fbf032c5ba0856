//! HTML for places of the page's own, and how to tell that the page carries it already.
//!
//! In: pieces of HTML, texts that tell. Out: plain data, and a verdict over bytes that stream past. It knows neither the
//! page nor what the HTML is for: `tag` makes it, `render` puts it in.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod detector;
mod findings;

pub use detector::Detector;
pub use findings::Findings;

/// What a page gets while it streams. All of it is ASCII, so that it means the same in every charset.
#[derive(Clone, Debug)]
pub struct Insertion {
    /// For the end of the head: before `</head>`; where no such tag comes, before `<body>`; in a page with neither,
    /// behind its end.
    pub head: String,
    /// For the start of the body: right after `<body …>`. Without such a tag it is left out.
    pub body: String,
    /// Tells a page that carries it already, and gets nothing.
    pub carried: Detector,
}
