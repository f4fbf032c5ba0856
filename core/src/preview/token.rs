//! A preview link as text: what it grants, signed (HMAC-SHA-256, RFC 2104), small enough for a cookie.
//!
//! In: a [`Link`] and a key, or a text, a key, where it is shown and when. Out: the text, or the link, or a constant label.
//! Nothing of a text is believed before its signature.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use super::{
    key::PreviewKey,
    link::{Choice, Choices, Link, MAX_SHOWN},
};
use crate::{config::PathPattern, request::Target, template::FriendlyId};

/// Longest token, in bytes: with its name and attributes it must fit into a cookie of 4,096.
pub const MAX_TOKEN: usize = 2_048;

/// The form of the payload.
const VERSION: u8 = 1;

/// Why a token grants nothing here and now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The signature is that of another text or another key.
    BadSignature,
    /// It is over.
    Expired,
    /// It is no token at all.
    Malformed,
    /// It is for other pages of this site.
    OtherPath,
    /// It is for another site.
    OtherSite,
}

impl Refused {
    /// The constant label.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::BadSignature => "bad_signature",
            Self::Expired => "expired",
            Self::Malformed => "malformed",
            Self::OtherPath => "other_path",
            Self::OtherSite => "other_site",
        }
    }
}

/// What is signed. The names are short because all of it travels in a cookie.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Payload {
    v: u8,
    /// Host.
    h: String,
    /// Path, with `*` at its end where it stands for all below.
    p: String,
    /// Where it leads, if not to `p`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    t: Option<String>,
    /// Friendly id and variant.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    s: Vec<(String, String)>,
    /// Unix seconds.
    e: u64,
}

/// `link`, signed. `None`: it names too much to fit into a cookie.
#[must_use]
pub fn sign(link: &Link, key: &PreviewKey) -> Option<String> {
    let (path, start) = match &link.pages {
        PathPattern::Exact(path) => (path.clone(), path),
        PathPattern::Prefix(stem) => (format!("{stem}*"), stem),
    };
    let payload = Payload {
        v: VERSION,
        h: link.site.clone(),
        p: path,
        t: (link.leads_to != *start).then(|| link.leads_to.clone()),
        s: pairs(&link.show),
        e: link.expires_at,
    };
    let payload = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&payload).ok()?);
    let signature = URL_SAFE_NO_PAD.encode(key.sign(&payload));
    let token = format!("{payload}.{signature}");
    (token.len() <= MAX_TOKEN).then_some(token)
}

fn pairs(show: &Choices) -> Vec<(String, String)> {
    let pair = |(id, choice): (&FriendlyId, &Choice)| (id.to_string(), choice.as_str().to_owned());
    show.iter().map(pair).collect()
}

/// What `token` says, if `key` signed it; whether it holds here and now is [`Link::check`]'s.
///
/// # Errors
/// [`Refused::Malformed`] or [`Refused::BadSignature`].
pub fn open(token: &str, key: &PreviewKey) -> Result<Link, Refused> {
    if token.len() > MAX_TOKEN {
        return Err(Refused::Malformed);
    }
    let (payload, signature) = token.split_once('.').ok_or(Refused::Malformed)?;
    let signature = decode(signature)?;
    if !key.verifies(payload, &signature) {
        return Err(Refused::BadSignature);
    }
    let payload = decode(payload)?;
    let payload: Payload = serde_json::from_slice(&payload).map_err(|_| Refused::Malformed)?;
    link(payload).ok_or(Refused::Malformed)
}

fn decode(text: &str) -> Result<Vec<u8>, Refused> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| Refused::Malformed)
}

fn link(payload: Payload) -> Option<Link> {
    if payload.v != VERSION || !payload.p.starts_with('/') || payload.s.len() > MAX_SHOWN {
        return None;
    }
    let (pages, start) = match payload.p.strip_suffix('*') {
        Some(stem) => (PathPattern::Prefix(stem.to_owned()), stem),
        None => (PathPattern::Exact(payload.p.clone()), payload.p.as_str()),
    };
    let mut show = Choices::new();
    for (id, choice) in &payload.s {
        show.insert(FriendlyId::parse(id)?, Choice::parse(choice)?);
    }
    let link = Link {
        site: payload.h,
        leads_to: payload.t.unwrap_or_else(|| start.to_owned()),
        pages,
        show,
        expires_at: payload.e,
    };
    link.covers(&link.leads_to).then_some(link)
}

impl Link {
    /// Whether it holds for the page at `target`.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, target: &Target<'_>, now_s: u64) -> Result<(), Refused> {
        self.check_site(target, now_s)?;
        if self.pages.matches(target.path) {
            Ok(())
        } else {
            Err(Refused::OtherPath)
        }
    }

    /// Whether it holds on the site of `target`, whatever the path.
    ///
    /// # Errors
    /// Why not.
    pub fn check_site(&self, target: &Target<'_>, now_s: u64) -> Result<(), Refused> {
        if self.site != target.host {
            Err(Refused::OtherSite)
        } else if now_s >= self.expires_at {
            Err(Refused::Expired)
        } else {
            Ok(())
        }
    }

    /// Whether the page at this path, with or without a query, is one of its pages.
    #[must_use]
    pub fn covers(&self, path_and_query: &str) -> bool {
        let path = path_and_query.split(['?', '#']).next().unwrap_or_default();
        path.starts_with('/') && self.pages.matches(path)
    }
}

#[cfg(test)]
mod tests;
