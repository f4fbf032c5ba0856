//! What a decision is kept under, and as what.
//!
//! In: a secret, who asks for what, a body. Out: a [`Name`] from which nobody learns anything, and a record that is a miss
//! unless it was made with the same secret for the same name.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::{
    cdp::BrowserId,
    config::{CdpSettings, Site},
    template::FriendlyId,
};

/// The form of names and records; another one is another name.
const VERSION: &str = "1";
/// Bytes of a MAC in base64.
const MAC_LEN: usize = 43;

/// What a decision is kept under.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name(String);

/// Everything that a decision depends on as far as the site knows it.
#[derive(Clone, Copy)]
pub struct Kept<'k> {
    /// Whose decision.
    pub browser_id: &'k BrowserId,
    /// Of which flow.
    pub friendly_id: &'k FriendlyId,
    /// Of which tenant.
    pub cdp: &'k CdpSettings,
    /// Point of sale, channel and currency.
    pub site: &'k Site,
    /// As the flow is told.
    pub language: &'k str,
    /// utm parameters of the page.
    pub utm: &'k [(String, String)],
}

/// Makes names and records with a secret.
pub struct Sealer(String);

impl Sealer {
    /// `secret`: the CDP's token, else the key of XM's server, else what is public anyway: then names tell nothing apart only
    /// from who knows browser ids.
    #[must_use]
    pub const fn new(secret: String) -> Self {
        Self(secret)
    }

    /// The name of `kept`.
    #[must_use]
    pub fn name(&self, kept: &Kept<'_>) -> Name {
        let fixed = [
            "name",
            kept.browser_id.as_str(),
            kept.friendly_id.as_str(),
            &kept.cdp.client_key,
            &kept.site.point_of_sale,
            kept.language,
            &kept.site.channel,
            &kept.site.currency,
        ];
        let utm = kept
            .utm
            .iter()
            .flat_map(|(name, value)| [name.as_str(), value.as_str()]);
        Name(self.mac(fixed.into_iter().chain(utm)))
    }

    /// The name of something that is no visitor's.
    #[must_use]
    pub fn name_of(&self, parts: &[&str]) -> Name {
        Name(self.mac(std::iter::once("of").chain(parts.iter().copied())))
    }

    /// The record of a decision that was taken at `taken_ms`.
    #[must_use]
    pub fn seal(&self, name: &Name, taken_ms: u64, body: &str) -> String {
        let taken = taken_ms.to_string();
        let mac = self.mac(["record", &name.0, &taken, body]);
        format!("{mac} {taken}\n{body}")
    }

    /// The body in a record, and when its decision was taken; `None` when it is none of ours for this name.
    #[must_use]
    pub fn open<'r>(&self, name: &Name, record: &'r str) -> Option<(u64, &'r str)> {
        let (head, body) = record.split_once('\n')?;
        let (mac, taken) = head.split_once(' ')?;
        let expected = self.mac(["record", &name.0, taken, body]);
        let same = bool::from(subtle::ConstantTimeEq::ct_eq(
            mac.as_bytes(),
            expected.as_bytes(),
        ));
        same.then_some(())?;
        Some((taken.parse().ok()?, body))
    }

    /// Each part with its length: no two lists of parts are the same bytes.
    fn mac<'p>(&self, parts: impl IntoIterator<Item = &'p str>) -> String {
        // A MAC takes keys of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.0.as_bytes()) else {
            return String::new();
        };
        for part in std::iter::once(VERSION).chain(parts) {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        let mut text = String::with_capacity(MAC_LEN);
        URL_SAFE_NO_PAD.encode_string(mac.finalize().into_bytes(), &mut text);
        text
    }
}

impl Name {
    /// As part of a URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// It stands for a visitor.
impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Name(…)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::request::fixture;

    const BODY: &str = r#"{"variantId":"b"}"#;

    fn sealer() -> Sealer {
        Sealer::new("secret".to_owned())
    }

