//! The catalogue from outside: what is taken, what is refused and by which name.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{cdp::BrowserId, request::fixture};

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        other => panic!("{other} is no object"),
    }
}

/// The fields of the problems, in order.
fn wrong(event: Value) -> Vec<String> {
    match check(object(event)) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.into_iter().map(|problem| problem.field).collect(),
    }
}

fn sent(event: Value) -> Value {
    let checked = check(object(event)).unwrap();
    let id = BrowserId::parse(fixture::BROWSER_ID).unwrap();
    let event = complete(
        checked,
        &EventContext {
            cdp: &fixture::cdp(),
            site: &fixture::site(),
            browser_id: &id,
            html_lang: Some("de-AT"),
            page_name: None,
            path: "/de/kontakt",
            requested_at_ms: 1_795_311_366_248,
        },
        "e1".to_owned(),
    );
    assert_eq!(event.id, "e1");
    serde_json::from_str(&event.body).unwrap()
}

fn order(change: impl FnOnce(&mut Value)) -> Value {
    let mut event = json!({"type": "ORDER_CHECKOUT", "order": {
        "referenceId": "R1", "orderedAt": "2030-01-01T00:00:00.000Z", "status": "PURCHASED", "currencyCode": "EUR",
        "price": 19.0, "paymentType": "Card", "cardType": "Visa",
        "extensions": [{"name": "ext", "key": "default", "loyal": true}],
        "orderItems": [{"type": "FOOD", "referenceId": "R1-1", "orderedAt": "2030-01-01T00:00:00.000Z",
            "status": "CONFIRMED", "currencyCode": "EUR", "price": 9.5, "name": "X", "productId": "P1", "quantity": 2}],
    }});
    change(&mut event["order"]);
    event
}

#[test]
fn every_type_of_the_catalogue_is_taken() {
    #[rustfmt::skip]
    let events = [
        json!({"type": "VIEW"}),
        json!({"type": "VIEW", "utm_campaign": "c1", "utm_source": "s1", "referrer": "https://ref.test/", "page": "home page",
            "ext": {"pageVariantId": "var1"}, "category": "shoes"}),
        json!({"type": "VIEW", "channel": "bot", "ext": {"sourceUserAgent": "Googlebot/2.1"}}),
        json!({"type": "VIEW", "sc_search": {"data": {"q": "s", "filters": [{"a": [1]}]}, "metadata": {"ut_api_version": "1.0"}},
            "session_data": {"tier": "gold", "visits": 3}}),
        json!({"type": "IDENTITY", "identifiers": [{"provider": "BXLP", "id": "123", "expiry_date": "2030-01-01T00:00"}],
            "email": "j@d.ie", "title": "Ms", "firstname": "Jane", "lastname": "Doe", "gender": "female",
            "dob": "1984-04-15T00:00", "mobile": "+3531", "phone": "+3532", "street": ["Tara Street"], "city": "Dublin",
            "state": "Leinster", "country": "IE", "postal_code": "D2", "ext": {"consent": true}, "page": "home page"}),
        json!({"type": "FORM", "ext": {"formId": "form1", "interactionType": "VIEWED"}}),
        json!({"type": "FORM", "ext": {"formId": "F1", "interactionType": "SUBMITTED", "componentInstanceId": "inst1"}}),
        json!({"type": "SEARCH", "product_type": "SHOES", "product_name": "boots"}),
        json!({"type": "SEARCH", "product_type": "FLIGHT", "flight_type": "RT", "origin": "DUB", "destination": "LHR",
            "start": "2030-01-01T10:00:00", "end": "2030-01-08T10:00:00", "adults": 2, "children": 1, "infants": 0}),
        json!({"type": "ADD", "product": {"item_id": "S"}}),
        json!({"type": "ADD", "product": {"type": "FOOD", "item_id": "SKU1", "name": "X", "orderedAt": "2030-01-01T00:00:00.000Z",
            "quantity": 1, "price": 9.5, "productId": "P1", "currency": "EUR", "referenceId": "R1", "colour": "red"}}),
        json!({"type": "CONFIRM", "product": [{"item_id": "SKU1"}, {"item_id": "SKU2"}]}),
        json!({"type": "CHECKOUT", "reference_id": "ORDER-1", "status": "PURCHASED"}),
        json!({"type": "PAYMENT", "pay_type": "Card"}),
        json!({"type": "CLEAR_CART"}),
        order(|_| {}),
        order(|order| order["paymentType"] = json!("Cash")),
        json!({"type": "ADD_CONSUMERS", "consumers": [{"firstname": "Jane"}]}),
        json!({"type": "ADD_CONTACTS", "contacts": {"email": "j@d.ie"}}),
        json!({"type": "FORCE_CLOSE", "_bx_extended_message": "1"}),
        json!({"type": "SIGNUP"}),
        json!({"type": "GOAL_2", "plan": "pro", "seats": 3, "trial": false, "tags": ["a"], "ext": {"a": 1}}),
    ];
    for event in events {
        assert_eq!(wrong(event.clone()), [] as [&str; 0], "{event}");
    }
}

