//! The allow-list: which paths and methods exist below the prefix, and which call of the CDP each is.
//!
//! In: method and path as sent. Out: a [`Route`], or a refusal. A path is compared byte by byte and never decoded, so
//! no spelling of one can mean another upstream.

use super::refusal::Refusal;
use crate::{cdp::BrowserId, request::shape::captures};

/// Through which door a client came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Door {
    /// The direct API: Engage and Boxever JS.
    Direct,
    /// Sitecore's Edge: Cloud SDK and Content SDK, which leave keys empty.
    Edge,
}

/// One call of the wire contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Call {
    /// Creates a browser id.
    CreateBrowser,
    /// Creates an event, in the query (JSONP).
    CreateEvent,
    /// Where the script of web experiences is.
    CdnUrl,
    /// Runs a flow, as a POST.
    Flow,
    /// Runs a flow, in the query (JSONP).
    FlowInQuery,
    /// The library that the injected tag loads, for browsers that block its own host.
    Library,
    /// Boxever JS tells of an error in itself.
    LogError,
    /// Creates an event, as a POST.
    PostEvent,
    /// The guest behind a browser id.
    ShowBrowser,
    /// A script of web experiences of the tenant with this client key.
    WebFlow(String),
}

/// A path of the allow-list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Route {
    pub(super) door: Door,
    pub(super) call: Call,
    /// The method to call with.
    pub(super) method: &'static str,
    /// Methods of the path, as in `Allow`.
    pub(super) allow: &'static str,
    /// The path, beginning with one slash.
    pub(super) path: String,
}

/// A path that is served with one method.
pub(super) struct Served {
    pub(super) method: &'static str,
    /// Below the prefix and its slash; `{…}` stands for one segment.
    pub(super) shape: &'static str,
    door: Door,
    /// The call, made of the segments in place of `{…}`; `None` when they are not what they must be.
    call: fn(&[&str]) -> Option<Call>,
}

/// Every path that is served.
#[rustfmt::skip]
pub(super) const SERVED: [Served; 14] = {
    use Door::{Direct, Edge};
    [
        serve("GET", "v1.2/browser/create.json", Direct, |_| Some(Call::CreateBrowser)),
        serve("GET", "v1.2/browser/{browser_id}/show.json", Direct, show_browser),
        serve("POST", "v1.2/events", Direct, |_| Some(Call::PostEvent)),
        serve("GET", "v1.2/event/create.json", Direct, |_| Some(Call::CreateEvent)),
        serve("GET", "v1.2/boxever-log-js-error.js", Direct, |_| Some(Call::LogError)),
        serve("POST", "v2/callFlows", Direct, |_| Some(Call::Flow)),
        serve("GET", "v2/callFlows", Direct, |_| Some(Call::FlowInQuery)),
        serve("GET", "v1/events/v1.2/browser/create.json", Edge, |_| Some(Call::CreateBrowser)),
        serve("GET", "v1/events/v1.2/browser/{browser_id}/show.json", Edge, show_browser),
        serve("POST", "v1/events/v1.2/events", Edge, |_| Some(Call::PostEvent)),
        serve("POST", "v1/personalize", Edge, |_| Some(Call::Flow)),
        serve("GET", "v1/personalize/cdn-url", Edge, |_| Some(Call::CdnUrl)),
        serve("GET", "web-flow-libs/{client_key}/{script}", Direct, web_flow),
        serve("GET", "library.js", Direct, |_| Some(Call::Library)),
    ]
};

const fn serve(
    method: &'static str,
    shape: &'static str,
    door: Door,
    call: fn(&[&str]) -> Option<Call>,
) -> Served {
    Served {
        method,
        shape,
        door,
        call,
    }
}

