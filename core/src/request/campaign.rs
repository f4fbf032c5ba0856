//! Where the visitor came from: utm parameters and, on entry, the referrer.
//!
//! In: target and headers. Out: bounded texts for the VIEW event and for the flows' `params`. It never reads any
//! other query parameter.

use url::Url;

use crate::request::{Headers, Target};

/// How many utm parameters are kept.
const MAX_PARAMETERS: usize = 20;
/// Longest name that is kept, in bytes with `utm_`; longer ones are left out.
const MAX_NAME: usize = 64;
/// Longest value, in characters; longer ones are cut.
const MAX_VALUE: usize = 256;
/// Longest referrer that is sent whole, in bytes; of longer ones only the origin.
const MAX_REFERRER: usize = 2048;

/// Where the visitor came from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Campaign {
    /// Names in lower case with `utm_`, and decoded values; no name twice.
    pub utm: Vec<(String, String)>,
    /// The page that led here, when it is on another host.
    pub referrer: Option<String>,
}

impl Campaign {
    /// Reads the request.
    #[must_use]
    pub fn read(target: &Target<'_>, headers: &impl Headers) -> Self {
        Self {
            utm: utm(target),
            referrer: headers
                .get("referer")
                .and_then(|referrer| entry(&referrer, target.host_name())),
        }
    }
}

/// As Sitecore's SDKs do, the last of several equal names wins.
fn utm(target: &Target<'_>) -> Vec<(String, String)> {
    let mut parameters: Vec<(String, String)> = Vec::new();
    for (name, value) in target.query_pairs() {
        let name = name.to_ascii_lowercase();
        if !is_utm(&name) {
            continue;
        }
        let value = value
            .chars()
            .filter(|c| !c.is_control())
            .take(MAX_VALUE)
            .collect();
        if let Some((_, known)) = parameters.iter_mut().find(|(known, _)| *known == name) {
            *known = value;
        } else if parameters.len() < MAX_PARAMETERS {
            parameters.push((name, value));
        }
    }
    parameters
}

fn is_utm(name: &str) -> bool {
    name.len() <= MAX_NAME
        && name.strip_prefix("utm_").is_some_and(|rest| {
            !rest.is_empty()
                && rest
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        })
}

/// The referrer without user information and fragment, when it is a web page on another host than `host_name`.
fn entry(referrer: &str, host_name: &str) -> Option<String> {
    let mut url = Url::parse(referrer.trim()).ok()?;
    let other = url.host_str()? != host_name;
    if !other || !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    url.set_fragment(None);
    // Both can only fail for URLs without a host.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    if url.as_str().len() > MAX_REFERRER {
        return Some(format!("{}/", url.origin().ascii_serialization()));
    }
    Some(url.into())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn utm_of(query: &str) -> Vec<(String, String)> {
        utm(&Target::parse(&format!("https://shop.example/?{query}")))
    }

    #[test]
    fn utm_parameters_are_lower_cased_decoded_and_validated() {
        #[rustfmt::skip]
        let cases: &[(&str, &[(&str, &str)])] = &[
            ("", &[]),
            ("utm_source=news&utm_campaign=c%201&x=1", &[("utm_source", "news"), ("utm_campaign", "c 1")]),
            ("UTM_Source=News", &[("utm_source", "News")]),
            ("utm_source=a&utm_source=b", &[("utm_source", "b")]),
            ("utm_custom_1=a+b", &[("utm_custom_1", "a b")]),
            ("utm_=x&utm=x&my_utm_source=x&utm_a-b=x&utm_%22=x&utm_%C3%A4=x", &[]),
            ("utm_source=%00a%0d%0ab%ff", &[("utm_source", "ab\u{fffd}")]),
            ("utm_source", &[("utm_source", "")]),
        ];
        for (query, expected) in cases {
            let found = utm_of(query);
            let found: Vec<_> = found.iter().map(|(n, v)| (&**n, &**v)).collect();
            assert_eq!(found, *expected, "{query}");
        }
    }

    #[test]
    fn utm_parameters_are_bounded() {
        let many: Vec<String> = (0..100).map(|i| format!("utm_p{i}={i}")).collect();
        assert_eq!(utm_of(&many.join("&")).len(), MAX_PARAMETERS);
        let long = utm_of(&format!("utm_source={}", "é".repeat(300)));
        assert_eq!(long[0].1.chars().count(), MAX_VALUE);
        assert_eq!(utm_of(&format!("utm_{}=1", "a".repeat(MAX_NAME))), []);
    }

    #[test]
    fn the_referrer_counts_only_on_entry() {
        #[rustfmt::skip]
        let cases = [
            ("https://www.google.test/search?q=a#b", Some("https://www.google.test/search?q=a")),
            ("https://www.shop.example/", Some("https://www.shop.example/")),
            ("http://user:pw@other.example/a", Some("http://other.example/a")),
            ("https://shop.example/a", None),
            ("http://SHOP.example:8080/a", None),
            ("android-app://com.google/", None),
            ("about:blank", None),
            ("/relative", None),
            ("javascript:alert(1)", None),
            ("", None),
        ];
        for (referrer, expected) in cases {
            let target = Target::parse("https://shop.example:443/");
            let campaign = Campaign::read(&target, &vec![("referer", referrer)]);
            assert_eq!(campaign.referrer.as_deref(), expected, "{referrer}");
        }
    }

    #[test]
    fn a_long_referrer_is_cut_to_its_origin() {
        let mut referrer = "https://other.example/".to_owned();
        referrer.push_str(&"a".repeat(MAX_REFERRER - referrer.len()));
        let whole = entry(&referrer, "shop.example");
        assert_eq!(whole.as_deref(), Some(referrer.as_str()));
        referrer.push('a');
        let cut = entry(&referrer, "shop.example");
        assert_eq!(cut.as_deref(), Some("https://other.example/"));
    }

    proptest! {
        #[test]
        fn no_query_and_no_referrer_panics(query in "\\PC*", referrer in "\\PC*") {
            utm_of(&query);
            entry(&referrer, "shop.example");
        }
    }
}
