//! `[vars.SITE.consent]`: how the visitor's consent is known.
//!
//! In: the table. Out: the mode, with its settings. Keys of another mode are a problem, not ignored: who wrote
//! them believes that they work.

use super::{
    reader::Section,
    settings::{Consent, ConsentCookie},
    values,
};

#[derive(Clone, Copy)]
enum Mode {
    Always,
    Cookie,
    Off,
}

/// Reads the table; what it gives after a problem is not used.
pub(super) fn read(section: &mut Section<'_, '_>) -> Consent {
    let modes = [
        ("always", Mode::Always),
        ("cookie", Mode::Cookie),
        ("off", Mode::Off),
    ];
    let mode = section.require("mode", "mode = \"cookie\"", values::choice(&modes));
    if let Some(Mode::Always | Mode::Off) = mode {
        section.refuse(
            &["cookie", "id", "personalisation", "analytics"],
            "has a meaning only beside mode = \"cookie\": remove it, or change the mode",
        );
    }
    match mode {
        Some(Mode::Always) => Consent::Always,
        Some(Mode::Off) => Consent::Off,
        Some(Mode::Cookie) => {
            let example = "cookie = \"OptanonConsent\", the cookie of your consent tool";
            let cookie = section.require("cookie", example, values::cookie_name);
            Consent::Cookie(granted_by(section, cookie))
        }
        // The mode is reported; the other keys are most likely those of the one mode that has any.
        None => {
            let cookie = section.read("cookie", values::cookie_name);
            Consent::Cookie(granted_by(section, cookie))
        }
    }
}

fn granted_by(section: &mut Section<'_, '_>, cookie: Option<String>) -> ConsentCookie {
    ConsentCookie {
        cookie: cookie.unwrap_or_default(),
        id: section.read("id", values::part),
        personalisation: section.read("personalisation", values::part),
        analytics: section.read("analytics", values::part),
    }
}