/// The route of `path`, which is what follows the prefix, without query. Slashes at its beginning count as one: that
/// is what SDKs make of a base URL that ends in a slash.
pub(super) fn route(method: &str, path: &str) -> Result<Route, Refusal> {
    let path = path.strip_prefix('/').ok_or(Refusal::NotServed)?;
    let path = path.trim_start_matches('/');
    let candidates: Vec<(&Served, Call)> = SERVED
        .iter()
        .filter_map(|served| Some((served, (served.call)(&captures(served.shape, path)?)?)))
        .collect();
    let allow = match candidates.as_slice() {
        [] => return Err(Refusal::NotServed),
        [_, _, ..] => "GET, POST, OPTIONS",
        [(served, _)] if served.method == "POST" => "POST, OPTIONS",
        [_] => "GET, OPTIONS",
    };
    // A preflight asks for the path, whatever its method will be.
    candidates
        .into_iter()
        .find(|(served, _)| served.method == method || method == "OPTIONS")
        .map(|(served, call)| Route {
            door: served.door,
            call,
            method: served.method,
            allow,
            path: format!("/{path}"),
        })
        .ok_or(Refusal::Method { allow })
}

fn show_browser(captured: &[&str]) -> Option<Call> {
    let id = captured.first()?;
    BrowserId::parse(id).map(|_| Call::ShowBrowser)
}

fn web_flow(captured: &[&str]) -> Option<Call> {
    let [key, file] = captured else { return None };
    is_script_name(file).then(|| Call::WebFlow((*key).to_owned()))
}

/// A script beside `web-version.min.js`: the version script names its own successor.
fn is_script_name(file: &str) -> bool {
    file.strip_suffix(".js").is_some_and(|stem| {
        !stem.is_empty()
            && !stem.starts_with('.')
            && stem
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
    })
}

