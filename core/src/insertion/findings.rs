//! What was found in the bytes of a page that many visitors get: found once, it need not be looked for again.
//!
//! In: verdicts. Out: the same. Nothing in it depends on a visitor.

/// Which texts stand in the page; `None`: nobody has looked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// The site's tag.
    pub tag: Option<bool>,
    /// Marks of goals.
    pub goals: Option<bool>,
    /// The beacon that sends them.
    pub beacons: Option<bool>,
}
