//! What a key may do.
//!
//! In: words. Out: a set of scopes.

/// One thing that a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Remove.
    Delete,
    /// Make preview links.
    Preview,
    /// Say which pages have changed.
    Purge,
    /// Look.
    Read,
    /// Create and change.
    Write,
}

/// A set of scopes, never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scopes(u8);

impl Scope {
    /// As it is written before a key, and in `WWW-Authenticate`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Delete => "delete",
            Self::Preview => "preview",
            Self::Purge => "purge",
            Self::Read => "read",
            Self::Write => "write",
        }
    }

    const fn bit(self) -> u8 {
        match self {
            Self::Read => 1,
            Self::Write => 2,
            Self::Delete => 4,
            Self::Preview => 8,
            Self::Purge => 16,
        }
    }
}

impl Scopes {
    /// Everything.
    pub(super) const ALL: Self = Self(31);

    /// `read,write`; `None` when a word is another, or there is none.
    pub(super) fn parse(list: &str) -> Option<Self> {
        let mut bits = 0;
        let known = [
            Scope::Delete,
            Scope::Preview,
            Scope::Purge,
            Scope::Read,
            Scope::Write,
        ];
        for word in list.split(',') {
            bits |= known.into_iter().find(|scope| scope.name() == word)?.bit();
        }
        Self::from_bits(bits)
    }

    /// Whether `scope` is one of them.
    #[must_use]
    pub const fn contain(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    pub(super) const fn bits(self) -> u8 {
        self.0
    }

    pub(super) const fn from_bits(bits: u8) -> Option<Self> {
        if bits == 0 { None } else { Some(Self(bits)) }
    }
}
