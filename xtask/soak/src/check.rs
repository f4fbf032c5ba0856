//! What a visitor may get, and what they got.
//!
//! In: a plan, a response. Out: what it was, or what is wrong with it.

use xm_edge_tests::{CLIENT_KEY, End, Response};

use crate::{
    page,
    plan::{Cdp, Kind, Plan, Xm},
    site::{cut_at, error},
};

/// What the Worker says where there is no page to fall back to.
const BAD_GATEWAY: &str = "Bad gateway: the site's origin could not be reached.\n";

/// What a visitor got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// A whole page, with so many of its two components as decided.
    Page(usize),
    /// The beginning of a page that XM broke off.
    Beginning,
    /// XM's error page, or the answer that there is none.
    NoPage,
}

/// What is wrong.
#[derive(Debug)]
pub enum Wrong {
    /// Bytes of another visitor.
    Mixed(String),
    /// Other bytes or headers than any that may leave.
    Other(String),
}

/// Judges `response` to the request of `plan`.
///
/// # Errors
/// When no form of the page is like it.
pub fn check(plan: &Plan, response: &Response) -> Result<Seen, Wrong> {
    let body = String::from_utf8_lossy(&response.body).into_owned();
    let id = own_id(plan, response)?;
    let wrong = |what: &str| {
        let status = response.status;
        let found = format!(
            "{what}: {plan:?} got {status}, {} bytes, {:?}",
            body.len(),
            response.end
        );
        match is_mixed(plan, id.as_deref(), &body) {
            true => Wrong::Mixed(found),
            false => Wrong::Other(found),
        }
    };
    let xm = page::of_xm(plan);
    let may_be_kept = matches!(plan.kind, Kind::Kept(_));
    let is_page = response.status == 200;
    if is_page && !is_private(response) {
        return Err(wrong("a page that a cache may share"));
    }
    let forms = page::forms(&xm, id.as_deref());
    let whole = is_page && forms.contains(&body);
    let fails = plan.cdp != Cdp::Fine && !plan.is_new;
    if whole && fails && page::decided(&body) > 0 {
        return Err(wrong("a decision that was never taken"));
    }
    let page = Seen::Page(page::decided(&body));
    match plan.xm {
        Xm::Fine | Xm::Pieces => match whole && response.end == End::Complete {
            true => Ok(page),
            false => Err(wrong("not the page")),
        },
        // Somebody before had a whole one.
        _ if whole && may_be_kept => Ok(page),
        Xm::Cut(share) | Xm::CutChunks(share) => {
            let beginning = &xm[..cut_at(&xm, share)];
            match is_page && page::forms(beginning, id.as_deref()).contains(&body) {
                true => Ok(Seen::Beginning),
                false => Err(wrong("not what XM sent")),
            }
        }
        // What the system had not handed out when the reset came is lost before the Worker.
        Xm::Reset(_) if is_page => match forms.iter().any(|form| form.starts_with(&body)) {
            true => Ok(Seen::Beginning),
            false => Err(wrong("not the beginning of the page")),
        },
        Xm::Reset(_) | Xm::Refuse => match (response.status, body.as_str()) {
            (502, BAD_GATEWAY) => Ok(Seen::NoPage),
            _ => Err(wrong("not a bad gateway")),
        },
        Xm::Error => match response.status == 500 && body == error(plan.number) {
            true => Ok(Seen::NoPage),
            false => Err(wrong("not XM's error page")),
        },
    }
}

/// The visitor's own id: that of the cookie they sent, or that they were given.
fn own_id(plan: &Plan, response: &Response) -> Result<Option<String>, Wrong> {
    let name = format!("bid_{CLIENT_KEY}=");
    let set = response
        .headers
        .all("set-cookie")
        .into_iter()
        .find_map(|line| {
            let value = line.strip_prefix(&name)?;
            Some(value.split(';').next().unwrap_or_default().to_owned())
        });
    if plan.is_new {
        return match set {
            Some(id) if !id.starts_with('b') => {
                Err(Wrong::Mixed(format!("{plan:?} was given {id}")))
            }
            set => Ok(set),
        };
    }
    let own = plan.browser_id();
    match set {
        Some(id) if id != own => Err(Wrong::Mixed(format!("{plan:?} was given {id}"))),
        _ => Ok(Some(own)),
    }
}

fn is_private(response: &Response) -> bool {
    response.headers.get("cache-control") == Some("private, no-store")
}

/// Whether something in `body` is another visitor's.
fn is_mixed(plan: &Plan, id: Option<&str>, body: &str) -> bool {
    let other = |mark: &str, end: char, own: &str| {
        body.match_indices(mark).any(|(at, _)| {
            let rest = &body[at + mark.len()..];
            rest.split_once(end).is_some_and(|(found, _)| found != own)
        })
    };
    other("For ", '<', id.unwrap_or_default()) || other("token ", '<', &plan.number.to_string())
}

#[cfg(test)]
mod tests {
    use xm_edge_tests::Headers;

    use super::*;

    fn plan(xm: Xm) -> Plan {
        Plan {
            number: 9,
            kind: Kind::Own,
            filler: 500,
            is_new: false,
            xm,
            cdp: Cdp::Fine,
            leaves: None,
        }
    }

    fn response(status: u16, body: &str) -> Response {
        let line = ("cache-control".to_owned(), "private, no-store".to_owned());
        Response {
            status,
            headers: Headers(vec![line]),
            body: body.into(),
            end: End::Complete,
        }
    }

    #[test]
    fn one_wrong_byte_is_seen_and_anothers_byte_is_called_so() {
        let plan = plan(Xm::Fine);
        let xm = page::of_xm(&plan);
        let mine = page::forms(&xm, Some(&plan.browser_id())).remove(0);
        assert_eq!(check(&plan, &response(200, &mine)).unwrap(), Seen::Page(2));
        assert_eq!(check(&plan, &response(200, &xm)).unwrap(), Seen::Page(0));
        let short = &mine[..mine.len() - 1];
        assert!(matches!(
            check(&plan, &response(200, short)),
            Err(Wrong::Other(_))
        ));
        let theirs = page::forms(&xm, Some("a0000000-0000-4000-8000-00000000000a")).remove(0);
        assert!(matches!(
            check(&plan, &response(200, &theirs)),
            Err(Wrong::Mixed(_))
        ));
        let mut shared = response(200, &mine);
        shared.headers = Headers::default();
        assert!(check(&plan, &shared).is_err());
    }

    #[test]
    fn a_page_that_broke_off_may_not_lose_a_byte_that_came() {
        let plan = plan(Xm::Cut(600));
        let xm = page::of_xm(&plan);
        let beginning = &xm[..cut_at(&xm, 600)];
        assert_eq!(
            check(&plan, &response(200, beginning)).unwrap(),
            Seen::Beginning
        );
        let less = &beginning[..beginning.len() - 1];
        assert!(check(&plan, &response(200, less)).is_err());
    }

    #[test]
    fn a_decision_nobody_took_is_wrong() {
        let plan = Plan {
            cdp: Cdp::Error,
            ..plan(Xm::Fine)
        };
        let xm = page::of_xm(&plan);
        let decided = page::forms(&xm, Some(&plan.browser_id())).remove(0);
        assert!(check(&plan, &response(200, &decided)).is_err());
        assert_eq!(check(&plan, &response(200, &xm)).unwrap(), Seen::Page(0));
    }
}
