//! Google Tag Manager.
//!
//! In: tenant, site and container. Out: the script for the head and the frame for browsers without scripts. Before the
//! container starts, the data layer says where CDP tags inside it find the first-party endpoints.

use serde_json::json;

use super::{Injection, Piece, Position, script};

const CODE: &str = "var l=w.dataLayer=w.dataLayer||[],n=(d.currentScript||{}).nonce,s=d.createElement(\"script\");\
l.push({cdp:c.cdp},{\"gtm.start\":Date.now(),event:\"gtm.js\"});\
s.async=true;if(n)s.nonce=n;s.src=c.src;d.head.appendChild(s)";

pub(super) fn pieces(injection: &Injection<'_>, container_id: &str) -> Vec<Piece> {
    let site = injection.site;
    let settings = json!({
        "src": format!("https://www.googletagmanager.com/gtm.js?id={container_id}"),
        "cdp": {
            "clientKey": injection.cdp.client_key,
            "targetURL": injection.base(),
            "pointOfSale": site.point_of_sale,
            "cookieDomain": site.cookie_domain,
        },
    });
    let frame = format!(
        "<noscript><iframe src=\"https://www.googletagmanager.com/ns.html?id={container_id}\" \
         height=\"0\" width=\"0\" hidden></iframe></noscript>"
    );
    vec![
        Piece {
            position: Position::HeadEnd,
            html: script::inline(CODE, &settings, injection.nonce),
        },
        Piece {
            position: Position::BodyStart,
            html: frame,
        },
    ]
}
