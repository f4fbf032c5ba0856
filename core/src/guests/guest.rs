//! A guest in the body of a request.
//!
//! In: bytes. Out: the guest as the CDP takes it, or an answer that names every wrong field; and what an existing one of
//! the same person could be found by. It never sends what only the CDP writes.

use serde_json::{Map, Value};

use super::{
    criteria::Criterion,
    extension::{self, EXTENSION_COUNT},
    fields::{Fields, invalid, object},
    rule::{COUNTRY, EMAIL, GENDER, GUEST_TYPE, LANGUAGE, LINE, MOMENT, NAME, Rule, TEXT},
};
use crate::answer::{Answer, invalid::Problems};

/// Fields that a guest as retrieved has besides: whoever retrieves, changes and replaces sends them back. So are its links,
/// objects with a `href`.
const OF_THE_CDP: [&str; 8] = [
    "clientKey",
    "createdAt",
    "dataExtensions",
    "firstSeen",
    "href",
    "lastSeen",
    "modifiedAt",
    "ref",
];
/// Most entries of a list.
const MAX_LIST: usize = 20;

const FIELDS: [(&str, Rule); 15] = [
    ("guestType", GUEST_TYPE),
    ("title", TEXT),
    ("firstName", TEXT),
    ("lastName", TEXT),
    ("gender", GENDER),
    ("dateOfBirth", MOMENT),
    ("email", EMAIL),
    ("city", TEXT),
    ("state", TEXT),
    ("country", COUNTRY),
    ("postCode", TEXT),
    ("language", LANGUAGE),
    ("nationality", TEXT),
    ("passportNumber", TEXT),
    ("passportExpiry", MOMENT),
];

/// The lists among the fields of a guest.
const LISTS: [&str; 5] = [
    "emails",
    "phoneNumbers",
    "street",
    "identifiers",
    "extensions",
];

/// The names of all fields.
#[cfg(test)]
pub(crate) fn field_names() -> impl Iterator<Item = &'static str> {
    FIELDS.iter().map(|(name, _)| *name).chain(LISTS)
}

/// Reads the guest in `body`.
pub(super) fn read(body: &[u8]) -> Result<Map<String, Value>, Answer> {
    let mut problems = Problems::default();
    let mut given = object(body)?;
    given.retain(|name, value| !OF_THE_CDP.contains(&name.as_str()) && value.get("href").is_none());
    let mut fields = Fields::new(String::new(), given, &mut problems);
    for (name, rule) in FIELDS {
        fields.optional(name, rule);
    }
    let [emails, phone_numbers, street, identifiers, extensions] = LISTS;
    fields.list(emails, MAX_LIST, EMAIL);
    fields.list(phone_numbers, MAX_LIST, TEXT);
    fields.list(street, MAX_LIST, TEXT);
    fields.objects(identifiers, MAX_LIST, |identifier| {
        identifier.required("provider", NAME);
        identifier.required("id", LINE);
        identifier.optional("expiryDate", MOMENT);
        identifier.close();
    });
    let mut names = Vec::new();
    fields.objects(extensions, EXTENSION_COUNT, |one| {
        if let Some(name) = extension::read_fields(one, None) {
            if names.contains(&name) {
                one.report(
                    "name",
                    "is there twice: a guest has one extension of a name",
                );
            }
            names.push(name);
        }
    });
    fields.close();
    if fields.is_empty() {
        fields.report_whole("has nothing of a guest in it");
    }
    let guest = fields.finish();
    problems
        .into_result(guest)
        .map_err(|problems| invalid(&problems))
}

