//! `GET …/preview?token=…`: a link is followed, a choice is made in the overlay, a preview is left.
//!
//! In: the query, the key, the time. Out: a redirect to the page with the preview's cookie, or a page that says why not. It
//! redirects nowhere but to the pages of the link.

use super::{
    cookie,
    key::{KeyFault, PreviewKey},
    link::{Choice, Choices, Link, MAX_SHOWN},
    notice::{self, traceless},
    token::{self, Refused},
};
use crate::{
    answer::{Answer, problem},
    request::Target,
    template::FriendlyId,
};

/// What the query asks for.
#[derive(Default)]
struct Asked {
    token: Option<String>,
    /// Path and query of the page where a choice was made.
    at: Option<String>,
    /// Friendly id and variant; an empty variant: none is chosen any more.
    show: Vec<String>,
    reset: bool,
    leave: bool,
}

/// Answers. `prefix`: of the endpoints.
#[must_use]
#[inline(never)]
pub fn follow(
    method: &str,
    target: &Target<'_>,
    key: Result<&PreviewKey, KeyFault>,
    prefix: &str,
    now_s: u64,
) -> Answer {
    if !matches!(method, "GET" | "HEAD") {
        let detail = "A preview link is followed with GET, and made with POST.";
        return problem(405, detail, &[]).with("allow", "GET, HEAD, POST");
    }
    match key {
        Ok(key) => answer(target, key, prefix, now_s).unwrap_or_else(|answer| answer),
        Err(fault) => notice::not_set_up(fault),
    }
}

fn answer(
    target: &Target<'_>,
    key: &PreviewKey,
    prefix: &str,
    now_s: u64,
) -> Result<Answer, Answer> {
    let asked = read(target);
    let given = asked.token.unwrap_or_default();
    let mut link = token::open(&given, key).map_err(notice::refused)?;
    let to_page = |link: &Link, [pages, calls]: [String; 2]| {
        let at = asked
            .at
            .as_ref()
            .filter(|at| is_place(at) && link.covers(at));
        let place = at.unwrap_or(&link.leads_to);
        // With its host, so that a path of two slashes is no other host.
        let location = format!("{}://{}{place}", target.scheme, target.host);
        traceless(Answer::empty(303))
            .with("location", location)
            .with("set-cookie", pages)
            .with("set-cookie", calls)
    };
    match link.check_site(target, now_s) {
        // Who leaves leaves.
        Ok(()) | Err(Refused::Expired) if asked.leave => {
            return Ok(to_page(&link, cookie::clear(&link, prefix)));
        }
        checked => checked.map_err(notice::refused)?,
    }
    if !asked.reset && asked.show.is_empty() {
        return Ok(to_page(&link, cookie::set(&link, &given, prefix, now_s)));
    }
    if asked.reset {
        link.show = Choices::default();
    }
    for pair in &asked.show {
        choose(pair, &mut link.show).ok_or_else(notice::no_choice)?;
    }
    let fits = link.show.len() <= MAX_SHOWN;
    let token = token::sign(&link, key).filter(|_| fits);
    let token = token.ok_or_else(notice::too_much)?;
    Ok(to_page(&link, cookie::set(&link, &token, prefix, now_s)))
}

fn read(target: &Target<'_>) -> Asked {
    let mut asked = Asked::default();
    for (name, value) in target.query_pairs() {
        match &*name {
            "token" => asked.token = Some(value.into_owned()),
            "at" => asked.at = Some(value.into_owned()),
            "show" if asked.show.len() <= MAX_SHOWN => asked.show.push(value.into_owned()),
            "reset" => asked.reset = true,
            "leave" => asked.leave = true,
            _ => {}
        }
    }
    asked
}

/// `ID=VARIANT` or `ID=`.
fn choose(pair: &str, show: &mut Choices) -> Option<()> {
    let (id, variant) = pair.split_once('=')?;
    let id = FriendlyId::parse(id)?;
    let choice = if variant.is_empty() {
        None
    } else {
        Some(Choice::parse(variant)?)
    };
    show.set(id, choice);
    Some(())
}

/// Whether a header may carry it as the path and query of a page.
fn is_place(at: &str) -> bool {
    at.len() <= 8 * 1024 && at.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests;
