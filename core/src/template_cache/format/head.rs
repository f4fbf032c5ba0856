//! What stands before the parts: charset, fingerprint, lifetime, path and headers.
//!
//! In: an entry; bytes. Out: bytes; the values again, checked for what other code relies on.

use encoding_rs::Encoding;

use super::{read::Reader, write::Writer};
use crate::template_cache::{Entry, Lifetime};

/// Longest span of a lifetime, in milliseconds: what [`Lifetime::of`] can make, and some more. A year is 2³⁵.
const LONGEST_MS: u64 = 1 << 43;

pub(super) struct Head {
    pub(super) encoding: &'static Encoding,
    pub(super) fingerprint: u64,
    pub(super) lifetime: Lifetime,
    pub(super) path: String,
    pub(super) headers: Vec<(String, String)>,
}

pub(super) fn write(writer: &mut Writer, entry: &Entry) {
    writer.text(entry.page.encoding.name());
    writer.number(entry.page.fingerprint.0);
    let lifetime = &entry.lifetime;
    let times = [
        lifetime.asked_ms,
        lifetime.born_ms,
        lifetime.fresh_ms,
        lifetime.refresh_ms,
        lifetime.error_ms,
        lifetime.kept_ms,
    ];
    for time in times {
        writer.number(time);
    }
    writer.text(&entry.path);
    writer.list(&entry.headers, |writer, (name, value)| {
        writer.text(name);
        writer.text(value);
    });
}

pub(super) fn read(reader: &mut Reader<'_>) -> Option<Head> {
    let name = reader.text()?;
    let encoding = Encoding::for_label(name.as_bytes())
        .filter(|encoding| encoding.name() == name && encoding.is_ascii_compatible())?;
    let fingerprint = reader.number()?;
    let lifetime = lifetime(reader)?;
    let path = reader.text().filter(|path| is_clean(path))?.to_owned();
    let headers = reader.list(|reader| {
        let name = reader.text().filter(|name| is_name(name))?;
        let value = reader.text().filter(|value| is_clean(value))?;
        Some((name.to_owned(), value.to_owned()))
    })?;
    Some(Head {
        encoding,
        fingerprint,
        lifetime,
        path,
        headers,
    })
}

fn lifetime(reader: &mut Reader<'_>) -> Option<Lifetime> {
    let lifetime = Lifetime {
        asked_ms: reader.number()?,
        born_ms: reader.number()?,
        fresh_ms: reader.number()?,
        refresh_ms: reader.number()?,
        error_ms: reader.number()?,
        kept_ms: reader.number()?,
    };
    let spans = [lifetime.refresh_ms, lifetime.error_ms, lifetime.kept_ms];
    let fits = lifetime.born_ms <= lifetime.asked_ms
        && spans
            .iter()
            .all(|span| (lifetime.fresh_ms..=LONGEST_MS).contains(span));
    fits.then_some(lifetime)
}

/// A token of RFC 9110 §5.6.2 in lower case.
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"!#$%&'*+-.^_`|~".contains(&byte)
        })
}

/// Nothing in it would end a header.
fn is_clean(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() && c != '\t')
}
