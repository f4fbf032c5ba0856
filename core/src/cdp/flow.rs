//! Running a Full Stack experience or experiment (`callFlows`).
//!
//! In: tenant, site, browser id, friendly id, and what is known of the visit. Out: a JSON body. Each call counts an
//! exposure, so the caller makes one per friendly id and page view at most.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    cdp::BrowserId,
    config::{CdpSettings, Site},
};

/// Path of the `POST`.
pub const PATH: &str = "/v2/callFlows";

/// The body of the `POST`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FlowCall<'a> {
    client_key: &'a str,
    channel: &'a str,
    language: &'a str,
    currency_code: &'a str,
    point_of_sale: &'a str,
    friendly_id: &'a str,
    browser_id: &'a str,
    #[serde(skip_serializing_if = "Params::is_empty")]
    params: Params<'a>,
}

/// What the flow's conditions and templates may use.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Params<'a> {
    /// The page on another host that led here.
    #[serde(skip_serializing_if = "Option::is_none")]
    referrer: Option<&'a str>,
    /// utm parameters without `utm_`.
    #[serde(skip_serializing_if = "Map::is_empty")]
    utm: Map<String, Value>,
    /// Where the visitor is; without it the CDP sees the place of the Worker.
    #[serde(skip_serializing_if = "Geo::is_empty")]
    geo: Geo<'a>,
}

/// The visitor's place, from Cloudflare's `cf` object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Geo<'a> {
    /// Name of the city.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<&'a str>,
    /// ISO 3166-1 alpha-2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<&'a str>,
    /// ISO 3166-2 code of the region.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<&'a str>,
}

impl<'a> FlowCall<'a> {
    /// A call for `friendly_id`. `language`: from [`language`](crate::cdp::language), never empty.
    #[must_use]
    pub fn new(
        cdp: &'a CdpSettings,
        site: &'a Site,
        language: &'a str,
        friendly_id: &'a str,
        browser_id: &'a BrowserId,
        params: Params<'a>,
    ) -> Self {
        Self {
            client_key: &cdp.client_key,
            channel: &site.channel,
            language,
            currency_code: &site.currency,
            point_of_sale: &site.point_of_sale,
            friendly_id,
            browser_id: browser_id.as_str(),
            params,
        }
    }

    /// The JSON body.
    #[must_use]
    pub fn body(&self) -> String {
        // Only texts under text keys: serde_json has nothing to refuse.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl<'a> Params<'a> {
    /// `utm`: names with or without `utm_`.
    #[must_use]
    pub fn new(referrer: Option<&'a str>, utm: &[(String, String)], geo: Geo<'a>) -> Self {
        let mut own = Map::new();
        own.extend(utm.iter().map(|(name, value)| {
            let name = name.strip_prefix("utm_").unwrap_or(name);
            (name.to_owned(), Value::from(value.as_str()))
        }));
        Self {
            referrer,
            utm: own,
            geo,
        }
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Geo<'_> {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::request::fixture;

    fn body(params: Params<'_>) -> Value {
        let (cdp, site) = (fixture::cdp(), fixture::site());
        let id = BrowserId::parse(fixture::BROWSER_ID).unwrap();
        let call = FlowCall::new(&cdp, &site, "EN", "home_hero", &id, params);
        serde_json::from_str(&call.body()).unwrap()
    }

    #[test]
    fn the_wire_has_the_names_of_callflows_and_one_identification() {
        assert_eq!(
            body(Params::default()),
            json!({"clientKey": "CLIENTKEY", "channel": "WEB", "language": "EN", "currencyCode": "EUR",
                "pointOfSale": "shop/ie", "friendlyId": "home_hero", "browserId": fixture::BROWSER_ID})
        );
    }

    #[test]
    fn params_are_nested_and_hold_only_what_is_known() {
        let utm = [("utm_campaign".to_owned(), "c \"1\"".to_owned())];
        let geo = Geo {
            city: Some("Dublin"),
            country: Some("IE"),
            region: Some("L"),
        };
        assert_eq!(
            body(Params::new(Some("https://ref.test/"), &utm, geo))["params"],
            json!({"referrer": "https://ref.test/", "utm": {"campaign": "c \"1\""},
                "geo": {"city": "Dublin", "country": "IE", "region": "L"}})
        );
        assert_eq!(
            body(Params::new(Some("https://ref.test/"), &[], Geo::default()))["params"],
            json!({"referrer": "https://ref.test/"})
        );
        let only_country = Geo {
            country: Some("IE"),
            ..Geo::default()
        };
        assert_eq!(
            body(Params::new(None, &[], only_country))["params"],
            json!({"geo": {"country": "IE"}})
        );
    }
}