#[test]
fn what_is_wrong_is_named_by_its_field() {
    #[rustfmt::skip]
    let cases: &[(Value, &[&str])] = &[
        (json!({}), &["type"]),
        (json!({"type": null}), &["type"]),
        (json!({"type": ""}), &["type"]),
        (json!({"type": "signup"}), &["type"]),
        (json!({"type": "SIGN UP"}), &["type"]),
        (json!({"type": 1}), &["type"]),
        (json!({"type": "A".repeat(65)}), &["type"]),
        (json!({"type": "TRACKING"}), &["type"]),
        (json!({"type": "CLICK"}), &["type"]),
        (json!({"type": "LOGOUT"}), &["type"]),
        (json!({"Type": "SIGNUP"}), &["type", "Type"]),
        (json!({"type": "A", "browser_id": "x"}), &["browser_id"]),
        (json!({"type": "A", "client_key": "x", "requested_at": "x"}), &["client_key", "requested_at"]),
        (json!({"type": "A", "browserId": "x", "clientKey": "x"}), &["browserId", "clientKey"]),
        (json!({"type": "A", "channel": "web"}), &["channel"]),
        (json!({"type": "A", "channel": "bot"}), &["channel"]),
        (json!({"type": "A", "pos": " shop"}), &["pos"]),
        (json!({"type": "A", "language": "en", "currency": "Euro", "page": 1}), &["language", "currency", "page"]),
        (json!({"type": "VIEW", "referrer": "/a"}), &["referrer"]),
        (json!({"type": "VIEW", "utm_Source": "a", "utm_id": 1}), &["utm_Source", "utm_id"]),
        (json!({"type": "VIEW", "sc_search": {"q": 1}}), &["sc_search"]),
        (json!({"type": "VIEW", "session_data": {"a": {}, "b-c": 1}}), &["session_data.a", "session_data.b-c"]),
        (json!({"type": "VIEW", "session_data": []}), &["session_data"]),
        (json!({"type": "IDENTITY"}), &["identifiers"]),
        (json!({"type": "IDENTITY", "email": "j@d.ie"}), &["identifiers"]),
        (json!({"type": "IDENTITY", "identifiers": []}), &["identifiers"]),
        (json!({"type": "IDENTITY", "identifiers": {"provider": "a", "id": "1"}}), &["identifiers"]),
        (json!({"type": "IDENTITY", "identifiers": ["a"]}), &["identifiers[0]"]),
        (json!({"type": "IDENTITY", "identifiers": [{"id": "1"}]}), &["identifiers[0].provider"]),
        (json!({"type": "IDENTITY", "identifiers": [{"provider": "a", "id": "1"}, {"provider": "a", "id": ""}]}),
            &["identifiers[1].id"]),
        (json!({"type": "IDENTITY", "identifiers": [{"provider": "a", "id": 1}]}), &["identifiers[0].id"]),
        (json!({"type": "IDENTITY", "identifiers": [{"provider": "a", "id": "1", "expiryDate": "2030-01-01T00:00"}]}),
            &["identifiers[0].expiryDate"]),
        (json!({"type": "IDENTITY", "identifiers": [{"provider": "a", "id": "1", "expiry_date": "2030-01-01"}]}),
            &["identifiers[0].expiry_date"]),
        (json!({"type": "IDENTITY", "identifiers": [{"provider": "a", "id": "1"}], "firstName": "J", "gender": "F",
            "dob": "15/04/1984", "country": "Ireland", "street": "Tara Street", "email": "j", "shoe": 42}),
            &["email", "gender", "dob", "country", "street", "firstName", "shoe"]),
        (json!({"type": "FORM"}), &["ext.formId", "ext.interactionType"]),
        (json!({"type": "FORM", "ext": {"formId": "f", "interactionType": "SENT"}, "formId": "f"}),
            &["ext.interactionType", "formId"]),
        (json!({"type": "SEARCH"}), &["product_type", "product_name"]),
        (json!({"type": "SEARCH", "product_type": "shoes", "product_name": "a"}), &["product_type"]),
        (json!({"type": "SEARCH", "product_type": "FLIGHT"}),
            &["flight_type", "origin", "destination", "start", "adults"]),
        (json!({"type": "SEARCH", "product_type": "FLIGHT", "flight_type": "RT", "origin": "DUB", "destination": "dub",
            "start": "2030-01-01T10:00Z", "adults": "2"}), &["destination", "start", "end", "adults"]),
        (json!({"type": "ADD"}), &["product"]),
        (json!({"type": "ADD", "product": []}), &["product"]),
        (json!({"type": "ADD", "product": {"itemId": "S"}}), &["product.item_id", "product.itemId"]),
        (json!({"type": "ADD", "product": {"item_id": "S", "type": "food", "price": "9.5", "quantity": -1, "currency": "e",
            "orderedAt": "today"}}), &["product.type", "product.orderedAt", "product.quantity", "product.price", "product.currency"]),
        (json!({"type": "CONFIRM", "product": {"item_id": "S"}}), &["product"]),
        (json!({"type": "CONFIRM", "product": [{"item_id": "S"}, {}]}), &["product[1].item_id"]),
        (json!({"type": "CHECKOUT"}), &["reference_id", "status"]),
        (json!({"type": "CHECKOUT", "reference_id": "order", "status": "PAID"}), &["reference_id", "status"]),
        (json!({"type": "CLEAR_CART", "product": 1}), &["product"]),
        (json!({"type": "FORCE_CLOSE", "_bx_extended_message": 1, "a": 1}), &["_bx_extended_message", "a"]),
        (json!({"type": "ORDER_CHECKOUT"}), &["order"]),
        (order(|order| order["cardType"] = json!(null)), &["order.cardType"]),
        (order(|order| order["orderItems"] = json!([])), &["order.orderItems"]),
        (order(|order| order["orderItems"][0]["price"] = json!("9")), &["order.orderItems[0].price"]),
        (order(|order| order["extensions"] = json!([{"name": "ext"}])), &["order.extensions[0].key"]),
        (order(|order| *order = json!({})), &["order.referenceId", "order.orderedAt", "order.status", "order.currencyCode",
            "order.price", "order.orderItems"]),
        (json!({"type": "A", "a-b": 1}), &["a-b"]),
        (json!({"type": "A", "a": [[[[[[[[1]]]]]]]]}), &["a"]),
        (json!({"type": "A", "a": "x".repeat(4097)}), &["a"]),
        (json!({"type": "A", "a": vec![1; 101]}), &["a"]),
    ];
    for (event, fields) in cases {
        assert_eq!(wrong(event.clone()), *fields, "{event}");
    }
}

