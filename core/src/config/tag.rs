//! `[vars.SITE.tag]`: the client-side tag that pages get.
//!
//! In: the table. Out: the kind of tag, with its settings. Keys of another kind are a problem, not ignored.

use super::{reader::Section, settings::Tag, values};

#[derive(Clone, Copy)]
enum Kind {
    Boxever,
    Engage,
    Gtm,
    None,
    Own,
}

/// Reads the table; what it gives after a problem is not used.
pub(super) fn read(section: &mut Section<'_, '_>) -> Tag {
    let kinds = [
        ("none", Kind::None),
        ("engage", Kind::Engage),
        ("boxever", Kind::Boxever),
        ("gtm", Kind::Gtm),
        ("own", Kind::Own),
    ];
    let kind = section.require("kind", "kind = \"engage\"", values::choice(&kinds));
    match kind {
        Some(Kind::Engage) => Tag::Engage {
            library_url: library(section),
        },
        Some(Kind::Boxever) => Tag::Boxever {
            library_url: library(section),
        },
        Some(Kind::Gtm) => {
            refuse_library(section);
            let example = "container_id = \"GTM-ABC123\"";
            let container = section.require("container_id", example, values::gtm_container);
            Tag::Gtm {
                container_id: container.unwrap_or_default(),
            }
        }
        Some(Kind::None) => without_settings(section, Tag::None),
        Some(Kind::Own) => without_settings(section, Tag::Own),
        // The kind is reported; the other keys can still be looked at.
        None => {
            section.read("library_url", values::library_url);
            section.read("container_id", values::gtm_container);
            Tag::None
        }
    }
}

fn without_settings(section: &mut Section<'_, '_>, tag: Tag) -> Tag {
    refuse_library(section);
    refuse_container(section);
    tag
}

fn library(section: &mut Section<'_, '_>) -> String {
    let example = "library_url = \"https://…\", where your tenant's settings say the library is";
    let url = section.require("library_url", example, values::library_url);
    refuse_container(section);
    url.unwrap_or_default()
}

fn refuse_library(section: &mut Section<'_, '_>) {
    section.refuse(
        &["library_url"],
        "has a meaning only beside kind = \"engage\" or \"boxever\": remove it, or change the kind",
    );
}

fn refuse_container(section: &mut Section<'_, '_>) {
    section.refuse(
        &["container_id"],
        "has a meaning only beside kind = \"gtm\": remove it, or change the kind",
    );
}