/// What an existing guest of the same person is found by: all identifiers in order, then the emails.
pub(super) fn criteria(guest: &Map<String, Value>) -> Vec<(String, Criterion)> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let list = |name: &str| {
        guest
            .get(name)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .enumerate()
    };
    let mut criteria: Vec<(String, Criterion)> = Vec::new();
    let mut add = |field: String, criterion: Option<Criterion>| {
        if let Some(criterion) = criterion
            && !criteria.iter().any(|(_, known)| *known == criterion)
        {
            criteria.push((field, criterion));
        }
    };
    for (index, identifier) in list("identifiers") {
        let part = |name: &str| identifier.get(name).and_then(text);
        let criterion = part("provider")
            .zip(part("id"))
            .map(|(provider, id)| Criterion::Identifier { provider, id });
        add(format!("identifiers[{index}]"), criterion);
    }
    add(
        "email".to_owned(),
        guest.get("email").and_then(text).map(Criterion::Email),
    );
    for (index, email) in list("emails") {
        add(
            format!("emails[{index}]"),
            text(email).map(Criterion::Email),
        );
    }
    criteria
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn fields(body: &Value) -> Vec<String> {
        match read(body.to_string().as_bytes()) {
            Ok(_) => Vec::new(),
            Err(answer) => {
                assert_eq!(answer.status, 400);
                let document: Value = serde_json::from_str(&answer.body).unwrap();
                let errors = document["errors"].as_array().unwrap().iter();
                errors
                    .map(|error| error["field"].as_str().unwrap().to_owned())
                    .collect()
            }
        }
    }

    fn whole() -> Value {
        json!({"guestType": "customer", "title": "Ms", "firstName": "Jane", "lastName": "Doe", "gender": "female",
            "dateOfBirth": "1976-10-28T00:00:00.000Z", "email": "j@d.ie", "emails": ["j@d.ie", "jane@d.ie"],
            "phoneNumbers": ["0851234567"], "street": ["Apartment 15", "West Drive"], "city": "Dublin", "state": "",
            "country": "IE", "postCode": "D2", "language": "EN", "nationality": "Irish", "passportNumber": "PZ4A9565",
            "passportExpiry": "2033-01-01T00:00Z",
            "identifiers": [{"provider": "BXLP", "id": "123", "expiryDate": "2028-08-23T16:17"}],
            "extensions": [{"name": "ext", "key": "default", "tier": "gold"}, {"name": "ext5", "points": 1.5, "vip": true}]})
    }

    #[test]
    fn a_guest_goes_to_the_cdp_as_it_was_given() {
        assert_eq!(
            Value::Object(read(whole().to_string().as_bytes()).unwrap()),
            whole()
        );
    }

    #[test]
    fn what_only_the_cdp_writes_is_not_sent_back() {
        let mut given = whole();
        for name in OF_THE_CDP {
            given[name] = json!("x");
        }
        given["title"] = Value::Null;
        given["orders"] = json!({"href": "https://api.example/v2/orders"});
        given["extensions"] = json!({"href": "https://api.example/v2.1/guests/x/extensions"});
        let mut expected = whole();
        expected
            .as_object_mut()
            .unwrap()
            .retain(|name, _| name != "title" && name != "extensions");
        assert_eq!(
            Value::Object(read(given.to_string().as_bytes()).unwrap()),
            expected
        );
    }

    #[test]
    fn every_wrong_field_is_named_at_once() {
        #[rustfmt::skip]
        let cases = [
            (json!({}), vec!["body"]),
            (json!([]), vec!["body"]), (json!(null), vec!["body"]), (json!("j@d.ie"), vec!["body"]),
            (json!({"firstName": null}), vec!["body"]),
            (json!({"guestType": "Customer", "gender": "x", "email": "j", "country": "ie"}), vec!["guestType", "gender", "email", "country"]),
            (json!({"firstname": "Jane", "postal_code": "x", "loyalty": 1}), vec!["firstname", "loyalty", "postal_code"]),
            (json!({"firstName": 1, "lastName": "a\nb", "city": "x".repeat(513)}), vec!["firstName", "lastName", "city"]),
            (json!({"dateOfBirth": "1976-02-30"}), vec!["dateOfBirth"]),
            (json!({"emails": "j@d.ie"}), vec!["emails"]),
            (json!({"emails": ["j@d.ie", 1, ""]}), vec!["emails[1]", "emails[2]"]),
            (json!({"phoneNumbers": vec!["1"; 21]}), vec!["phoneNumbers"]),
            (json!({"identifiers": [{"provider": "p"}, 1, {"provider": " p", "id": "1", "expiryDate": "soon", "x": 1}]}),
                vec!["identifiers[0].id", "identifiers[1]", "identifiers[2].provider", "identifiers[2].expiryDate", "identifiers[2].x"]),
            (json!({"extensions": [{"name": "ext", "a": 1}, {"name": "ext", "a": 1}, {"name": "ext9", "a": 1}, {"a": 1}]}),
                vec!["extensions[1].name", "extensions[2].name", "extensions[3].name"]),
            (json!({"extensions": vec![json!({"name": "ext", "a": 1}); 7]}), vec!["extensions"]),
            (json!({"extensions": [{"name": "ext", "a": {"b": 1}}]}), vec!["extensions[0].a"]),
        ];
        for (body, expected) in cases {
            assert_eq!(fields(&body), expected, "{body}");
        }
    }

    #[test]
    fn a_misspelt_field_is_told_its_name() {
        let answer = read(br#"{"FirstName": "Jane"}"#).unwrap_err();
        assert!(
            answer.body.contains("is called `firstName`"),
            "{}",
            answer.body
        );
    }

    #[test]
    fn no_problem_repeats_a_value() {
        let body = json!({"email": "jane d.ie", "gender": "jane", "emails": ["jane"], "identifiers": [{"id": "jane", "provider": " jane"}]});
        let answer = read(body.to_string().as_bytes()).unwrap_err();
        assert!(!answer.body.contains("jane"), "{}", answer.body);
        for broken in [
            "{\"email\":\"jane",
            "jane",
            "{\"a\":jane}",
            "{\"a\":1e999}",
            "\u{feff}{}",
        ] {
            let answer = read(broken.as_bytes()).unwrap_err();
            assert_eq!(answer.status, 400);
            assert!(!answer.body.contains("jane"), "{}", answer.body);
        }
    }

    #[test]
    fn json_nested_without_end_is_a_problem_not_a_crash() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(30_000), "]".repeat(30_000));
        assert_eq!(read(deep.as_bytes()).unwrap_err().status, 400);
    }

    #[test]
    fn an_existing_guest_is_looked_for_by_identifiers_first() {
        let guest = read(br#"{"email":"j@d.ie","emails":["j@d.ie","k@d.ie"],"identifiers":[{"provider":"a","id":"1"},{"provider":"b","id":"1"}]}"#).unwrap();
        let found: Vec<String> = criteria(&guest)
            .into_iter()
            .map(|(field, _)| field)
            .collect();
        assert_eq!(
            found,
            ["identifiers[0]", "identifiers[1]", "email", "emails[1]"]
        );
        assert!(criteria(&read(br#"{"firstName":"Jane"}"#).unwrap()).is_empty());
    }

    proptest! {
        #[test]
        fn no_body_panics(body in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = read(&body);
        }
    }
}
