//! Kept pages: an entry comes back as it was, renders as its page does when it streams, and bytes that lie are no entry or one
//! whose every range is in its place.
//!
//! In: a page, a decision, lies about the entry's bytes; settings. Out: a panic where that does not hold.

use std::rc::Rc;

use arbitrary::Unstructured;
use encoding_rs::UTF_8;
use xm_edge_core::{
    template::Template,
    template_cache::{Entry, Lifetime, Page, assert_sound, sealed, written},
};

use crate::{input, page_view::View, rewrite::assert_same};

/// When XM was asked, in milliseconds since 1970.
const NOW: u64 = 1_795_780_800_000;
/// Most lies about one entry.
const MOST_LIES: usize = 8;

/// Checks one input.
pub fn check(data: &[u8]) {
    let [page, decision, raw, control] = input::parts(data);
    let mut control = Unstructured::new(control);
    let Ok(mut view) = View::choose(&mut control, decision, b"<p data-cdp-text=/t>f</p>") else {
        return;
    };
    // For everyone: no template knows whether XM vouches for somebody.
    view.settings.guest = false;
    no_bytes_are_trusted(&view, page, raw);

    let encoding = view.settings.declared.unwrap_or(UTF_8);
    let Ok(template) = Template::compile(page.to_vec(), encoding) else {
        return;
    };
    let entry = Entry {
        page: Rc::new(Page::new(template, encoding)),
        headers: vec![("content-type".to_owned(), "text/html".to_owned())],
        lifetime: Lifetime {
            asked_ms: NOW,
            born_ms: NOW - 1,
            fresh_ms: 60_000,
            refresh_ms: 90_000,
            error_ms: 90_000,
            kept_ms: 90_000,
        },
        path: "/page".to_owned(),
    };
    assert_sound(&entry);
    let bytes = entry.encode();
    let after = Entry::decode(bytes.clone());
    assert_eq!(after.as_ref(), Ok(&entry), "an entry does not come back");
    let hit = view.of_template(Rc::clone(&entry.page.template));
    let streamed = view.at_once(page);
    assert_same(
        &hit.output,
        &streamed.output,
        "a kept page renders another page",
    );
    assert_eq!(
        hit.shown, streamed.shown,
        "a kept page shows something else"
    );

    let mut lying = written(&entry);
    let (lies, _) = control.take_rest().as_chunks();
    for [high, low, kind, byte] in lies.iter().take(MOST_LIES) {
        let at = usize::from(u16::from_be_bytes([*high, *low])) % (lying.len() + 1);
        match (kind % 4, lying.get_mut(at)) {
            (0, Some(there)) => *there = *byte,
            (1, Some(there)) => *there = there.wrapping_add(byte % 5).wrapping_sub(2),
            (2, Some(_)) => drop(lying.remove(at)),
            _ => lying.insert(at, *byte),
        }
    }
    no_bytes_are_trusted(&view, page, &lying);

    // Without a new checksum no change goes unnoticed.
    if let Some([high, low, _, change]) = lies.first() {
        let mut changed = bytes;
        let at = usize::from(u16::from_be_bytes([*high, *low])) % changed.len();
        changed[at] ^= (*change).max(1);
        assert!(
            Entry::decode(changed).is_err(),
            "a changed byte went unnoticed"
        );
    }
}

/// An entry with a right checksum is none, or sound, comes back, and renders without a panic.
fn no_bytes_are_trusted(view: &View<'_>, body: &[u8], written: &[u8]) {
    let Ok(entry) = Entry::decode(sealed(body, written)) else {
        return;
    };
    assert_sound(&entry);
    assert!(entry.weight() >= entry.page.template.body.len());
    assert_eq!(Entry::decode(entry.encode()).as_ref(), Ok(&entry));
    let output = view
        .undecided()
        .of_template(Rc::clone(&entry.page.template))
        .output;
    assert_same(&output, body, "an undecided kept page is another page");
    view.of_template(Rc::clone(&entry.page.template));
}
