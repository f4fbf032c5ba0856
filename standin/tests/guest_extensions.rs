//! Data extensions by the REST API v2.1: names, pairs, and every error that its documentation names.

mod support;

use serde_json::{Map, Value, json};
use support::{Reply, Standin, problem};

struct Guest {
    standin: Standin,
    path: String,
}

impl Guest {
    fn new() -> Self {
        let standin = Standin::start();
        let path = format!(
            "/v2.1/guests/{}",
            standin.guest(json!({"firstName": "Jane"}))
        );
        Self { standin, path }
    }

    /// A call below the guest's `extensions`.
    fn call(&self, method: &str, below: &str, body: Option<Value>) -> Reply {
        self.standin.rest(
            method,
            &format!("{}/extensions{below}", self.path),
            body.as_ref(),
        )
    }

    fn create(&self, body: Value) -> Reply {
        self.call("POST", "", Some(body))
    }

    /// The pairs of an extension, without what every extension has.
    fn pairs(&self, name: &str) -> Value {
        let mut whole = self.call("GET", &format!("/{name}"), None).json();
        let members = whole.as_object_mut().unwrap();
        for own in [
            "href",
            "ref",
            "createdAt",
            "modifiedAt",
            "key",
            "name",
            "guest",
        ] {
            assert!(members.remove(own).is_some(), "{own} of {name}");
        }
        whole
    }
}

#[test]
fn a_created_extension_is_201_with_name_key_href_and_its_pairs() {
    let guest = Guest::new();
    let pairs = json!({"name": "ext1", "vipMember": true, "loyaltyTier": "level2", "rewardBalance": 5012.25, "n": 3452});
    let created = guest.create(pairs.clone());
    assert_eq!(created.status, 201, "{}", created.text());
    let created = created.json();
    for (name, value) in pairs.as_object().unwrap() {
        assert_eq!(&created[name], value);
    }
    assert_eq!(created["key"], "default", "nobody sent it");
    uuid::Uuid::parse_str(created["ref"].as_str().unwrap()).unwrap();
    let url = format!("http://{}{}", guest.standin.cdp, guest.path);
    assert_eq!(created["href"], format!("{url}/extensions/ext1"));
    assert_eq!(created["guest"]["href"], url);
    assert_eq!(guest.call("GET", "/ext1", None).json(), created);
}

#[test]
fn the_collection_links_or_shows_all_six() {
    let guest = Guest::new();
    assert_eq!(
        guest.call("GET", "", None).json()["items"],
        json!([]),
        "none yet"
    );
    for (n, name) in ["ext3", "ext", "ext1", "ext2", "ext4", "ext5"]
        .iter()
        .enumerate()
    {
        assert_eq!(
            guest
                .create(json!({"name": name, (format!("key{n}")): n}))
                .status,
            201
        );
    }
    let list = guest.call("GET", "", None).json();
    assert_eq!((&list["offset"], &list["limit"]), (&json!(0), &json!(10)));
    assert_eq!(list["items"].as_array().unwrap().len(), 6);
    assert!(
        list["items"][0]["href"]
            .as_str()
            .unwrap()
            .ends_with("/extensions/ext3"),
        "in order of creation"
    );
    let page = guest
        .call("GET", "?limit=1&offset=5&expand=true", None)
        .json();
    assert_eq!(
        (&page["items"][0]["name"], &page["items"][0]["key5"]),
        (&json!("ext5"), &json!(5))
    );
    problem(&guest.call("GET", "?limit=101", None), 400);
}

#[test]
fn a_name_must_be_one_of_six_and_is_taken_once() {
    let guest = Guest::new();
    let refused = "name: value must be one of ext,ext1,ext2,ext3,ext4,ext5";
    for name in [
        json!("ext6"),
        json!("ext0"),
        json!("EXT"),
        json!("loyalty"),
        json!(""),
        json!(1),
        json!(null),
    ] {
        assert_eq!(
            problem(&guest.create(json!({"name": name, "a": 1})), 400),
            refused
        );
    }
    assert_eq!(problem(&guest.create(json!({"a": 1})), 400), refused);
    assert_eq!(guest.create(json!({"name": "ext", "a": 1})).status, 201);
    assert_eq!(
        problem(&guest.create(json!({"name": "ext", "b": 1})), 409),
        "Data extension ext already exists."
    );
    assert_eq!(guest.pairs("ext"), json!({"a": 1}), "nothing has changed");
}

