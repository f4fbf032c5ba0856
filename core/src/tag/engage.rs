//! Sitecore Engage.
//!
//! In: tenant and site. Out: one script that loads the library, initialises it against the first-party endpoints and,
//! as Sitecore's pages do, leaves what `init` gives as `window.engage`.

use serde_json::{Map, Value, json};

use super::{
    Injection, Piece, Position,
    script::{self, LOADER},
    view::{self, PAGE},
};

/// For as many days as the Worker's own cookie.
const COOKIE_DAYS: u32 = 730;

pub(super) fn pieces(injection: &Injection<'_>, library_url: &str) -> Vec<Piece> {
    let base = injection.base();
    let settings = json!({
        "library": [library_url, format!("{base}/library.js")],
        "settings": settings(injection, &base),
        "view": view::settings(injection.site),
    });
    let code = format!(
        "if(w.Engage)return;{LOADER}\
         load(function(){{w.Engage.init(c.settings).then(function(e){{\
         w.engage=e;\
         if(c.view){{c.view.page={PAGE};return e.pageView(c.view)}}\
         }})[\"catch\"](function(){{}})}})"
    );
    vec![Piece {
        position: Position::BodyEnd,
        html: script::inline(&code, &settings, injection.nonce),
    }]
}

/// What `init` takes. The id cookie is the Worker's: the library finds it and writes none.
fn settings(injection: &Injection<'_>, base: &str) -> Value {
    let mut settings = Map::new();
    let mut set = |name: &str, value: Value| settings.insert(name.to_owned(), value);
    set("clientKey", injection.cdp.client_key.as_str().into());
    set("targetURL", base.into());
    set("pointOfSale", injection.site.point_of_sale.as_str().into());
    if let Some(domain) = &injection.site.cookie_domain {
        set("cookieDomain", domain.as_str().into());
    }
    set("cookieExpiryDays", COOKIE_DAYS.into());
    set("forceServerCookieMode", false.into());
    set("includeUTMParameters", true.into());
    if injection.cdp.web_flow_endpoint.is_some() {
        let flows = json!({
            "asyncScriptLoading": true, "deferScriptLoading": false, "baseURLOverride": base,
        });
        set("webPersonalization", flows);
    }
    Value::Object(settings)
}