impl Call {
    /// A constant label for the log.
    pub(super) const fn label(&self) -> &'static str {
        match self {
            Self::CreateBrowser => "create_browser",
            Self::CreateEvent => "create_event",
            Self::CdnUrl => "cdn_url",
            Self::Flow => "flow",
            Self::FlowInQuery => "flow_in_query",
            Self::Library => "library",
            Self::LogError => "log_error",
            Self::PostEvent => "post_event",
            Self::ShowBrowser => "show_browser",
            Self::WebFlow(_) => "web_flow",
        }
    }

    /// Whether the call tells of something that has happened: it has, though the visitor may be gone by now.
    pub(super) const fn is_event(&self) -> bool {
        matches!(self, Self::CreateEvent | Self::PostEvent)
    }

    /// Whether the answer is a script that is the same for every visitor.
    pub(super) const fn is_shared_script(&self) -> bool {
        matches!(self, Self::Library | Self::WebFlow(_))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::request::fixture::BROWSER_ID;

    #[test]
    fn every_documented_path_and_method_is_served() {
        let show = format!("/v1.2/browser/{BROWSER_ID}/show.json");
        let edge_show = format!("/v1/events{show}");
        #[rustfmt::skip]
        let cases = [
            ("GET", "/v1.2/browser/create.json", "create_browser", Door::Direct),
            ("GET", "//v1.2/browser/create.json", "create_browser", Door::Direct),
            ("GET", &show, "show_browser", Door::Direct),
            ("GET", "/v1.2/event/create.json", "create_event", Door::Direct),
            ("GET", "/v1.2/boxever-log-js-error.js", "log_error", Door::Direct),
            ("POST", "/v1.2/events", "post_event", Door::Direct),
            ("POST", "/v2/callFlows", "flow", Door::Direct),
            ("POST", "//v2/callFlows", "flow", Door::Direct),
            ("GET", "/v2/callFlows", "flow_in_query", Door::Direct),
            ("GET", "/v1/events/v1.2/browser/create.json", "create_browser", Door::Edge),
            ("GET", "//v1/events/v1.2/browser/create.json", "create_browser", Door::Edge),
            ("GET", &edge_show, "show_browser", Door::Edge),
            ("POST", "/v1/events/v1.2/events", "post_event", Door::Edge),
            ("POST", "/v1/personalize", "flow", Door::Edge),
            ("GET", "/v1/personalize/cdn-url", "cdn_url", Door::Edge),
            ("GET", "/web-flow-libs/CK/web-version.min.js", "web_flow", Door::Direct),
            ("GET", "/web-flow-libs/CK/version.min.js", "web_flow", Door::Direct),
            ("GET", "/library.js", "library", Door::Direct),
        ];
        for (method, path, label, door) in cases {
            let route = route(method, path).unwrap();
            assert_eq!(
                (route.call.label(), route.door, route.method),
                (label, door, method)
            );
            let is_event = matches!(label, "create_event" | "post_event");
            assert_eq!(route.call.is_event(), is_event, "{label}");
        }
    }

    #[test]
    fn no_other_spelling_reaches_the_cdp() {
        #[rustfmt::skip]
        let others = ["", "/", "//", "/v1.2", "/v1.2/", "/v1.2/events/", "/v1.2//events", "/v1.2/Events", "/V1.2/events",
            "/v1.2/%65vents", "/v1%2E2/events", "/v1.2%2fevents", "/v1.2\\events", "\\v1.2\\events", "/v1.2/events;a=b",
            "/v1.2/events%00", "/v1.2/events ", "/v1.2/./events", "/v1.2/../v1.2/events", "/v1.2/%2e%2e/v1.2/events",
            "/../v1.2/events", "/v1.2/x/../events", "/v1.3/events", "/v2/callflows", "/v2/callFlows/getAudience/a", "/v2/guests",
            "/v2.1/guests", "/v2/guestContexts/", "/v1.2/guests", "/v1.2/browser/", "/v1.2/browser/x/show.json",
            "/v1.2/browser/../show.json", "/v1.2/browser/%2e%2e/show.json", "/v1.2/browser/create.xml",
            "/v1.2/browser/a38b230c-11eb-4cf9-8d5d-274e9f344925/delete.json", "/v1.2/event/create.json/x",
            "/v1.2/customer/create.json", "/v1.2/event", "/v1/events", "/v1/events/v1.2/event/create.json",
            "/v1/events/v1.2/boxever-log-js-error.js", "/v1/events/v1.3/events", "/v1/personalize/", "/v1/personalize/cdn-url/",
            "/events/v1.2/events", "/personalize/v2/callFlows", "/web-flow-libs", "/web-flow-libs/CK", "/web-flow-libs/CK/",
            "/web-flow-libs/CK/a.html", "/web-flow-libs/CK/.js", "/web-flow-libs/CK/..js", "/web-flow-libs/CK/a/b.js",
            "/web-flow-libs/CK/../a.js", "/web-flow-libs/CK/%2e%2e.js", "/web-flow-libs/CK/a%2fb.js", "/library.js/", "v1.2/events",
            "/health", "/event", "https://evil.example/v1.2/events", "//evil.example/v1.2/events", "/v1.2@evil.example/events"];
        for path in others {
            for method in ["GET", "POST", "OPTIONS", "DELETE"] {
                assert_eq!(
                    route(method, path),
                    Err(Refusal::NotServed),
                    "{method} {path}"
                );
            }
        }
    }

    #[test]
    fn other_methods_are_told_which_are_allowed() {
        #[rustfmt::skip]
        let cases = [
            ("POST", "/v1.2/browser/create.json", "GET, OPTIONS"),
            ("HEAD", "/v1.2/browser/create.json", "GET, OPTIONS"),
            ("GET", "/v1.2/events", "POST, OPTIONS"),
            ("PUT", "/v2/callFlows", "GET, POST, OPTIONS"),
            ("GET", "/v1/personalize", "POST, OPTIONS"),
            ("DELETE", "/web-flow-libs/CK/version.min.js", "GET, OPTIONS"),
            ("get", "/v1.2/browser/create.json", "GET, OPTIONS"),
        ];
        for (method, path, allow) in cases {
            assert_eq!(
                route(method, path),
                Err(Refusal::Method { allow }),
                "{method} {path}"
            );
        }
        assert!(route("OPTIONS", "/v2/callFlows").is_ok());
    }

    proptest! {
        #[test]
        fn no_path_panics(method in "\\PC*", path in "\\PC*") {
            let _ = route(&method, &path);
        }

        #[test]
        fn what_is_served_has_no_byte_that_a_server_could_read_otherwise(path in "/(v1\\.2|v2|v1|web-flow-libs)/[a-zA-Z0-9./%;\\\\-]{0,40}") {
            if route("OPTIONS", &path).is_ok() {
                prop_assert!(!path.contains(['%', ';', '\\']));
                prop_assert!(!path.contains("/../") && !path.contains("/./"));
            }
        }
    }
}
