//! What somebody sees whose preview link does not work, or who has left: a small page that says what to do.
//!
//! In: a constant heading and sentence. Out: an answer that nobody keeps or indexes. It repeats nothing of the request.

use super::{key::KeyFault, token::Refused};
use crate::answer::Answer;

/// Nothing but its own style.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const STYLE: &str = "html{color-scheme:light dark;font:17px/1.55 system-ui,sans-serif}\
body{margin:0;min-height:100vh;display:grid;place-content:center;padding:24px;box-sizing:border-box}\
main{max-width:31rem}h1{font-size:1.5rem;line-height:1.25;margin:0 0 .6rem}p{margin:0 0 .8rem}\
svg{color:#4338ca;margin-bottom:.6rem}small{opacity:.75}@media(prefers-color-scheme:dark){svg{color:#b3b0ff}}";

/// What a link is refused with.
#[must_use]
pub(super) fn refused(why: Refused) -> Answer {
    let (status, heading, text) = match why {
        Refused::Expired => (
            410,
            "This preview is over",
            "Preview links hold for a limited time, and the time of this one has passed. Ask for a new link where you got this one.",
        ),
        Refused::OtherSite => (
            403,
            "This preview is for another site",
            "A preview link holds on the site that it was made for. Open it as you got it, or ask for a link to this site.",
        ),
        Refused::OtherPath | Refused::BadSignature | Refused::Malformed => (
            403,
            "This preview link is not complete, or not ours",
            "Mail programs sometimes cut long links in two: copy all of it into the address bar. If that does not help, ask for a \
             new link: the key that signs them may have been replaced.",
        ),
    };
    page(status, heading, text, why.label())
}

/// A choice that is none.
pub(super) fn no_choice() -> Answer {
    let text = "Go back and choose another variant.";
    page(400, "This choice cannot be shown", text, "bad_choice")
}

/// More than a link can hold.
pub(super) fn too_much() -> Answer {
    let text = "A link holds at most 50 choices, and all of them must fit into a cookie. Go back, choose \"Start over\", and set \
                only what you want to see.";
    page(
        400,
        "Too many choices for one link",
        text,
        "too_many_choices",
    )
}

/// The Worker is not set up for previews.
pub(super) fn not_set_up(fault: KeyFault) -> Answer {
    page(
        503,
        "Previews are not set up here",
        fault.remedy(),
        "no_key",
    )
}

fn page(status: u16, heading: &str, text: &str, label: &str) -> Answer {
    let body = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{heading}</title><style>{STYLE}</style></head><body><main>\
         <svg width=\"44\" height=\"44\" viewBox=\"0 0 20 20\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"1.2\" \
         aria-hidden=\"true\"><path d=\"M1.5 10S4.5 4.5 10 4.5 18.5 10 18.5 10 15.5 15.5 10 15.5 1.5 10 1.5 10Z\"/>\
         <path d=\"m3 17 14-14\"/></svg><h1>{heading}</h1><p>{text}</p><p><small>Reason: {label}</small></p></main></body></html>"
    );
    traceless(Answer::text(status, "text/html; charset=utf-8", body))
        .with("content-security-policy", POLICY)
}

/// Neither search engines nor the next page hear of an answer whose address holds a token.
pub(super) fn traceless(answer: Answer) -> Answer {
    answer
        .with("x-robots-tag", "noindex, nofollow")
        .with("referrer-policy", "no-referrer")
}
