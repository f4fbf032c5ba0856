//! A `Cookie` header: what is read of it is in it, consent is never guessed, and XM gets every other cookie byte for byte.
//!
//! In: a header. Out: a panic where a value, an id, a grant or a preview comes out that is not there, or where a cookie of
//! the site's own changes on its way to XM.

use xm_edge_core::{
    cdp::BrowserId,
    page_experience::loop_cookie,
    preview::{PreviewKey, cookie},
    request::{Cookies, HeaderEdit, Target, browser_id, consent},
    response::id_cookie,
};

use crate::{
    decision::is_uuid,
    input,
    tenant::{CONFIGS, NOW_S, PREVIEW_KEY},
};

const URL: &str = "https://shop.example/shoes/red?x=1";

/// Checks one input.
pub fn check(data: &[u8]) {
    let header = input::text(data);
    let cookies = Cookies::new(header.as_str());
    assert_eq!(cookies.header(), header);
    for (name, value) in cookies.pairs() {
        assert!(header.contains(name) && header.contains(value));
        assert!(!name.is_empty() && !name.contains([';', '=']) && !value.contains(';'));
        assert!(cookies.has(name));
    }
    for config in CONFIGS.iter() {
        let key = &config.cdp.client_key;
        let name = browser_id::cookie_name(key);
        for gpc in [false, true] {
            let grants = consent::grants(&config.site.consent, &cookies, gpc);
            assert!(
                grants.id || !(grants.personalisation || grants.analytics),
                "nothing without the id"
            );
            let withdrawn = consent::withdrawn(&config.site.consent, grants, &cookies, &name);
            assert!(!withdrawn || (!grants.id && cookies.has(&name)));
        }
        if let Some(id) = browser_id::from_cookies(&cookies, key) {
            assert!(
                is_uuid(id.as_str()) && header.contains(id.as_str()),
                "the id is the visitor's own"
            );
            let kept = id_cookie::keep(&id, key, &config.site);
            assert!(
                kept.starts_with(&format!("{name}={}; ", id.as_str())),
                "{kept}"
            );
            assert!(
                kept.bytes().all(|byte| (b' '..=b'~').contains(&byte)),
                "{kept}"
            );
        }
    }
    assert!(!loop_cookie::is_set(&cookies) || header.contains("cdp_redirected"));
    assert!(BrowserId::parse(&header).is_none_or(|id| id.as_str() == header));
    preview(&header);
}

fn preview(header: &str) {
    let key = PreviewKey::read(Some(PREVIEW_KEY)).ok();
    let target = Target::parse(URL);
    let seen = cookie::look(header, key.as_ref(), &target, NOW_S);
    if let Some(preview) = &seen.preview {
        assert!(header.contains(&preview.token), "a preview has a token");
        assert!(
            preview.link.covers("/shoes/red?x=1"),
            "a preview is of this page"
        );
        assert!(
            preview.link.expires_at > NOW_S,
            "a preview is over at its time"
        );
    }
    assert!(cookie::look(header, None, &target, NOW_S).preview.is_none());
    for line in seen.expired.iter() {
        assert!(line.starts_with("cdp_preview=; ") && !line.contains(['\r', '\n']));
    }
    // Everything but the preview goes on, in its order and spelling.
    let others = |header: &str| -> Vec<String> {
        let is_ours = |part: &&str| {
            part.split('=')
                .next()
                .is_some_and(|name| name.trim() == cookie::NAME)
        };
        let parts = header.split(';').filter(|part| !is_ours(part));
        parts
            .map(|part| part.trim().to_owned())
            .filter(|part| !part.is_empty())
            .collect()
    };
    let sent = match cookie::withheld(header) {
        None => header.to_owned(),
        Some(HeaderEdit::Set("cookie", sent)) => sent,
        Some(HeaderEdit::Delete("cookie")) => String::new(),
        Some(other) => panic!("an edit of another header: {other:?}"),
    };
    assert_eq!(
        others(&sent),
        others(header),
        "a cookie of the site changed"
    );
    assert!(
        !Cookies::new(sent.as_str()).has(cookie::NAME),
        "XM gets no preview"
    );
}
