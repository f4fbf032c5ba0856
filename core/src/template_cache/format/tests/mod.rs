//! Entries come back as they were, and nothing else is one.

use encoding_rs::{UTF_8, WINDOWS_1252};
use proptest::prelude::*;

use super::*;
use crate::template_cache::fixture::entry;

/// A page with every kind of part.
const PAGE: &str = "<!doctype html><html lang=de><head><meta name=\"cdp:page\" content=\"start\"><meta charset=utf-8></head><body class=a>\
    <p>x</p><section data-cdp-experience=\"hero\" data-cdp-variant-from=/v data-cdp-attr-class=/c class='k' data-cdp-if=/on>A<b data-cdp-text=/t>t</b>\
    <template data-cdp-variant=\"one\">1<i data-cdp-experiment=two data-cdp-fragment=/f>in</i>2</template><template data-cdp-variant=one></template>\
    <div data-cdp-if=\"/x~1y\">q<template data-cdp-variant=\"ü\"><u data-cdp-attr-title=/w>w</u></template><img src=a data-cdp-attr-src=/src></div>\
    <p data-cdp-html=/h>h</p><hr data-cdp-if=/hr></section>tail<em data-cdp-experience=bad,id></em><li data-cdp-experience=open>never closed</body></html>";

fn plain() -> Entry {
    let headers = [
        ("content-type", "text/html"),
        ("link", "<a>"),
        ("link", "<b>\t"),
        ("x-empty", ""),
    ];
    entry(PAGE.as_bytes(), &headers)
}

#[test]
fn an_entry_comes_back_as_it_was() {
    let before = plain();
    let parts = &before.page.template.parts;
    assert!(
        parts.nodes.len() >= 3 && parts.failed.len() >= 2,
        "{parts:?}"
    );
    assert!(parts.facts.html_lang.is_some() && parts.places.body_start.is_some());
    let after = Entry::decode(before.encode()).unwrap();
    assert_eq!(after, before);
    assert_sound(&after);
}

#[test]
fn the_pages_of_the_site_that_comes_with_the_project_come_back() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../standin/site/pages");
    let mut marked = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let body = std::fs::read(file.unwrap().path()).unwrap();
        if let Ok(template) = Template::compile(body, UTF_8) {
            marked += usize::from(template.parts.nodes.len() > 1);
            let mut before = entry(b"", &[]);
            before.page = Rc::new(Page::new(template, UTF_8));
            let after = Entry::decode(before.encode()).unwrap();
            assert_eq!(after, before);
            assert_sound(&after);
        }
    }
    assert!(marked >= 3, "{marked}");
}

#[test]
fn the_charset_comes_back() {
    let template = Template::compile(b"<p>\xe9".to_vec(), WINDOWS_1252).unwrap();
    let mut before = entry(b"", &[]);
    before.page = Rc::new(Page::new(template, WINDOWS_1252));
    assert_eq!(Entry::decode(before.encode()).unwrap(), before);
}

#[test]
fn the_body_is_not_copied() {
    let bytes = plain().encode();
    let at = bytes.as_ptr();
    let after = Entry::decode(bytes).unwrap();
    assert_eq!(after.page.template.body.as_ptr(), at);
}

#[test]
fn parts_take_a_fraction_of_the_page() {
    let entry = plain();
    assert!(
        written(&entry).len() < PAGE.len(),
        "{}",
        written(&entry).len()
    );
}

#[test]
fn every_cut_and_every_changed_byte_is_noticed() {
    let bytes = plain().encode();
    for end in 0..bytes.len() {
        assert!(
            Entry::decode(bytes[..end].to_vec()).is_err(),
            "cut at {end}"
        );
        assert!(
            Entry::decode(bytes[end + 1..].to_vec()).is_err(),
            "begun at {end}"
        );
    }
    for at in 0..bytes.len() {
        for change in [1, 0x80, 0xff] {
            let mut changed = bytes.clone();
            changed[at] ^= change;
            assert!(Entry::decode(changed).is_err(), "changed at {at}");
        }
    }
}

#[test]
fn another_release_and_another_thing_are_told_apart() {
    let bytes = plain().encode();
    let at_version = bytes.len() - 16;
    let mut newer = bytes.clone();
    newer[at_version] += 1;
    assert_eq!(Entry::decode(newer), Err(Broken::Version));
    let mut changed = bytes.clone();
    changed[0] ^= 1;
    assert_eq!(Entry::decode(changed), Err(Broken::Checksum));
    for foreign in [&b""[..], b"<html>", &[0; 100], &bytes[..bytes.len() - 1]] {
        assert_eq!(Entry::decode(foreign.to_vec()), Err(Broken::Foreign));
    }
}

/// What compiling finds, and how it is written, is what [`VERSION`] says: who changes either raises it.
#[test]
fn the_form_is_that_of_its_version() {
    let checksum = xxh64(&plain().encode(), 0);
    assert_eq!(
        (VERSION, checksum),
        (2, 1_368_507_831_422_498_217),
        "raise VERSION, then put the new checksum here"
    );
}

