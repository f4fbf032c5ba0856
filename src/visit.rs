//! What is known of a request once it is a page view: who asks, and under which id.
//!
//! In: the request's headers and the site's settings. Out: plain values that every later phase shares. It calls
//! nobody.

use xm_edge_core::{
    cdp::unknown_ids::Standing,
    config::Site,
    page_experience::loop_cookie,
    request::{
        BrowserId, Campaign, Cookies, Grants, Headers, Target, VisitorClass, browser_id, classify,
        consent,
    },
    response::id_cookie,
};

use crate::unknown_ids;

/// What the visitor's cookies and consent say about the browser id.
#[derive(Clone, Debug)]
pub enum IdState {
    /// Not asked for: a bot, a prefetch, or no consent.
    None(&'static str),
    /// Consent was withdrawn: the cookie is to be expired.
    Withdrawn,
    /// A valid id came with the request.
    Known(BrowserId),
    /// The CDP does not know the id that came, and this one has replaced it: whatever answer carries it must set it in the
    /// cookie.
    Replaced {
        /// The id that came.
        old: BrowserId,
        /// The id that counts.
        new: BrowserId,
    },
    /// An id is to be created.
    Wanted,
}

impl IdState {
    /// The id, if there is one.
    pub fn id(&self) -> Option<&BrowserId> {
        match self {
            Self::Known(id) | Self::Replaced { new: id, .. } => Some(id),
            Self::None(_) | Self::Wanted | Self::Withdrawn => None,
        }
    }

    /// The cookie that must go with an answer because the visitor's own has an id that was replaced.
    pub fn renewal(&self, client_key: &str, site: &Site) -> Option<String> {
        let Self::Replaced { old, new } = self else {
            return None;
        };
        unknown_ids::hand_out(old);
        Some(id_cookie::keep(new, client_key, site))
    }
}

/// One page view.
#[derive(Clone, Debug)]
pub struct Visit {
    /// Bot, human or prefetch.
    pub class: VisitorClass,
    /// What may be done for the visitor.
    pub grants: Grants,
    /// The id, or the wish for one.
    pub id: IdState,
    /// `User-Agent`.
    pub user_agent: String,
    /// utm parameters and the referrer on entry.
    pub campaign: Campaign,
    /// A redirect of ours has led here.
    pub redirected: bool,
}

impl Visit {
    /// Reads the request.
    pub fn read(
        target: &Target<'_>,
        headers: &impl Headers,
        site: &Site,
        client_key: &str,
    ) -> Self {
        let cookies = Cookies::from_headers(headers);
        Self::with_cookies(&cookies, target, headers, site, client_key)
    }

    /// As [`Self::read`], where the cookies are read already.
    pub fn with_cookies(
        cookies: &Cookies,
        target: &Target<'_>,
        headers: &impl Headers,
        site: &Site,
        client_key: &str,
    ) -> Self {
        let class = classify(headers);
        let human = class == VisitorClass::Human;
        let allowed = consent::grants(&site.consent, cookies, consent::privacy_control(headers));
        let name = browser_id::cookie_name(client_key);
        let id = if !human {
            IdState::None(label(class))
        } else if consent::withdrawn(&site.consent, allowed, cookies, &name) {
            IdState::Withdrawn
        } else if !allowed.id {
            IdState::None("no_consent")
        } else {
            match browser_id::from_cookies(cookies, client_key) {
                None => IdState::Wanted,
                Some(id) => match unknown_ids::standing(&id) {
                    Standing::Good => IdState::Known(id),
                    Standing::Replaced(new) => IdState::Replaced { old: id, new },
                    Standing::Unknown => IdState::Wanted,
                },
            }
        };
        Self {
            class,
            grants: if human { allowed } else { Grants::default() },
            id,
            user_agent: headers.get("user-agent").unwrap_or_default(),
            campaign: Campaign::read(target, headers),
            redirected: !site.page_experiences.is_empty() && loop_cookie::is_set(cookies),
        }
    }
}

impl Visit {
    /// The same as a preview: nobody is counted, nothing of the visitor's own changes, and the CDP is asked only for an id
    /// that is there and may be used.
    pub fn of_preview(mut self) -> Self {
        let may_ask = self.grants.personalisation;
        self.id = match self.id {
            IdState::Known(id) | IdState::Replaced { new: id, .. } if may_ask => IdState::Known(id),
            IdState::Known(_) | IdState::Replaced { .. } | IdState::Withdrawn => {
                IdState::None("no_consent")
            }
            IdState::Wanted => IdState::None("no_id"),
            IdState::None(label) => IdState::None(label),
        };
        self.grants = Grants {
            analytics: false,
            ..self.grants
        };
        self
    }
}

/// The constant label of a visitor class.
pub const fn label(class: VisitorClass) -> &'static str {
    match class {
        VisitorClass::Bot => "bot",
        VisitorClass::Human => "human",
        VisitorClass::Prefetch => "prefetch",
    }
}
