//! Google Tag Manager.
//!
//! In: tenant, site and container. Out: the script for the head and the frame for browsers without scripts, as in Google's
//! own snippet. Before the container starts, the data layer says where CDP tags inside it find the first-party endpoints.

use serde_json::json;

use super::{Injection, Piece, Position, script};

/// Starts the container, unless a script file of the page's own, which nobody can look into from outside, did so before.
const CODE: &str = "if((w.google_tag_manager||{})[c.id]||d.querySelector(\"script[src*='id=\"+c.id+\"']\"))return;\
var l=w.dataLayer=w.dataLayer||[],n=(d.currentScript||{}).nonce,s=d.createElement(\"script\");\
l.push({cdp:c.cdp},{\"gtm.start\":Date.now(),event:\"gtm.js\"});\
s.async=true;if(n)s.nonce=n;s.src=\"https://www.googletagmanager.com/gtm.js?id=\"+c.id;d.head.appendChild(s)";

pub(super) fn pieces(injection: &Injection<'_>, container_id: &str) -> Vec<Piece> {
    let site = injection.site;
    let settings = json!({
        "id": container_id,
        "cdp": {
            "clientKey": injection.cdp.client_key,
            "targetURL": injection.base(),
            "pointOfSale": site.point_of_sale,
            "cookieDomain": site.cookie_domain,
        },
    });
    vec![
        Piece {
            position: Position::HeadEnd,
            html: script::inline(CODE, &settings, injection.nonce),
        },
        Piece {
            position: Position::BodyStart,
            html: frame(container_id),
        },
    ]
}

/// Google hides the frame by a style, which a CSP may forbid and report. `hidden` is under no policy's rule; on the element
/// around it, no style that a page has for its frames can show it.
fn frame(container_id: &str) -> String {
    format!(
        "<noscript hidden><iframe src=\"https://www.googletagmanager.com/ns.html?id={container_id}\" \
         height=\"0\" width=\"0\" hidden></iframe></noscript>"
    )
}