#[test]
fn a_problem_says_what_to_do_and_never_repeats_a_value() {
    let event = json!({"type": "IDENTITY", "identifiers": [{"provider": "email", "id": ["j@d.ie"]}], "gender": "Frau",
        "browser_id": "a38b230c-11eb-4cf9-8d5d-274e9f344925", "lastName": "Doe"});
    let problems = check(object(event)).unwrap_err();
    let told = serde_json::to_value(&problems).unwrap();
    #[rustfmt::skip]
    assert_eq!(told, json!([
        {"field": "browser_id", "problem": "is filled in at the edge: leave it out"},
        {"field": "identifiers[0].id", "problem": "expected a text of one line with 1 to 512 characters, found a list of 1"},
        {"field": "gender", "problem": "expected \"female\", \"male\" or \"unknown\", found a text of 4 characters"},
        {"field": "lastName", "problem": "is called `lastname` in events"},
    ]));
}

#[test]
fn an_event_is_bounded() {
    let half = "x".repeat(4000);
    let fits = json!({"type": "A", "a": half, "b": half, "c": half, "d": half});
    assert_eq!(wrong(fits), [] as [&str; 0]);
    let large = json!({"type": "A", "a": half, "b": half, "c": half, "d": half, "e": half});
    assert_eq!(wrong(large), ["event"]);
    let many: Map<String, Value> = (0..=100).map(|i| (format!("a{i}"), json!(i))).collect();
    let mut event = many.clone();
    event.insert("type".to_owned(), json!("A"));
    assert_eq!(wrong(event.into()), ["event"]);
    let list: Vec<Value> = (0..30).map(|_| json!({})).collect();
    let event = json!({"type": "CONFIRM", "product": list});
    assert_eq!(wrong(event).len(), 20);
}

