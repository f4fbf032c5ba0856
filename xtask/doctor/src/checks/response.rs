//! Would the Worker personalise this response at all? By the gates of the Worker itself.

use xm_edge_core::{
    reason::PassThrough,
    request::{Route, Target, gate},
    response::{self, Opened},
};

use crate::{
    finding::{Code, Finding},
    http::NAVIGATION,
    page::Page,
    rules::Rules,
};

pub(super) fn check(page: &Page<'_>, rules: &Rules, found: &mut Vec<Finding>) {
    let Some(response) = &page.input.response else {
        return;
    };
    let route = gate(
        "GET",
        &Target::parse(response.url.as_str()),
        &NAVIGATION.to_vec(),
        &rules.site,
    );
    let reason = match (
        route,
        response::gate(response.status, &response.headers, &rules.site),
    ) {
        (Route::PassThrough(reason), _) | (_, Opened::PassThrough(reason)) => reason,
        (Route::Page, Opened::Page(_)) => {
            charsets(page, found);
            return in_front(page, found);
        }
    };
    let (why, help) = words(reason, response.status);
    let message = format!(
        "the Worker passes this through untouched ({}): {why}",
        reason.label()
    );
    let code = if page.has_marks() {
        Code::NotPersonalised
    } else {
        Code::NotAPage
    };
    found.push(Finding::new(code, message, help));
}

fn in_front(page: &Page<'_>, found: &mut Vec<Finding>) {
    if page.input.behind_worker {
        let message = "the Worker answered: this is the page as a bot gets it, and XM's own cache headers do not show";
        let help =
            "for those, and to see what a deployment would do, point the doctor at XM itself";
        found.push(Finding::new(Code::WorkerInFront, message, help));
    }
}

/// Header and `<meta>` that disagree cost nothing but readable bytes: said where somebody debugs them.
fn charsets(page: &Page<'_>, found: &mut Vec<Finding>) {
    let meta = page.compiled.facts.charset.as_deref();
    let read = meta.and_then(|label| encoding_rs::Encoding::for_label(label.as_bytes()));
    if let (Some(declared), Some(meta), Some(label)) = (page.declared, read, meta)
        && declared != meta
    {
        let message = format!("Content-Type says {}, <meta> says {label}", declared.name());
        let help = "let both say the same; until then values go in as numeric character references";
        found.push(Finding::new(Code::CharsetsDiffer, message, help));
    }
}

fn words(reason: PassThrough, status: u16) -> (String, &'static str) {
    let text = |text: &str| text.to_owned();
    match reason {
        PassThrough::Attachment => (
            text("Content-Disposition makes it a download"),
            "send it inline",
        ),
        PassThrough::Charset => (
            text("its charset is unknown, or markup in it is no ASCII (utf-16, iso-2022-jp)"),
            "deliver the page as utf-8",
        ),
        PassThrough::EmptyBody => (text("the body is empty"), "nothing to do"),
        PassThrough::Encoding => (
            text("its Content-Encoding is none that Workers decode"),
            "let XM answer gzip, br or nothing, one at a time and in lower case",
        ),
        PassThrough::ExcludedPath => (
            text("the path is XM's own, or in exclude_paths"),
            "personalise another path, or take it out of exclude_paths in [vars.SITE]",
        ),
        PassThrough::NoContentType => (
            text("it has no Content-Type"),
            "send Content-Type: text/html; charset=utf-8",
        ),
        PassThrough::NoTransform => (
            text("Cache-Control says no-transform"),
            "take no-transform out of Cache-Control for pages with marks",
        ),
        PassThrough::NotHtml => (
            text("it is not HTML"),
            "send Content-Type: text/html; charset=utf-8",
        ),
        PassThrough::StaticFile => (
            text(
                "the path ends like a static file's, which shared caches keep whatever the page says",
            ),
            "give the page a path without that extension",
        ),
        PassThrough::Editing => (
            text("sc_mode, sc_debug or sc_itemid ask for an editor's view"),
            "leave them out",
        ),
        PassThrough::Status => (
            format!("its status is {status}"),
            "only a 200 is personalised, and a 404 with personalise_not_found = true",
        ),
        PassThrough::Range => (text("it is a part of a page"), "send the whole page"),
        other => (text(other.label()), "see docs/faults.md"),
    }
}
