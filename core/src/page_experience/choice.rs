//! What a decision chooses for the page as a whole.
//!
//! In: the decision, the request. Out: a [`Choice`]. `redirect` outweighs `path`; what is refused is not replaced by the other
//! one, but by the default page: half of a decision is no decision.

use serde_json::Value;

use super::{
    outcome::{CONTROL, PageResult},
    rule::rule_for,
    target::{self, Address},
};
use crate::{config::Site, decision::Decision, request::Target, template::Pointer};

/// The request, and what is known of who makes it.
#[derive(Clone, Copy, Debug)]
pub struct Visited<'a> {
    /// What is asked for.
    pub target: &'a Target<'a>,
    /// The site.
    pub site: &'a Site,
    /// A redirect of ours has led here ([`loop_cookie`](super::loop_cookie)).
    pub redirected: bool,
    /// The browser has shown that it keeps cookies.
    pub keeps_cookies: bool,
}

/// Which page is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// XM's page of the visitor's own URL.
    Default {
        /// Why.
        result: PageResult,
        /// What a VIEW says of it; `None` where the decision did not choose it.
        shown: Option<String>,
    },
    /// Another page of XM under the same URL.
    Path {
        /// Path and query on XM.
        path: String,
        /// What a VIEW says of it.
        shown: String,
    },
    /// A page of the site at its own URL.
    Redirect {
        /// The value of `Location`: an absolute path, perhaps with query and fragment; visible ASCII alone.
        location: String,
        /// The decision's variant id.
        variant: Option<String>,
    },
}

/// Reads the decision.
#[must_use]
pub fn choose(decision: &Decision, visited: &Visited<'_>) -> Choice {
    let pointer = |text| Pointer::parse(text);
    let variant = pointer("/variantId").and_then(|pointer| decision.variant_id(&pointer));
    let value = |text| pointer(text).and_then(|pointer| decision.find(&pointer).cloned());
    match (Wish::read(value("/redirect")), Wish::read(value("/path"))) {
        (Wish::Nothing, Wish::Nothing) => Choice::Default {
            result: PageResult::Control,
            shown: Some(variant.unwrap_or_else(|| CONTROL.to_owned())),
        },
        (Wish::Nothing, wish) => other_page(&wish, visited, variant),
        (wish, _) => redirect(&wish, visited, variant),
    }
}

/// A key of the decision.
enum Wish {
    /// Absent or empty: templates leave their keys empty where there is nothing to say.
    Nothing,
    Text(String),
    /// Something else.
    Wrong,
}

impl Wish {
    fn read(value: Option<Value>) -> Self {
        match value {
            None | Some(Value::Null) => Self::Nothing,
            Some(Value::String(text)) if text.is_empty() => Self::Nothing,
            Some(Value::String(text)) => Self::Text(text),
            Some(_) => Self::Wrong,
        }
    }

