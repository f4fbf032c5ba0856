//! What happens on a page: SEARCH and FORM.
//!
//! In: an event. Out: its fields.

use super::{
    fields::Fields,
    rule::{AIRPORT, CODE, COUNT, LOCAL, TEXT},
};

/// A product type with fields of its own.
const FLIGHT: &str = "FLIGHT";

/// SEARCH.
pub(super) fn search(fields: &mut Fields<'_>) {
    fields.required("product_type", CODE);
    let flight = fields
        .kept("product_type")
        .is_some_and(|kind| kind == FLIGHT);
    if !flight {
        return fields.required("product_name", TEXT);
    }
    fields.optional("product_name", TEXT);
    fields.choice("flight_type", &["OW", "RT"], true);
    fields.required("origin", AIRPORT);
    fields.required("destination", AIRPORT);
    fields.required("start", LOCAL);
    if fields.kept("flight_type").is_some_and(|kind| kind == "RT") {
        fields.required("end", LOCAL);
    } else {
        fields.optional("end", LOCAL);
    }
    fields.required("adults", COUNT);
    fields.optionals(&[("children", COUNT), ("infants", COUNT)]);
}

/// FORM: all that it says stands in `ext`, which was read before.
pub(super) fn form(fields: &mut Fields<'_>) {
    let ext = fields.kept("ext");
    let text = |name: &str| {
        ext.and_then(|ext| ext.get(name))
            .is_some_and(|value| (TEXT.fits)(value))
    };
    let interaction = ext
        .and_then(|ext| ext.get("interactionType"))
        .and_then(|value| value.as_str());
    let named = text("formId");
    let known = matches!(interaction, Some("VIEWED" | "SUBMITTED"));
    if !named {
        fields.report("ext.formId", format!("expected {}", TEXT.expected));
    }
    if !known {
        let problem = "expected \"VIEWED\" or \"SUBMITTED\"";
        fields.report("ext.interactionType", problem);
    }
    fields.close("FORM says everything in ext");
}
