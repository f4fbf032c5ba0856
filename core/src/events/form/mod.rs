//! A form that a browser posts to XM: the copy of its body, and the texts in it.
//!
//! In: the content type; the body's chunks while they pass. Out: the fields. XM gets the body itself, untouched; the
//! copy is bounded and never leaves the isolate.

mod multipart;

use data_url::mime::Mime;
use url::form_urlencoded;

/// Most of a body that is copied, in bytes. Of a longer one (an upload) nothing is read: where its fields end could
/// not be told.
pub const MAX_BODY: usize = 64 * 1024;
/// Most fields that are looked at.
const MAX_FIELDS: usize = 500;

/// Why a body has no fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FormFault {
    /// None of the fields that should hold an identifier has a text.
    NoIdentifier,
    /// Not what its content type says.
    NotAForm,
    /// More than 64 KiB.
    TooLarge,
}

impl FormFault {
    /// The constant label.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::NoIdentifier => "no_identifier",
            Self::NotAForm => "not_a_form",
            Self::TooLarge => "too_large",
        }
    }
}

/// The copy of a form's body.
#[derive(Clone)]
pub struct FormCopy {
    coding: Coding,
    body: Vec<u8>,
    too_large: bool,
}

#[derive(Clone)]
enum Coding {
    Multipart { boundary: String },
    UrlEncoded,
}

impl FormCopy {
    /// A copy to fill, when `content_type` is that of an HTML form; `None` for everything else (JSON, plain text).
    #[must_use]
    pub fn new(content_type: &str) -> Option<Self> {
        let mime: Mime = content_type.parse().ok()?;
        let coding = match (mime.type_.as_str(), mime.subtype.as_str()) {
            ("application", "x-www-form-urlencoded") => Coding::UrlEncoded,
            ("multipart", "form-data") => Coding::Multipart {
                boundary: multipart::boundary(mime.get_parameter("boundary")?)?.to_owned(),
            },
            _ => return None,
        };
        Some(Self {
            coding,
            body: Vec::new(),
            too_large: false,
        })
    }

    /// Adds a chunk. Beyond the limit nothing is kept, and what was kept is freed.
    pub fn push(&mut self, chunk: &[u8]) {
        if self.too_large || chunk.len() > MAX_BODY - self.body.len() {
            self.too_large = true;
            self.body = Vec::new();
        } else {
            self.body.extend_from_slice(chunk);
        }
    }

    /// The texts in it.
    ///
    /// # Errors
    /// When the body was too large, or is not what its content type says.
    pub fn fields(&self) -> Result<FormFields, FormFault> {
        if self.too_large {
            return Err(FormFault::TooLarge);
        }
        let fields = match &self.coding {
            Coding::Multipart { boundary } => multipart::fields(&self.body, boundary)?,
            Coding::UrlEncoded => form_urlencoded::parse(&self.body)
                .take(MAX_FIELDS)
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect(),
        };
        Ok(FormFields(fields))
    }
}

/// Names and texts of a form, as they stand in it.
#[derive(Clone, Default)]
pub struct FormFields(Vec<(String, String)>);

impl FormFields {
    /// The first text of that name which is not blank, trimmed; as typed otherwise. One with a character that the
    /// form's charset could not say (the page was not UTF-8) counts as blank.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .filter(|(known, _)| known == name)
            .map(|(_, text)| text.trim())
            .find(|text| !text.is_empty() && !text.contains(char::REPLACEMENT_CHARACTER))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const URL_ENCODED: &str = "application/x-www-form-urlencoded";

    fn fields(content_type: &str, body: &[u8]) -> Result<FormFields, FormFault> {
        let mut copy = FormCopy::new(content_type).unwrap();
        body.chunks(7).for_each(|chunk| copy.push(chunk));
        copy.fields()
    }

    #[test]
    fn only_forms_are_copied() {
        #[rustfmt::skip]
        let cases = [
            (URL_ENCODED, true), ("Application/X-WWW-Form-Urlencoded; charset=UTF-8", true),
            ("multipart/form-data; boundary=----WebKitFormBoundaryA", true), ("multipart/form-data; boundary=\"a b\"", true),
            ("multipart/form-data", false), ("multipart/form-data; boundary=", false), ("multipart/mixed; boundary=a", false),
            ("application/json", false), ("text/plain", false), ("", false), ("nonsense", false),
        ];
        for (content_type, is_form) in cases {
            assert_eq!(
                FormCopy::new(content_type).is_some(),
                is_form,
                "{content_type}"
            );
        }
    }

    #[test]
    fn urlencoded_fields_are_decoded_and_trimmed() {
        let body = b"fxb.1.Fields%5B0%5D.Value=+j%40d.ie+&FirstName=J%C3%BCrgen+M&Empty=&Empty=+&Twice=&Twice=a&Twice=b&Latin=%E9&Bare";
        let fields = fields(URL_ENCODED, body).unwrap();
        #[rustfmt::skip]
        let cases = [
            ("fxb.1.Fields[0].Value", Some("j@d.ie")), ("FirstName", Some("Jürgen M")), ("Empty", None), ("Twice", Some("a")),
            ("Latin", None), ("Bare", None), ("firstname", None), ("", None),
        ];
        for (name, text) in cases {
            assert_eq!(fields.text(name), text, "{name}");
        }
    }

    #[test]
    fn a_body_beyond_the_limit_has_no_fields() {
        let mut body = b"Email=j%40d.ie&Filler=".to_vec();
        body.resize(MAX_BODY, b'a');
        assert_eq!(
            fields(URL_ENCODED, &body).unwrap().text("Email"),
            Some("j@d.ie")
        );
        body.push(b'a');
        assert_eq!(fields(URL_ENCODED, &body).err(), Some(FormFault::TooLarge));
        body.extend([b'a'; 100_000]);
        assert_eq!(fields(URL_ENCODED, &body).err(), Some(FormFault::TooLarge));
    }

    #[test]
    fn labels_tell_the_faults_apart() {
        use FormFault::*;
        let labels = [NoIdentifier, NotAForm, TooLarge].map(FormFault::label);
        assert_eq!(labels, ["no_identifier", "not_a_form", "too_large"]);
    }

    proptest! {
        #[test]
        fn no_body_panics(body in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = fields(URL_ENCODED, &body);
            let _ = fields("multipart/form-data; boundary=a", &body);
        }
    }
}