#[test]
fn lengths_that_lie_are_no_entry_however_right_the_checksum() {
    let entry = plain();
    let body = PAGE.as_bytes();
    assert!(Entry::decode(sealed(body, &written(&entry))).is_ok());
    // The parts of a page on another body, shorter or longer by a byte.
    let longer = [body, b"x"].concat();
    for other in [&body[1..], &body[..body.len() - 1], &longer] {
        assert_eq!(
            Entry::decode(sealed(other, &written(&entry))),
            Err(Broken::Parts)
        );
    }
    // A body that is longer than everything.
    let mut bytes = [body, &written(&entry)].concat();
    bytes.extend_from_slice(&u64::MAX.to_le_bytes());
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    let checksum = xxh64(&bytes, u64::from(VERSION));
    bytes.extend_from_slice(&checksum.to_le_bytes());
    bytes.extend_from_slice(&MAGIC);
    assert_eq!(Entry::decode(bytes), Err(Broken::Parts));
    // Something behind the parts.
    let more = [&written(&entry), &b"\0"[..]].concat();
    assert_eq!(Entry::decode(sealed(body, &more)), Err(Broken::Parts));
}

#[test]
fn every_byte_of_the_parts_may_lie_and_no_range_leaves_its_place() {
    let entry = plain();
    let written = written(&entry);
    for at in 0..written.len() {
        for byte in [
            0,
            1,
            2,
            3,
            4,
            5,
            0x7f,
            0x80,
            0xff,
            written[at] ^ 1,
            written[at].wrapping_add(1),
        ] {
            let mut lying = written.clone();
            lying[at] = byte;
            if let Ok(read) = Entry::decode(sealed(PAGE.as_bytes(), &lying)) {
                assert_sound(&read);
                assert_eq!(Entry::decode(read.encode()), Ok(read));
            }
        }
    }
}

#[test]
fn nesting_is_bounded() {
    let deep = |levels: usize| {
        let open: String = (0..levels).map(|_| "<b data-cdp-if=/x>").collect();
        let body = format!(
            "<p data-cdp-experience=a>{open}{}</p>",
            "</b>".repeat(levels)
        );
        entry(body.as_bytes(), &[])
    };
    let deepest = deep(31);
    assert_eq!(Entry::decode(deepest.encode()), Ok(deepest));
    // Written by hand, as no compiler would.
    let mut lying = deep(1);
    let mut page = (*lying.page).clone();
    let mut template = (*page.template).clone();
    let mut content = Vec::new();
    for _ in 0..40 {
        let node = crate::template::Node::Element(Box::new(crate::template::Element {
            tag: template_tag(&template),
            bindings: crate::template::Bindings {
                condition: crate::template::Pointer::parse("/x"),
                ..Default::default()
            },
            content,
            end_tag: crate::template::Range::default(),
        }));
        content = vec![node];
    }
    template.body = b"<b>".repeat(40);
    template.parts.nodes = content;
    page.template = Rc::new(template);
    lying.page = Rc::new(page);
    assert_eq!(Entry::decode(lying.encode()), Err(Broken::Parts));
}

fn template_tag(_: &Template) -> crate::template::StartTag {
    crate::template::StartTag {
        range: crate::template::Range::new(0, 3),
        name: "b".to_owned(),
        insert_at: 2,
        attributes: Vec::new(),
    }
}

fn markup() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "<section data-cdp-experience=\"a\">",
        "<i title='<b>' data-cdp-experiment=b data-cdp-attr-title=/x>",
        "<p data-cdp-experience=c>",
        "<p data-cdp-guest>",
        "<template data-cdp-variant=\"v\">",
        "<template data-cdp-variant=w>",
        "<template>",
        "<b data-cdp-text=\"/t\">",
        "<b data-cdp-html=/h data-cdp-if=/i>",
        "<img data-cdp-attr-src=/s src=x>",
        "<br data-cdp-if=/b>",
        "<a data-cdp-attr-href=/u>",
        "</section>",
        "</i>",
        "</p>",
        "</template>",
        "</b>",
        "</a>",
        "<html lang=de>",
        "<head>",
        "</head>",
        "<body>",
        "</body>",
        "<!-- x -->",
        "<script>",
        "</script>",
        "<meta charset=x>",
        "<meta name=cdp:page content='a'>",
        "text",
        "é",
        " ",
        "<li data-cdp-experience=d>",
        "<select>",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn every_page_comes_back(body in markup(), at in any::<u64>(), path in "/[a-zé%]{0,9}") {
        if let Ok(template) = Template::compile(body.into_bytes(), UTF_8) {
            let mut before = entry(b"", &[("x-a", "é")]);
            before.page = Rc::new(Page::new(template, UTF_8));
            before.lifetime.asked_ms = at;
            before.lifetime.born_ms = at / 2;
            before.path = path;
            let after = Entry::decode(before.encode());
            prop_assert_eq!(after.as_ref(), Ok(&before));
            assert_sound(&before);
        }
    }

    #[test]
    fn lies_about_any_page_leave_every_range_in_its_place(
        body in markup(), lies in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..4),
    ) {
        if let Ok(template) = Template::compile(body.clone().into_bytes(), UTF_8) {
            let mut before = entry(b"", &[]);
            before.page = Rc::new(Page::new(template, UTF_8));
            let mut lying = written(&before);
            for (at, byte, kind) in lies {
                let at = at.index(lying.len());
                match kind {
                    0 => lying[at] = byte,
                    1 => lying.insert(at, byte),
                    _ => drop(lying.remove(at)),
                }
                if lying.is_empty() { break; }
            }
            if let Ok(read) = Entry::decode(sealed(body.as_bytes(), &lying)) {
                assert_sound(&read);
            }
        }
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), body in 0..50_usize) {
        let body = body.min(bytes.len());
        prop_assert!(Entry::decode(bytes.clone()).is_err());
        let _ = Entry::decode(sealed(&bytes[..body], &bytes[body..]));
    }
}
