//! The visitor's browser id, as the cookie of Sitecore's SDKs carries it.
//!
//! In: the cookies and the tenant's client key. Out: a valid [`BrowserId`], or none. It never makes one up: ids come
//! from the CDP.

pub use crate::cdp::BrowserId;
use crate::request::Cookies;

/// The cookie that Boxever JS and Sitecore Engage use as well: `bid_{clientKey}`.
#[must_use]
pub fn cookie_name(client_key: &str) -> String {
    format!("bid_{client_key}")
}

/// The first valid id among the cookies of that name; invalid ones (another cookie of the same name may follow) are
/// ignored singly.
#[must_use]
pub fn from_cookies(cookies: &Cookies, client_key: &str) -> Option<BrowserId> {
    cookies
        .values(&cookie_name(client_key))
        .find_map(BrowserId::parse)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::fixture::BROWSER_ID;

    #[test]
    fn the_first_valid_id_wins() {
        const OTHER: &str = "11111111-1111-4111-8111-111111111111";
        #[rustfmt::skip]
        let cases = [
            (String::new(), None),
            (format!("bid_CLIENTKEY={BROWSER_ID}"), Some(BROWSER_ID)),
            (format!("a=b; bid_CLIENTKEY={BROWSER_ID}; c=d"), Some(BROWSER_ID)),
            (format!("bid_CLIENTKEY={BROWSER_ID}; bid_CLIENTKEY={OTHER}"), Some(BROWSER_ID)),
            (format!("bid_CLIENTKEY=; bid_CLIENTKEY={OTHER}"), Some(OTHER)),
            (format!("bid_CLIENTKEY=x{BROWSER_ID}; bid_CLIENTKEY={OTHER}"), Some(OTHER)),
            (format!("bid_CLIENTKEY={}", BROWSER_ID.replace('-', "")), None),
            (format!("bid_CLIENTKEY={{{BROWSER_ID}}}"), None),
            (format!("bid_OTHER={BROWSER_ID}"), None),
            (format!("bid_clientkey={BROWSER_ID}"), None),
            (format!("bid_CLIENTKEY={}", "a".repeat(10_000)), None),
            (format!("bid_CLIENTKEY={BROWSER_ID}, Path=/"), None),
        ];
        for (header, expected) in cases {
            let id = from_cookies(&Cookies::new(header.as_str()), "CLIENTKEY");
            assert_eq!(id.as_ref().map(BrowserId::as_str), expected, "{header}");
        }
    }
}