    fn address(
        &self,
        visited: &Visited<'_>,
        read: fn(&str, &Target<'_>, &str) -> Option<Address>,
    ) -> Option<(&str, Address)> {
        let Self::Text(text) = self else { return None };
        let address = read(text, visited.target, &visited.site.endpoint_prefix)?;
        Some((text, address))
    }
}

fn other_page(wish: &Wish, visited: &Visited<'_>, variant: Option<String>) -> Choice {
    let Some((text, address)) = wish.address(visited, target::page) else {
        return refused(PageResult::PathRefused);
    };
    let shown = variant.unwrap_or_else(|| text.to_owned());
    if address.requested() == visited.target.path_and_query() {
        return Choice::Default {
            result: PageResult::Path,
            shown: Some(shown),
        };
    }
    Choice::Path {
        path: address.requested(),
        shown,
    }
}

fn redirect(wish: &Wish, visited: &Visited<'_>, variant: Option<String>) -> Choice {
    let Some((text, address)) = wish.address(visited, target::redirect) else {
        return refused(PageResult::RedirectRefused);
    };
    // Who has arrived sees what the decision chose, though nobody is redirected any more.
    if address.requested() == visited.target.path_and_query() {
        return Choice::Default {
            result: PageResult::RedirectLoop,
            shown: Some(variant.unwrap_or_else(|| text.to_owned())),
        };
    }
    if visited.redirected
        || address.is_page_at(visited.target.path)
        || may_circle(&address, visited)
    {
        return refused(PageResult::RedirectLoop);
    }
    Choice::Redirect {
        location: address.requested() + &address.fragment,
        variant,
    }
}

/// Whether another rule could send the visitor on from there, and no cookie would tell that we had sent them.
fn may_circle(address: &Address, visited: &Visited<'_>) -> bool {
    let here = rule_for(visited.site, visited.target.path);
    let there = rule_for(visited.site, &address.path);
    !visited.keeps_cookies && there.is_some() && there != here
}

const fn refused(result: PageResult) -> Choice {
    Choice::Default {
        result,
        shown: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::{PageExperience, PathPattern},
        request::fixture,
    };

    fn rule(path: &str) -> PageExperience {
        PageExperience {
            path: PathPattern::Exact(path.to_owned()),
            friendly_id: format!("at_{path}"),
            experiment: false,
        }
    }

    struct At {
        url: &'static str,
        redirected: bool,
        keeps_cookies: bool,
    }

    const HOME: At = At {
        url: "https://shop.example/?x=1",
        redirected: false,
        keeps_cookies: true,
    };

    fn chosen(at: &At, decision: &str) -> Choice {
        let mut site = fixture::site();
        site.page_experiences = vec![rule("/"), rule("/c")];
        let visited = Visited {
            target: &Target::parse(at.url),
            site: &site,
            redirected: at.redirected,
            keeps_cookies: at.keeps_cookies,
        };
        choose(&Decision::read(200, decision.as_bytes()).unwrap(), &visited)
    }

    fn default(result: PageResult, shown: Option<&str>) -> Choice {
        Choice::Default {
            result,
            shown: shown.map(str::to_owned),
        }
    }

    fn redirected(location: &str, variant: Option<&str>) -> Choice {
        Choice::Redirect {
            location: location.to_owned(),
            variant: variant.map(str::to_owned),
        }
    }

    #[test]
    fn a_decision_without_a_page_is_the_default_page() {
        for (decision, shown) in [
            ("{}", "control"),
            (r#"{"message":"No flow executed"}"#, "control"),
            (r#"{"variantId":"b"}"#, "b"),
            (
                r#"{"variantId":"home_default","redirect":"","path":null}"#,
                "control",
            ),
            (r#"{"a":{"redirect":"/b"}}"#, "control"),
        ] {
            let expected = default(PageResult::Control, Some(shown));
            assert_eq!(chosen(&HOME, decision), expected, "{decision}");
        }
    }

    #[test]
    fn another_page_is_named_by_its_variant_or_its_path() {
        let path = |path: &str, shown: &str| Choice::Path {
            path: path.to_owned(),
            shown: shown.to_owned(),
        };
        #[rustfmt::skip]
        let cases = [
            (r#"{"path":"/home-b"}"#, path("/home-b?x=1", "/home-b")),
            (r#"{"path":"/home-b","variantId":"b","redirect":""}"#, path("/home-b?x=1", "b")),
            (r#"{"path":"/"}"#, default(PageResult::Path, Some("/"))),
            (r#"{"path":"/?x=2"}"#, path("/?x=2", "/?x=2")),
            (r#"{"path":"//evil.example"}"#, default(PageResult::PathRefused, None)),
            (r#"{"path":7}"#, default(PageResult::PathRefused, None)),
        ];
        for (decision, expected) in cases {
            assert_eq!(chosen(&HOME, decision), expected, "{decision}");
        }
    }

    #[test]
    fn a_redirect_outweighs_a_path_and_a_refused_one_is_the_default_page() {
        #[rustfmt::skip]
        let cases = [
            (r#"{"redirect":"/b"}"#, redirected("/b?x=1", None)),
            (r##"{"redirect":"/b?y#z","path":"/p","variantId":"b"}"##, redirected("/b?y&x=1#z", Some("b"))),
            (r#"{"redirect":"//evil.example","path":"/p"}"#, default(PageResult::RedirectRefused, None)),
            (r#"{"redirect":["/b"]}"#, default(PageResult::RedirectRefused, None)),
            (r#"{"redirect":{"to":"/b"},"path":"/p"}"#, default(PageResult::RedirectRefused, None)),
        ];
        for (decision, expected) in cases {
            assert_eq!(chosen(&HOME, decision), expected, "{decision}");
        }
    }

    #[test]
    fn nobody_is_sent_round_in_circles() {
        let to_b = r#"{"redirect":"/b","variantId":"b"}"#;
        let circle = default(PageResult::RedirectLoop, None);
        let again = At {
            redirected: true,
            ..HOME
        };
        assert_eq!(chosen(&again, to_b), circle);
        // The page itself, in another spelling or with another query.
        for decision in [
            r#"{"redirect":"/?x=2"}"#,
            r#"{"redirect":"https://shop.example/?y"}"#,
        ] {
            assert_eq!(chosen(&HOME, decision), circle, "{decision}");
        }
        let here = At {
            url: "https://shop.example/C/?x=1",
            ..HOME
        };
        assert_eq!(chosen(&here, r#"{"redirect":"/c"}"#), circle);
        // Where the decision leads is where the visitor is.
        let arrived = default(PageResult::RedirectLoop, Some("b"));
        for redirected in [false, true] {
            let at = At {
                url: "https://shop.example/b?x=1",
                redirected,
                ..HOME
            };
            assert_eq!(chosen(&at, to_b), arrived);
        }
        // Another rule could send them back, and nothing would tell that we had sent them.
        let forgetful = At {
            keeps_cookies: false,
            ..HOME
        };
        assert_eq!(chosen(&forgetful, r#"{"redirect":"/c"}"#), circle);
        assert_eq!(
            chosen(&HOME, r#"{"redirect":"/c"}"#),
            redirected("/c?x=1", None)
        );
        assert_eq!(chosen(&forgetful, to_b), redirected("/b?x=1", Some("b")));
    }
}