    /// The name of a decision, after a change.
    fn name(change: impl FnOnce(&mut Parts)) -> Name {
        let mut parts = Parts {
            id: fixture::BROWSER_ID.to_owned(),
            flow: "hero".to_owned(),
            cdp: fixture::cdp(),
            site: fixture::site(),
            language: "EN".to_owned(),
            utm: vec![("utm_a".to_owned(), "1".to_owned())],
            secret: "secret".to_owned(),
        };
        change(&mut parts);
        Sealer::new(parts.secret).name(&Kept {
            browser_id: &BrowserId::parse(&parts.id).unwrap(),
            friendly_id: &FriendlyId::parse(&parts.flow).unwrap(),
            cdp: &parts.cdp,
            site: &parts.site,
            language: &parts.language,
            utm: &parts.utm,
        })
    }

    struct Parts {
        id: String,
        flow: String,
        cdp: CdpSettings,
        site: Site,
        language: String,
        utm: Vec<(String, String)>,
        secret: String,
    }

    #[test]
    fn whatever_a_decision_depends_on_makes_another_name() {
        let utm = |list: &[(&str, &str)]| -> Vec<(String, String)> {
            let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
            list.iter().map(owned).collect()
        };
        let names = [
            name(|_| {}),
            name(|p| p.id = "b38b230c-11eb-4cf9-8d5d-274e9f344925".to_owned()),
            name(|p| p.flow = "hero2".to_owned()),
            name(|p| p.cdp.client_key = "other".to_owned()),
            name(|p| p.site.point_of_sale = "shop/de".to_owned()),
            name(|p| p.site.channel = "MOBILE".to_owned()),
            name(|p| p.site.currency = "USD".to_owned()),
            name(|p| p.language = "DE".to_owned()),
            name(|p| p.utm = utm(&[])),
            name(|p| p.utm = utm(&[("utm_a", "2")])),
            name(|p| p.utm = utm(&[("utm_a", "1"), ("utm_b", "")])),
            name(|p| p.secret = "other".to_owned()),
        ];
        for (index, one) in names.iter().enumerate() {
            assert!(!names[..index].contains(one), "{index}");
        }
        assert_eq!(names[0], name(|_| {}));
    }

    #[test]
    fn a_name_says_nothing() {
        let name = name(|_| {});
        assert_eq!(name.as_str().len(), MAC_LEN);
        assert_eq!(format!("{name:?}"), "Name(…)");
    }

    #[test]
    fn only_a_record_of_ours_for_this_name_is_opened() {
        let (sealer, own, other) = (sealer(), name(|_| {}), name(|p| p.flow = "x".to_owned()));
        let record = sealer.seal(&own, 1_700_000_000_000, BODY);
        assert_eq!(sealer.open(&own, &record), Some((1_700_000_000_000, BODY)));
        assert_eq!(sealer.open(&other, &record), None);
        assert_eq!(Sealer::new("x".to_owned()).open(&own, &record), None);
        for cut in 0..record.len() {
            assert_eq!(
                sealer.open(&own, record.get(..cut).unwrap()),
                None,
                "cut at {cut}"
            );
        }
        for at in 0..record.len() {
            let mut changed = record.clone().into_bytes();
            changed[at] ^= 1;
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(sealer.open(&own, &changed), None, "changed at {at}");
        }
        for broken in ["", "\n", " \n", "x 1\n{}", "<html>"] {
            assert_eq!(sealer.open(&own, broken), None);
        }
    }

    proptest! {
        #[test]
        fn every_body_comes_back_and_nothing_panics(body in "\\PC{0,40}", junk in "\\PC{0,80}", at in any::<u64>()) {
            let own = name(|_| {});
            let record = sealer().seal(&own, at, &body);
            prop_assert_eq!(sealer().open(&own, &record), Some((at, body.as_str())));
            prop_assert_eq!(sealer().open(&own, &junk), None);
        }
    }
}
