//! A create that is sent twice makes one guest: `Idempotency-Key`.
//!
//! In: the header, the tenant, the body; what is remembered. Out: a name to remember under, a record, or an answer. A
//! record holds a status, a reference and a keyed hash of the body: who can read the cache learns nothing of a person.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::cdp::GuestRef;

/// Seconds for which a record is kept.
pub const KEPT_S: u32 = 86_400;

/// Bytes of a key.
const MAX_KEY: usize = 255;

/// A key of a request, and what it was sent with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    /// What it is remembered under.
    pub(super) name: String,
    fingerprint: String,
}

/// What a key made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Made {
    pub(super) status: u16,
    pub(super) guest: GuestRef,
}

/// As it is stored.
#[derive(Deserialize, Serialize)]
struct Record {
    fingerprint: String,
    status: u16,
    #[serde(rename = "ref")]
    reference: String,
}

/// The key in the header: a string of RFC 8941, or the same without quotes; `None` when it is neither.
pub(super) fn read(header: &str) -> Option<&str> {
    let header = header.trim();
    let quoted = header
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    let key = quoted.unwrap_or(header);
    let fits = (1..=MAX_KEY).contains(&key.len())
        && key
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\');
    fits.then_some(key)
}

impl Key {
    /// `secret`: what nobody knows who can read the cache. `find`: `createOrFind`, which makes another request of the
    /// same body.
    pub(super) fn new(key: &str, client_key: &str, secret: &str, find: bool, body: &[u8]) -> Self {
        let name = Sha256::new()
            .chain_update(client_key)
            .chain_update([0])
            .chain_update(key)
            .finalize();
        // A MAC takes keys of any length.
        let fingerprint = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).map(|mac| {
            mac.chain_update([u8::from(find)])
                .chain_update(body)
                .finalize()
                .into_bytes()
        });
        Self {
            name: URL_SAFE_NO_PAD.encode(name),
            fingerprint: fingerprint
                .map_or_else(|_| String::new(), |bytes| URL_SAFE_NO_PAD.encode(bytes)),
        }
    }

    /// What to remember.
    pub(super) fn record(&self, made: &Made) -> String {
        let record = Record {
            fingerprint: self.fingerprint.clone(),
            status: made.status,
            reference: made.guest.as_str().to_owned(),
        };
        // Texts and a number: serde_json has nothing to refuse.
        serde_json::to_string(&record).unwrap_or_default()
    }

    /// What this key made before; `Err` when that was with another body. An unreadable record is none.
    pub(super) fn made(&self, record: &str) -> Result<Option<Made>, ()> {
        let Ok(record) = serde_json::from_str::<Record>(record) else {
            return Ok(None);
        };
        if record.fingerprint != self.fingerprint {
            return Err(());
        }
        let status = record.status;
        Ok(GuestRef::parse(&record.reference).map(|guest| Made { status, guest }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(key: &str, body: &str) -> Key {
        Key::new(key, "CLIENTKEY", "token", false, body.as_bytes())
    }

    #[test]
    fn a_key_is_a_string_with_or_without_quotes() {
        #[rustfmt::skip]
        let cases = [
            ("8e03978e-40d5-43dd-bc93-6894a57f9324", Some("8e03978e-40d5-43dd-bc93-6894a57f9324")),
            ("\"order:1\"", Some("order:1")), (" a ", Some("a")),
            ("", None), ("\"\"", None), ("a b", None), ("\"a", None), ("a, a", None), ("é", None), ("a\\b", None),
        ];
        for (header, expected) in cases {
            assert_eq!(read(header), expected, "{header}");
        }
        assert!(read(&"a".repeat(255)).is_some());
        assert!(read(&"a".repeat(256)).is_none());
    }

    #[test]
    fn a_record_belongs_to_its_key_and_body() {
        let guest = GuestRef::parse("f7aabbca-1c1b-4fc2-be72-3e16294a4f03").unwrap();
        let made = Made { status: 201, guest };
        let first = key("k", "{\"email\":\"j@d.ie\"}");
        let record = first.record(&made);
        assert_eq!(first.made(&record), Ok(Some(made)));
        assert_eq!(key("k", "{}").made(&record), Err(()));
        let finding = Key::new("k", "CLIENTKEY", "token", true, b"{\"email\":\"j@d.ie\"}");
        assert_eq!(finding.made(&record), Err(()));
        assert_eq!(first.made(""), Ok(None));
        assert_eq!(first.made("{}"), Ok(None));
        assert_eq!(first.made(&record.replace("f7aabbca", "x")), Ok(None));
        assert_ne!(first.name, key("l", "{\"email\":\"j@d.ie\"}").name);
        assert_ne!(first.name, Key::new("k", "OTHER", "token", false, b"").name);
        assert_ne!(
            record,
            Key::new("k", "CLIENTKEY", "other", false, b"{\"email\":\"j@d.ie\"}")
                .record(&first.made(&record).unwrap().unwrap())
        );
    }

    #[test]
    fn what_is_remembered_says_nothing_of_a_person() {
        let guest = GuestRef::parse("f7aabbca-1c1b-4fc2-be72-3e16294a4f03").unwrap();
        let record = key("j@d.ie", "j@d.ie").record(&Made { status: 201, guest });
        assert!(
            !record.contains("j@d") && !key("j@d.ie", "").name.contains('@'),
            "{record}"
        );
    }
}