#[test]
fn null_and_empty_fields_are_as_if_absent() {
    let event = json!({"type": "IDENTITY", "identifiers": [{"provider": "a", "id": "1", "expiry_date": ""}], "email": "",
        "phone": null, "client_key": "", "nonsense": null, "ext": {"a": null, "b": {}}});
    let identity = sent(event);
    assert_eq!(
        identity["identifiers"],
        json!([{"provider": "a", "id": "1"}])
    );
    for name in ["email", "phone", "nonsense", "ext"] {
        assert_eq!(identity.get(name), None, "{name}");
    }
}

#[test]
fn ext_is_flattened_as_the_sdks_do_it() {
    #[rustfmt::skip]
    let cases: &[(Value, Result<Value, &[&str]>)] = &[
        (json!({"a": {"b": 1, "c": true}, "arr": [1, 2], "t": "x", "f": 1.5}), Ok(json!({"a_b": 1, "a_c": true, "arr": [1, 2], "t": "x", "f": 1.5}))),
        (json!({"a": {"b": {"c": {"d": "deep"}}}}), Ok(json!({"a_b_c_d": "deep"}))),
        (json!({"a": {"b": 1}, "a_b": 2}), Err(&["ext.a_b"])),
        (json!({"a-b": 1, "c": {"d e": 1}, "": 1, "é": 1}), Err(&["ext.", "ext.a-b", "ext.c.d e", "ext.é"])),
        (json!({"a": [{}], "b": [[1]], "c": [null]}), Err(&["ext.a", "ext.b", "ext.c"])),
        (json!({"a": "x".repeat(4097)}), Err(&["ext.a"])),
        (json!({"a".repeat(65): 1}), Err(&[])),
        (json!([]), Err(&["ext"])),
        (json!("a"), Err(&["ext"])),
    ];
    for (ext, expected) in cases {
        let event = json!({"type": "SIGNUP", "ext": ext});
        match expected {
            Ok(flat) => assert_eq!(sent(event)["ext"], *flat),
            Err([]) => assert_eq!(wrong(event).len(), 1),
            Err(fields) => assert_eq!(wrong(event), *fields, "{ext}"),
        }
    }
}

