//! Rules of paths: goals, identities, changes of guests, experiences of whole pages, and what may be cached.
//!
//! In: one entry of a list. Out: the rule, or nothing where a part without a default is absent or wrong.

use serde_json::Value;

use super::{
    reader::{Read, Section},
    settings::{CacheRule, Goal, GuestField, GuestUpdate, Identity, PageExperience, PathPattern},
    values,
};

/// Fields of an IDENTITY event on the wire that a form may fill; `identifiers` come from `provider` and `id`.
const IDENTITY_FIELDS: [&str; 13] = [
    "email",
    "title",
    "firstname",
    "lastname",
    "gender",
    "dob",
    "mobile",
    "phone",
    "street",
    "city",
    "state",
    "country",
    "postal_code",
];

/// Fields of a guest that a form may change. Others are not a visitor's to say, or no text.
const GUEST_FIELDS: [&str; 12] = [
    "title",
    "firstName",
    "lastName",
    "gender",
    "dateOfBirth",
    "email",
    "phoneNumbers",
    "street",
    "city",
    "state",
    "country",
    "postCode",
];

/// The names of a guest's data extensions.
pub(crate) const EXTENSIONS: [&str; 6] = ["ext", "ext1", "ext2", "ext3", "ext4", "ext5"];

/// Longest name of an extension's field, in characters.
const MAX_FIELD_NAME: usize = 128;

/// Longest time that a page may be kept, in seconds: a year, as long as any cache keeps anything (RFC 9111 gives no
/// bound, RFC 2616 §14.21 gave this one).
const LONGEST_KEPT_S: u32 = 31_536_000;

/// `[[vars.SITE.goals]]`.
pub(super) fn goal(entry: &mut Section<'_, '_>) -> Option<Goal> {
    let path = path(entry);
    let method = method(entry, &["GET", "POST", "PUT", "PATCH", "DELETE"], "GET");
    let event = entry.require("event", "event = \"SIGNUP\"", values::event_type);
    Some(Goal {
        path: path?,
        method,
        event: event?,
    })
}

/// `[[vars.SITE.identities]]`; only methods that carry a form.
pub(super) fn identity(entry: &mut Section<'_, '_>) -> Option<Identity> {
    let path = path(entry);
    let method = method(entry, &["POST", "PUT", "PATCH"], "POST");
    let provider = entry.require("provider", "provider = \"email\"", values::provider);
    let example = "id = \"Email\", the form field that holds the identifier";
    let id = entry.require("id", example, values::form_field);
    let fields = entry.table("fields", |fields| {
        IDENTITY_FIELDS
            .iter()
            .filter_map(|wire| Some(((*wire).to_owned(), fields.read(wire, values::form_field)?)))
            .collect()
    });
    Some(Identity {
        path: path?,
        method,
        provider: provider?,
        id: id?,
        fields: fields.unwrap_or_default(),
    })
}

/// `[[vars.SITE.guest_updates]]`; only methods that carry a form.
pub(super) fn guest_update(entry: &mut Section<'_, '_>) -> Option<GuestUpdate> {
    let path = path(entry);
    let method = method(entry, &["POST", "PUT", "PATCH"], "POST");
    let mut fields = Vec::new();
    let has_fields = entry.has("fields");
    entry.table("fields", |section| {
        for name in GUEST_FIELDS {
            let form_field = section.read(name, values::form_field);
            fields.extend(form_field.map(|form| (GuestField::Guest(name.to_owned()), form)));
        }
        for extension in EXTENSIONS {
            let read = section.table(extension, |own| {
                own.read_all(|field, value| extension_field(extension, field, value))
            });
            fields.extend(read.unwrap_or_default());
        }
    });
    if !has_fields {
        entry.report(
            "fields",
            "is missing: add it, for example fields = { firstName = \"FirstName\" }",
        );
    }
    Some(GuestUpdate {
        path: path?,
        method,
        fields,
    })
}

fn extension_field(extension: &str, field: &str, value: &Value) -> Read<(GuestField, String)> {
    let is_name = (1..=MAX_FIELD_NAME).contains(&field.len())
        && field
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !is_name {
        return Err(
            "is no name of an extension's field: expected 1 to 128 letters, digits and _"
                .to_owned(),
        );
    }
    let form = values::form_field(value)?;
    Ok((GuestField::extension(extension, field), form))
}

/// `[[vars.SITE.page_experiences]]`; no two of the same path.
pub(super) fn page_experiences(section: &mut Section<'_, '_>) -> Vec<PageExperience> {
    let mut seen: Vec<(String, PathPattern)> = Vec::new();
    section.tables("page_experiences", |entry| {
        let rule = page_experience(entry)?;
        if let Some((at, _)) = seen.iter().find(|(_, path)| *path == rule.path) {
            entry.report(
                "path",
                format!("is also the path of {at}: a page has one flow, remove one of them"),
            );
        }
        seen.push((entry.at().to_owned(), rule.path.clone()));
        Some(rule)
    })
}

fn page_experience(entry: &mut Section<'_, '_>) -> Option<PageExperience> {
    let path = path(entry);
    let experience = entry.read("experience", values::friendly_id);
    let experiment = entry.read("experiment", values::friendly_id);
    match (entry.has("experience"), entry.has("experiment")) {
        (false, false) => entry.report_whole(
            "needs experience = \"…\" or experiment = \"…\", with the friendly id of the flow",
        ),
        (true, true) => entry.report(
            "experiment",
            "stands beside experience: a page has one of them, remove the other",
        ),
        _ => {}
    }
    Some(PageExperience {
        path: path?,
        experiment: experiment.is_some(),
        friendly_id: experience.or(experiment)?,
    })
}

/// `[[vars.SITE.cache]]`.
pub(super) fn cache(entry: &mut Section<'_, '_>) -> Option<CacheRule> {
    let path = path(entry);
    let ttl_s = entry.require(
        "ttl_s",
        "ttl_s = 300",
        values::integer(1..=LONGEST_KEPT_S, "seconds"),
    );
    let stale_s = entry.read("stale_s", values::integer(0..=LONGEST_KEPT_S, "seconds"));
    let strip_cookies = entry.list(
        "strip_cookies",
        "a list of cookie names such as [\"SC_ANALYTICS_GLOBAL_COOKIE\"]",
        values::cookie_name,
    );
    let bypass_cookies = entry.list(
        "bypass_cookies",
        "a list of cookie names such as [\"basket\"], each perhaps with a trailing *",
        values::cookie_name,
    );
    Some(CacheRule {
        path: path?,
        ttl_s: ttl_s?,
        stale_s: stale_s.unwrap_or(0),
        strip_cookies,
        bypass_cookies,
    })
}

fn path(entry: &mut Section<'_, '_>) -> Option<PathPattern> {
    entry.require("path", "path = \"/thank-you\"", values::path_pattern)
}

fn method(entry: &mut Section<'_, '_>, methods: &[&str], default: &str) -> String {
    let methods: Vec<(&str, &str)> = methods.iter().map(|method| (*method, *method)).collect();
    let method = entry.read("method", values::choice(&methods));
    method.unwrap_or(default).to_owned()
}