#[test]
fn values_are_primitive_keys_alphanumeric_and_key_is_default() {
    let guest = Guest::new();
    assert_eq!(
        guest
            .create(json!({"name": "ext", "key": "default", "a": 1}))
            .status,
        201
    );
    for (pair, named) in [
        (json!({"b": {"c": 1}}), "b"),
        (json!({"b": [1]}), "b"),
        (json!({"b": null}), "b"),
        (json!({"loyalty_tier": 1}), "loyalty_tier"),
        (json!({"loyalty tier": 1}), "loyalty tier"),
        (json!({"größe": 1}), "größe"),
        (json!({"": 1}), ""),
        (json!({"key": "other"}), "key"),
        (json!({"key": null}), "key"),
    ] {
        let mut body = pair.clone();
        for (method, below) in [("PUT", "/ext"), ("PATCH", "/ext")] {
            let reply = guest.call(method, below, Some(body.clone()));
            assert!(
                problem(&reply, 400).starts_with(&format!("{named}: ")),
                "{}",
                reply.text()
            );
        }
        body["name"] = json!("ext1");
        assert!(problem(&guest.create(body), 400).starts_with(&format!("{named}: ")));
    }
    assert_eq!(guest.pairs("ext"), json!({"a": 1}));
    problem(&guest.call("GET", "/ext1", None), 404);
}

#[test]
fn a_hundred_pairs_are_kept_and_one_more_is_refused() {
    let guest = Guest::new();
    let pairs = |range: std::ops::Range<u32>| -> Map<String, Value> {
        range.map(|n| (format!("key{n}"), json!(n))).collect()
    };
    let named = |mut pairs: Map<String, Value>| {
        pairs.insert("name".to_owned(), json!("ext"));
        Value::Object(pairs)
    };
    assert!(problem(&guest.create(named(pairs(0..101))), 400).contains("100"));
    assert_eq!(guest.create(named(pairs(0..100))).status, 201);
    assert_eq!(
        guest.call("PATCH", "/ext", Some(json!({"key7": 0}))).status,
        200,
        "none is added"
    );
    problem(
        &guest.call("PATCH", "/ext", Some(json!({"key100": 0}))),
        400,
    );
    problem(
        &guest.call("PUT", "/ext", Some(Value::Object(pairs(0..101)))),
        400,
    );
    assert_eq!(guest.pairs("ext").as_object().unwrap().len(), 100);
}

#[test]
fn a_key_stands_in_one_extension_only() {
    let guest = Guest::new();
    guest.create(json!({"name": "ext", "vip": true}));
    guest.create(json!({"name": "ext1", "tier": "gold"}));
    assert!(
        problem(&guest.create(json!({"name": "ext2", "vip": false})), 400).starts_with("vip: ")
    );
    for method in ["PUT", "PATCH"] {
        assert!(
            problem(
                &guest.call(method, "/ext1", Some(json!({"vip": false}))),
                400
            )
            .starts_with("vip: ")
        );
    }
    assert_eq!(
        guest
            .call("PATCH", "/ext", Some(json!({"vip": false})))
            .status,
        200,
        "its own key"
    );
}

#[test]
fn put_replaces_all_pairs_and_patch_only_those_it_names() {
    let guest = Guest::new();
    let created = guest.create(json!({"name": "ext", "a": 1, "b": 2})).json();
    guest.standin.post("/clock", &json!({"advance_ms": 60_000}));
    let patched = guest.call("PATCH", "/ext", Some(json!({"b": "two", "c": true})));
    assert_eq!(patched.status, 200);
    assert_eq!(guest.pairs("ext"), json!({"a": 1, "b": "two", "c": true}));
    let put = guest.call("PUT", "/ext", Some(json!({"d": 4})));
    assert_eq!(put.status, 200);
    assert_eq!(guest.pairs("ext"), json!({"d": 4}));
    let put = put.json();
    assert_eq!(
        (&put["ref"], &put["createdAt"]),
        (&created["ref"], &created["createdAt"])
    );
    assert_ne!(put["modifiedAt"], created["modifiedAt"]);
    assert_eq!(
        guest.call("PUT", "/ext", Some(put.clone())).status,
        200,
        "what was read may be sent back"
    );
    assert_eq!(guest.pairs("ext"), json!({"d": 4}));
    let other = json!({"name": "ext1", "a": 1});
    assert!(problem(&guest.call("PUT", "/ext", Some(other)), 400).starts_with("name: "));
}

