//! Boxever JS.
//!
//! In: tenant and site. Out: one script with the two globals of the library, pointed at the first-party endpoints.

use serde_json::{Map, Value, json};

use super::{
    Injection, Piece, Position,
    script::{self, LOADER},
    view::{self, PAGE},
};

/// For as many days as the Worker's own cookie.
const COOKIE_DAYS: u32 = 730;

/// Sends the VIEW once the library has an id. Of the page it knows less than Engage: language and referrer are ours.
const VIEW: &str = "w._boxeverq.push(function(){\
var b=w.Boxever,v=c.view,r=d.referrer;\
v.type=\"VIEW\";v.browser_id=b.getID();v.pos=c.settings.pointOfSale;\
v.language=v.language||d.documentElement.lang.slice(0,2).toUpperCase()||\"EN\";\
if(r&&r.split(\"/\")[2]!=location.host)v.referrer=r;\
b.eventCreate(b.addUTMParams(v),function(){},\"json\")});";

pub(super) fn pieces(injection: &Injection<'_>, library_url: &str) -> Vec<Piece> {
    let base = injection.base();
    let view = view::settings(injection.site);
    let send_view = if view.is_some() {
        format!("c.view.page={PAGE};{VIEW}")
    } else {
        String::new()
    };
    let code = format!(
        "if(w._boxever_settings)return;\
         w._boxeverq=w._boxeverq||[];w._boxever_settings=c.settings;\
         {send_view}{LOADER}load()"
    );
    let settings = json!({
        "library": [library_url, format!("{base}/library.js")],
        "settings": settings(injection, &base),
        "view": view,
    });
    vec![Piece {
        position: Position::BodyEnd,
        html: script::inline(&code, &settings, injection.nonce),
    }]
}

fn settings(injection: &Injection<'_>, base: &str) -> Value {
    let site = injection.site;
    let mut settings = Map::new();
    let mut set = |name: &str, value: Value| settings.insert(name.to_owned(), value);
    set("client_key", injection.cdp.client_key.as_str().into());
    set("target", target(injection, base).into());
    // Required, and empty for a cookie of the host alone.
    let domain = site.cookie_domain.as_deref().unwrap_or_default();
    set("cookie_domain", domain.into());
    set("cookie_expiry_in_days", COOKIE_DAYS.into());
    // In Safari the library would keep an id of its own in localStorage, which the Worker cannot see.
    set("cookies_only", true.into());
    set("pointOfSale", site.point_of_sale.as_str().into());
    if injection.cdp.web_flow_endpoint.is_some() {
        set("web_flow_target", base.into());
        set("web_flow_config", json!({"async": true, "defer": false}));
    }
    Value::Object(settings)
}

/// The library finds the other versions of the API by cutting this at the first `/v`, which must not stand in the host:
/// on such a host the path alone is given.
fn target(injection: &Injection<'_>, base: &str) -> String {
    if injection.origin.contains("/v") {
        format!("{}/v1.2", injection.site.endpoint_prefix)
    } else {
        format!("{base}/v1.2")
    }
}
