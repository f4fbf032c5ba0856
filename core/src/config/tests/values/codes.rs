//! Codes of the CDP: channel, currency, language, events.

use serde_json::json;

use super::check;
use crate::config::{
    Language, parse,
    tests::{config, vars},
};

#[test]
fn codes_are_in_upper_case() {
    let long = "A".repeat(65);
    check(
        "SITE.channel",
        &[
            json!("WEB"),
            json!("MOBILE_WEB"),
            json!("KIOSK2"),
            json!("A".repeat(64)),
        ],
        &[
            json!("web"),
            json!("Web"),
            json!("WEB "),
            json!("MOBILE-WEB"),
            json!(""),
            json!("ÄB"),
            json!(long),
        ],
    );
    check(
        "SITE.currency",
        &[json!("EUR"), json!("USD")],
        &[
            json!("eur"),
            json!("EU"),
            json!("EURO"),
            json!("€€"),
            json!("€"),
            json!(978),
        ],
    );
}

#[test]
fn languages_are_two_letters_with_a_region_perhaps() {
    for (written, code) in [
        ("de", "DE"),
        ("DE", "DE"),
        ("de-AT", "DE"),
        ("zh_Hans-CN", "ZH"),
        ("es-419", "ES"),
    ] {
        assert_eq!(
            config(json!({"SITE": {"language": written}})).site.language,
            Language::Fixed(code.to_owned()),
            "{written}"
        );
    }
    assert_eq!(
        config(json!({"SITE": {"language": "html"}})).site.language,
        Language::Html
    );
    check(
        "SITE.language",
        &[],
        &[
            json!("HTML"),
            json!("d"),
            json!("deu"),
            json!("german"),
            json!("de-"),
            json!("de-A"),
            json!("de-abcdefghi"),
            json!("-de"),
            json!("de AT"),
            json!("dé"),
            json!(""),
        ],
    );
}

#[test]
fn goals_are_custom_events_and_identities_are_posted() {
    for (event, fits) in [
        ("SIGNUP", true),
        ("A_1", true),
        ("signup", false),
        ("VIEW", false),
        ("IDENTITY", false),
        ("ORDER_CHECKOUT", false),
        ("", false),
    ] {
        let site = json!({"goals": [{"path": "/a", "event": event}]});
        assert_eq!(parse(&vars(json!({"SITE": site}))).is_ok(), fits, "{event}");
    }
    for (method, fits) in [
        ("POST", true),
        ("PUT", true),
        ("GET", false),
        ("post", false),
    ] {
        let site =
            json!({"identities": [{"path": "/a", "provider": "p", "id": "i", "method": method}]});
        assert_eq!(
            parse(&vars(json!({"SITE": site}))).is_ok(),
            fits,
            "{method}"
        );
    }
}