#[test]
fn ext_holds_fifty_attributes_counted_flat() {
    let ext = |count: usize| -> Value {
        let nested: Map<String, Value> = (0..count).map(|i| (format!("n{i}"), json!(i))).collect();
        json!({"type": "SIGNUP", "ext": {"deep": nested}})
    };
    assert_eq!(sent(ext(50))["ext"].as_object().unwrap().len(), 50);
    assert_eq!(wrong(ext(51)), ["ext"]);
}

#[test]
fn a_completed_event_has_what_sitecores_clients_send() {
    const BASE: [&str; 8] = [
        "browser_id",
        "channel",
        "client_key",
        "currency",
        "language",
        "page",
        "pos",
        "requested_at",
    ];
    #[rustfmt::skip]
    let cases: &[(Value, &[&str])] = &[
        (json!({"type": "SIGNUP"}), &BASE),
        (json!({"type": "VIEW"}), &BASE),
        (json!({"type": "IDENTITY", "identifiers": [{"provider": "a", "id": "1"}]}), &BASE),
        (json!({"type": "VIEW", "channel": "bot"}), &["browser_id", "channel", "client_key", "language", "page", "pos", "requested_at"]),
        (json!({"type": "FORM", "ext": {"formId": "f", "interactionType": "VIEWED"}}),
            &["browser_id", "client_key", "language", "pos", "requested_at"]),
    ];
    for (event, filled) in cases {
        let sent = sent(event.clone());
        let mut names: Vec<&str> = sent
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        names.retain(|name| event.get(name).is_none() || *name == "channel");
        assert_eq!(names, *filled, "{event}");
    }
    #[rustfmt::skip]
    assert_eq!(sent(json!({"type": "FORCE_CLOSE"})), json!({"type": "FORCE_CLOSE", "_bx_extended_message": "1",
        "browser_id": fixture::BROWSER_ID, "channel": "WEB", "client_key": "CLIENTKEY", "currency": "EUR", "language": "DE",
        "page": "/de/kontakt", "pos": "shop/ie", "requested_at": "2026-11-22T01:36:06.248Z"}));
}

#[test]
fn what_the_caller_gave_stays() {
    let event = json!({"type": "SIGNUP", "channel": "KIOSK", "pos": "shop/de", "language": "FR", "currency": "CHF", "page": "p"});
    let sent = sent(event.clone());
    for (name, value) in event.as_object().unwrap() {
        assert_eq!(sent[name], *value);
    }
}

#[test]
fn a_checked_event_does_not_show_its_fields_in_a_log() {
    let event = json!({"type": "IDENTITY", "identifiers": [{"provider": "email", "id": "j@d.ie"}]});
    assert_eq!(
        format!("{:?}", check(object(event)).unwrap()),
        "Checked(IDENTITY)"
    );
}

/// Any JSON object, often with names that mean something.
fn any_event() -> impl Strategy<Value = Map<String, Value>> {
    let name = prop_oneof![
        prop::sample::select(vec![
            "type",
            "identifiers",
            "provider",
            "id",
            "ext",
            "product",
            "item_id",
            "order",
            "orderItems",
            "extensions",
            "session_data",
            "sc_search",
            "utm_source",
            "channel",
            "street",
            "dob",
            "formId",
            "paymentType",
        ])
        .prop_map(str::to_owned),
        "\\PC{0,6}",
    ];
    let kinds: Vec<Value> = Kind::NAMED.iter().map(|kind| kind.label().into()).collect();
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        prop::sample::select(kinds),
    ];
    let names = name.clone();
    let value = leaf.prop_recursive(4, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(names.clone(), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    });
    prop::collection::btree_map(name, value, 0..10).prop_map(|map| map.into_iter().collect())
}

proptest! {
    #[test]
    fn no_event_panics_and_what_passes_once_passes_again(event in any_event(), kind in 0..13_usize) {
        let mut typed = event.clone();
        typed.insert("type".to_owned(), Kind::NAMED[kind].label().into());
        for event in [event, typed] {
            if let Ok(checked) = check(event) {
                prop_assert_eq!(check(checked.fields.clone()), Ok(checked));
            }
        }
    }
}