#[test]
fn deleting_fields_leaves_the_others_and_without_names_none() {
    let guest = Guest::new();
    guest.create(json!({"name": "ext", "a": 1, "b": 2, "c": 3, "d": 4, "e": 5}));
    let reply = guest.call("DELETE", "/ext/fields?name=a,b", None);
    assert_eq!((reply.status, &reply.json()["name"]), (200, &json!("ext")));
    assert_eq!(guest.pairs("ext"), json!({"c": 3, "d": 4, "e": 5}));
    guest.call("DELETE", "/ext/fields?name=c%7Cd%7Cnone", None);
    assert_eq!(
        guest.pairs("ext"),
        json!({"e": 5}),
        "joined as the documentation does"
    );
    assert_eq!(guest.call("DELETE", "/ext/fields", None).status, 200);
    assert_eq!(guest.pairs("ext"), json!({}), "empty, but there");
}

#[test]
fn a_deleted_extension_is_gone_and_its_name_and_keys_are_free() {
    let guest = Guest::new();
    guest.create(json!({"name": "ext", "vip": true}));
    let deleted = guest.call("DELETE", "/ext", None);
    assert_eq!((deleted.status, deleted.body.len()), (200, 0));
    problem(&guest.call("DELETE", "/ext", None), 404);
    assert_eq!(
        guest.create(json!({"name": "ext1", "vip": true})).status,
        201
    );
    assert_eq!(guest.create(json!({"name": "ext"})).status, 201);
}

#[test]
fn an_extension_or_a_guest_that_is_not_there_is_404() {
    let guest = Guest::new();
    let pair = Some(json!({"a": 1}));
    for name in ["ext", "loyalty"] {
        for (method, below, body) in [
            ("GET", format!("/{name}"), None),
            ("PUT", format!("/{name}"), pair.clone()),
            ("PATCH", format!("/{name}"), pair.clone()),
            ("DELETE", format!("/{name}"), None),
            ("DELETE", format!("/{name}/fields?name=a"), None),
        ] {
            let reply = guest.call(method, &below, body);
            assert_eq!(
                problem(&reply, 404),
                "The specified resource does not exist."
            );
            assert!(
                reply.json()["developerMessage"]
                    .as_str()
                    .unwrap()
                    .starts_with(&format!("Data extension {name} "))
            );
        }
    }
    let nobody = "/v2.1/guests/11111111-1111-4111-8111-111111111111/extensions";
    for (method, target, body) in [
        ("GET", nobody.to_owned(), None),
        ("POST", nobody.to_owned(), Some(json!({"name": "ext"}))),
        ("GET", format!("{nobody}/ext"), None),
        ("PATCH", format!("{nobody}/ext"), pair.clone()),
        ("DELETE", format!("{nobody}/ext"), None),
    ] {
        let reply = guest.standin.rest(method, &target, body.as_ref());
        problem(&reply, 404);
        assert!(
            reply.json()["developerMessage"]
                .as_str()
                .unwrap()
                .starts_with("Guest with ref ")
        );
    }
}

#[test]
fn extensions_in_the_body_of_a_guest_are_all_of_them() {
    let guest = Guest::new();
    let write = |method: &str, extensions: Value| {
        let body = json!({"extensions": extensions});
        guest.standin.rest(method, &guest.path, Some(&body))
    };
    let two = json!([{"name": "ext", "key": "default", "a": 1}, {"name": "ext1", "b": 2}]);
    assert_eq!(write("PATCH", two).status, 200);
    assert_eq!(
        (guest.pairs("ext"), guest.pairs("ext1")),
        (json!({"a": 1}), json!({"b": 2}))
    );
    assert_eq!(
        guest
            .standin
            .rest("PUT", &guest.path, Some(&json!({"city": "Cork"})))
            .status,
        200
    );
    assert_eq!(
        guest.pairs("ext"),
        json!({"a": 1}),
        "a PUT that does not name them leaves them"
    );
    for wrong in [
        json!([{"a": 1}]),
        json!([{"name": "ext", "a": 1}, {"name": "ext", "b": 1}]),
        json!([{"name": "ext", "a": 1}, {"name": "ext1", "a": 1}]),
        json!([{"name": "ext", "a": {}}]),
        json!(["ext"]),
    ] {
        problem(&write("PATCH", wrong), 400);
    }
    assert_eq!(
        write("PATCH", json!([{"name": "ext2", "c": 3}])).status,
        200
    );
    assert_eq!(
        guest.call("GET", "", None).json()["items"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}
