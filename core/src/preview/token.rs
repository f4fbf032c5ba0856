//! A preview link as text: what it grants, signed (HMAC-SHA-256, RFC 2104), small enough for a cookie.
//!
//! In: a [`Link`] and a key, or a text, a key, where it is shown and when. Out: the text, or the link, or a constant label.
//! Nothing of a text is believed before its signature.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

use super::{
    key::PreviewKey,
    link::{Choice, Choices, Link, MAX_SHOWN},
};
use crate::{config::PathPattern, request::Target, template::FriendlyId};

/// Longest token, in bytes: with its name and attributes it must fit into a cookie of 4,096.
pub const MAX_TOKEN: usize = 2_048;

/// The form of the payload.
const VERSION: u64 = 1;

/// Names in the payload: host; path, with `*` at its end where it stands for all below; where the link leads, if not there;
/// friendly ids and variants; Unix seconds.
const HOST: &str = "h";
const PATH: &str = "p";
const LEADS_TO: &str = "t";
const SHOW: &str = "s";
const EXPIRES: &str = "e";

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

/// `link`, signed. `None`: it names too much to fit into a cookie.
#[must_use]
pub fn sign(link: &Link, key: &PreviewKey) -> Option<String> {
    let (path, start) = match &link.pages {
        PathPattern::Exact(path) => (path.clone(), path),
        PathPattern::Prefix(stem) => (format!("{stem}*"), stem),
    };
    // The names are short because all of it travels in a cookie.
    let mut payload = Map::new();
    payload.insert("v".to_owned(), VERSION.into());
    payload.insert(HOST.to_owned(), link.site.as_str().into());
    payload.insert(PATH.to_owned(), path.into());
    if link.leads_to != *start {
        payload.insert(LEADS_TO.to_owned(), link.leads_to.as_str().into());
    }
    if !link.show.is_empty() {
        payload.insert(SHOW.to_owned(), Value::Object(shown(&link.show)));
    }
    payload.insert(EXPIRES.to_owned(), link.expires_at.into());
    let payload = URL_SAFE_NO_PAD.encode(Value::Object(payload).to_string());
    let signature = URL_SAFE_NO_PAD.encode(key.sign(&payload));
    let token = format!("{payload}.{signature}");
    (token.len() <= MAX_TOKEN).then_some(token)
}

fn shown(show: &Choices) -> Map<String, Value> {
    let mut shown = Map::new();
    for (id, choice) in show.iter() {
        shown.insert(id.to_string(), choice.as_str().into());
    }
    shown
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
    let payload: Value = serde_json::from_slice(&payload).map_err(|_| Refused::Malformed)?;
    link(&payload).ok_or(Refused::Malformed)
}

fn decode(text: &str) -> Result<Vec<u8>, Refused> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| Refused::Malformed)
}

fn link(payload: &Value) -> Option<Link> {
    let text = |name: &str| payload.get(name).and_then(Value::as_str);
    let path = text(PATH)?;
    if payload.get("v")?.as_u64()? != VERSION || !path.starts_with('/') {
        return None;
    }
    let (pages, start) = match path.strip_suffix('*') {
        Some(stem) => (PathPattern::Prefix(stem.to_owned()), stem),
        None => (PathPattern::Exact(path.to_owned()), path),
    };
    let mut show = Choices::default();
    if let Some(pairs) = payload.get(SHOW) {
        for (id, choice) in pairs.as_object()? {
            let choice = Choice::parse(choice.as_str()?)?;
            show.set(FriendlyId::parse(id)?, Some(choice));
        }
    }
    let link = Link {
        site: text(HOST)?.to_owned(),
        leads_to: text(LEADS_TO).unwrap_or(start).to_owned(),
        pages,
        show,
        expires_at: payload.get(EXPIRES)?.as_u64()?,
    };
    (link.show.len() <= MAX_SHOWN && link.covers(&link.leads_to)).then_some(link)
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
