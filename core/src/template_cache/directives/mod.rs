//! What XM says about caching, in whichever field it speaks to a cache like this one.
//!
//! In: response headers. Out: [`Directives`]. A field for CDNs outweighs `Cache-Control` as a whole (RFC 9213 §2.2); of those
//! Cloudflare's own comes first.

mod cache_control;
mod targeted;

use super::header;

/// Fields that outweigh `Cache-Control`, the strongest first.
pub(super) const TARGETED: [&str; 2] = ["cloudflare-cdn-cache-control", "cdn-cache-control"];

/// Longest time that is told apart, in seconds (RFC 9111 §1.2.2).
pub(super) const LONGEST_S: u64 = 1 << 31;

/// What XM says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Directives {
    /// The field is one for CDNs: `Cache-Control` and `Expires` do not count.
    pub(super) targeted: bool,
    /// `no-store`.
    pub(super) no_store: bool,
    /// `private`, also for single fields: caches may take that for the whole (RFC 9111 §5.2.2.7).
    pub(super) private: bool,
    /// `no-cache`, likewise (RFC 9111 §5.2.2.4).
    pub(super) no_cache: bool,
    /// `must-revalidate` or `proxy-revalidate`.
    pub(super) must_revalidate: bool,
    /// `max-age`, in seconds; what is no number counts as 0.
    pub(super) max_age: Option<u64>,
    /// `s-maxage`, likewise.
    pub(super) s_maxage: Option<u64>,
    /// `stale-while-revalidate`, in seconds.
    pub(super) while_revalidate: Option<u64>,
    /// `stale-if-error`, in seconds.
    pub(super) if_error: Option<u64>,
}

impl Directives {
    /// What the headers say.
    pub(super) fn of(headers: &[(String, String)]) -> Self {
        for name in TARGETED {
            if let Some(field) = header(headers, name)
                && let Some(directives) = targeted::read(&field)
            {
                return directives;
            }
        }
        cache_control::read(&header(headers, "cache-control").unwrap_or_default())
    }

    /// The slot of a directive that takes seconds.
    fn seconds(&mut self, name: &str) -> Option<&mut Option<u64>> {
        match name {
            "max-age" => Some(&mut self.max_age),
            "s-maxage" => Some(&mut self.s_maxage),
            "stale-while-revalidate" => Some(&mut self.while_revalidate),
            "stale-if-error" => Some(&mut self.if_error),
            _ => None,
        }
    }

    /// The slot of a directive that is there or not.
    fn flag(&mut self, name: &str) -> Option<&mut bool> {
        match name {
            "no-store" => Some(&mut self.no_store),
            "private" => Some(&mut self.private),
            "no-cache" => Some(&mut self.no_cache),
            "must-revalidate" | "proxy-revalidate" => Some(&mut self.must_revalidate),
            _ => None,
        }
    }
}

/// Whether `Surrogate-Control` forbids keeping. It is older than RFC 9213 and outweighs nothing here: what it allows, XM says
/// in a field that has a grammar.
pub(super) fn surrogate_forbids(headers: &[(String, String)]) -> bool {
    header(headers, "surrogate-control").is_some_and(|field| {
        field
            .split([',', ';'])
            .map(|item| item.trim().to_ascii_lowercase())
            .any(|item| matches!(item.as_str(), "no-store" | "no-store-remote"))
    })
}
