//! Why a call of an SDK was not made.
//!
//! In: nothing. Out: status, label and a sentence for whoever reads the answer. None of them carries a value of the
//! request.

/// Why a call was not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A JSONP `callback` that is no plain function name.
    Callback,
    /// A page of another site.
    CrossSite,
    /// Another tenant's client key or context id.
    ForeignKey,
    /// The body, or `message`, is not one JSON object.
    InvalidJson,
    /// The path is served, but not with this method.
    Method {
        /// The value of `Allow`.
        allow: &'static str,
    },
    /// The visitor has not consented to what the call does.
    NoConsent,
    /// There is nothing at this path.
    NotServed,
    /// `WEB_FLOW_ENDPOINT` is not set.
    NoWebFlows,
    /// The CDP took longer than [`TIME_LIMIT_MS`](crate::sdk_proxy::TIME_LIMIT_MS).
    Timeout,
    /// The body has more than [`MAX_BODY`](crate::sdk_proxy::MAX_BODY) bytes.
    TooLarge,
    /// The CDP could not be reached, broke off, redirects, or says more than
    /// [`MAX_REPLY`](crate::sdk_proxy::MAX_REPLY) bytes.
    Upstream,
}

impl Refusal {
    /// The HTTP status.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Callback | Self::InvalidJson => 400,
            Self::CrossSite | Self::ForeignKey | Self::NoConsent => 403,
            Self::NotServed | Self::NoWebFlows => 404,
            Self::Method { .. } => 405,
            Self::TooLarge => 413,
            Self::Upstream => 502,
            Self::Timeout => 504,
        }
    }

    /// The constant label.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Callback => "bad_callback",
            Self::CrossSite => "cross_site",
            Self::ForeignKey => "foreign_key",
            Self::InvalidJson => "invalid_json",
            Self::Method { .. } => "method",
            Self::NoConsent => "no_consent",
            Self::NotServed => "not_served",
            Self::NoWebFlows => "no_web_flows",
            Self::Timeout => "timeout",
            Self::TooLarge => "too_large",
            Self::Upstream => "upstream",
        }
    }

    /// What to do about it, as `detail` of a problem document (RFC 9457).
    #[must_use]
    pub const fn detail(self) -> &'static str {
        match self {
            Self::Callback => {
                "callback must be the name of a function: letters, digits, _ and $, at most 64 of them."
            }
            Self::CrossSite => "Only pages of this site may use its first-party endpoints.",
            Self::ForeignKey => {
                "The client key or context id is not this site's: leave it empty, or use the one in the Worker's \
                 configuration."
            }
            Self::InvalidJson => "The body, or the parameter message, must be one JSON object.",
            Self::Method { .. } => "This path has other methods: see the header Allow.",
            Self::NoConsent => "The visitor has not consented to this.",
            Self::NotServed => "There is no such endpoint.",
            Self::NoWebFlows => {
                "Web experiences are not configured: set WEB_FLOW_ENDPOINT to the host of their script."
            }
            Self::Timeout => "The CDP did not answer this call within 10 seconds.",
            Self::TooLarge => "The body may have at most 256 KiB.",
            Self::Upstream => "The CDP did not answer this call.",
        }
    }

    /// The value of `Allow`, which a 405 must carry (RFC 9110 §15.5.6).
    #[must_use]
    pub const fn allow(self) -> Option<&'static str> {
        match self {
            Self::Method { allow } => Some(allow),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_has_its_own_label_and_an_error_status() {
        use Refusal::*;
        #[rustfmt::skip]
        let all = [Callback, CrossSite, ForeignKey, InvalidJson, Method { allow: "GET" }, NoConsent, NotServed, NoWebFlows, Timeout,
            TooLarge, Upstream];
        let mut labels: Vec<_> = all.iter().map(|refusal| refusal.label()).collect();
        labels.sort_unstable();
        labels.dedup();
        assert_eq!(labels.len(), all.len());
        for refusal in all {
            assert!((400..=504).contains(&refusal.status()), "{refusal:?}");
            assert!(refusal.detail().ends_with('.'), "{refusal:?}");
        }
        let limit = format!(" {} seconds", crate::sdk_proxy::TIME_LIMIT_MS / 1000);
        assert!(Timeout.detail().contains(&limit));
        assert_eq!(Method { allow: "GET" }.allow(), Some("GET"));
        assert_eq!(CrossSite.allow(), None);
    }
}
