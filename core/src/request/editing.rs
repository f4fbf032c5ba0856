//! Experience Editor, preview and debug modes of XM: an author must see XM's own page.
//!
//! In: query and cookies. Out: yes or no. In doubt it says yes: the author then sees the page unpersonalised, which
//! costs nothing, while a spliced page in the editor could be saved.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use crate::request::{Cookies, Target};

/// Query names that only an author's tools use, in lower case: editor, preview (at a date or version, from another
/// database) and debugger. `sc_lang`, `sc_site`, `sc_device`, `sc_camp` and `sc_trk` are a visitor's.
const AUTHOR_QUERY: [&str; 13] = [
    "sc_ce",
    "sc_ce_uri",
    "sc_content",
    "sc_date",
    "sc_debug",
    "sc_duration",
    "sc_headless_mode",
    "sc_itemid",
    "sc_prof",
    "sc_ribbon",
    "sc_trace",
    "sc_version",
    "sc_webedit",
];

/// Whether an author's mode is on.
pub(super) fn is_editing(target: &Target<'_>, cookies: &Cookies) -> bool {
    target
        .query_pairs()
        .any(|(name, value)| is_author_query(&name, &value))
        || cookies
            .pairs()
            .any(|(name, value)| is_author_cookie(name, value))
}

fn is_author_query(name: &str, value: &str) -> bool {
    let name = name.to_ascii_lowercase();
    (name == "sc_mode" && !is_normal(value)) || AUTHOR_QUERY.contains(&name.as_str())
}

/// XM keeps a site's mode in `SITE#sc_mode`. Cookies of the site `shell` are those of the back office: whoever has
/// one works there.
fn is_author_cookie(name: &str, value: &str) -> bool {
    let name = decoded(name).to_ascii_lowercase();
    let is_mode = name == "sc_mode" || name.ends_with("#sc_mode");
    (is_mode && !is_normal(&decoded(value))) || name.starts_with("shell#")
}

fn is_normal(mode: &str) -> bool {
    mode.trim().eq_ignore_ascii_case("normal")
}

fn decoded(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn editing(query: &str, cookie: &str) -> bool {
        let url = format!("https://shop.example/?{query}");
        is_editing(&Target::parse(&url), &Cookies::new(cookie))
    }

    #[test]
    fn an_authors_query_is_found_in_any_case_and_encoding() {
        #[rustfmt::skip]
        let queries = ["sc_mode=edit", "sc_mode=preview", "sc_mode=debug", "SC_MODE=Edit", "a=1&sc_mode=edit", "sc_mode",
            "sc_mode=", "sc%5Fmode=%65dit", "sc_mode=normal&sc_mode=edit", "sc_debug=1", "sc_itemid=%7B1%7D", "sc_prof=1",
            "sc_trace=1", "sc_version=2", "sc_date=20260101", "sc_content=master"];
        for query in queries {
            assert!(editing(query, ""), "{query}");
        }
        #[rustfmt::skip]
        let visitors = ["", "sc_mode=normal", "sc_mode=NORMAL", "sc_lang=de", "sc_camp=1", "sc_device=x", "sc_site=a",
            "xsc_mode=edit", "q=sc_mode", "__proto__=1", "%zz"];
        for query in visitors {
            assert!(!editing(query, ""), "{query}");
        }
    }

    #[test]
    fn an_authors_cookies_are_found() {
        #[rustfmt::skip]
        let cookies = ["website#sc_mode=edit", "a=b; website#sc_mode=preview", "shop#sc_mode=debug", "website%23sc_mode=edit",
            "WEBSITE#SC_MODE=edit", "sc_mode=edit", "shell#sc_mode=normal", "shell#lang=en", "Shell#lang=de", "x; website#sc_mode="];
        for cookie in cookies {
            assert!(editing("", cookie), "{cookie}");
        }
        #[rustfmt::skip]
        let visitors = ["", "website#sc_mode=normal", "website#lang=en", "sc_mode=normal", "my_shell#lang=en", "shell=1",
            "a=website#sc_mode", "a=shell#lang", "ASP.NET_SessionId=x; SC_ANALYTICS_GLOBAL_COOKIE=y|True"];
        for cookie in visitors {
            assert!(!editing("", cookie), "{cookie}");
        }
    }
}
