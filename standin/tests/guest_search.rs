//! Searches by the Guest REST API v2.1: filters, pages, order, and what an answer shows.

mod support;

use serde_json::json;
use support::{Standin, found, guest_path as path, problem};

#[test]
fn each_filter_finds_its_guests_and_several_must_all_fit() {
    let standin = Standin::start();
    let jane = standin.guest(json!({
        "firstName": "Jane", "lastName": "Doe", "emails": ["jane@example.com", "j+1@d.ie"], "phoneNumbers": ["+353161"],
        "identifiers": [{"provider": "CRM", "id": "42"}],
    }));
    let john =
        standin.guest(json!({"firstName": "John", "lastName": "Doe", "email": "john@example.com"}));
    for (query, expected) in [
        ("email=JANE@example.com", vec![&jane]),
        ("email=j%2B1%40d.ie", vec![&jane]),
        ("email=j+1@d.ie", vec![]),
        ("email=jane", vec![]),
        ("firstName=john", vec![&john]),
        ("lastName=Doe", vec![&jane, &john]),
        ("lastName=Doe&firstName=Jane", vec![&jane]),
        ("phoneNumber=%2B353161", vec![&jane]),
        ("identifiers.provider=crm&identifiers.id=42", vec![&jane]),
        ("identifiers.provider=CRM&identifiers.id=43", vec![]),
        ("identifiers.provider=ERP&identifiers.id=42", vec![]),
        (
            "lastName=Doe&identifiers.provider=CRM&identifiers.id=42",
            vec![&jane],
        ),
        ("orderRef=1", vec![]),
        ("", vec![&jane, &john]),
    ] {
        assert_eq!(
            found(&standin, query).iter().collect::<Vec<_>>(),
            expected,
            "{query}"
        );
    }
}

#[test]
fn a_parameter_that_cannot_be_meant_is_400_and_named() {
    let standin = Standin::start();
    for (query, named) in [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=ten", "limit"),
        ("limit=-1", "limit"),
        ("limit=", "limit"),
        ("offset=-1", "offset"),
        ("offset=1.5", "offset"),
        ("expand=yes", "expand"),
        ("sort=createdAt", "sort"),
        ("sort=createdAt::asc", "sort"),
        ("sort=shoeSize::ASC", "sort"),
        ("email=", "email"),
        ("identifiers.id=42", "identifiers.provider"),
        ("identifiers.provider=CRM", "identifiers.id"),
        ("browserRef=x", "browserRef"),
        ("email.untouched=a%40b.c", "email.untouched"),
    ] {
        let message = problem(
            &standin.rest("GET", &format!("/v2.1/guests?{query}"), None),
            400,
        );
        assert!(
            message.starts_with(&format!("{named}: ")),
            "{query}: {message}"
        );
    }
    problem(&standin.rest("GET", "/v2/guestContexts/", None), 400);
}

#[test]
fn pages_are_ten_long_unless_asked_and_link_to_each_other() {
    let standin = Standin::start();
    let all: Vec<String> = (0..23)
        .map(|_| standin.guest(json!({"lastName": "Doe"})))
        .collect();
    let page = |query: &str| {
        standin
            .rest("GET", &format!("/v2.1/guests{query}"), None)
            .json()
    };
    let first = page("");
    assert_eq!((&first["offset"], &first["limit"]), (&json!(0), &json!(10)));
    assert_eq!(first["items"].as_array().unwrap().len(), 10);
    assert_eq!(
        first["items"][0],
        json!({"href": format!("http://{}{}", standin.cdp, path(&all[0]))})
    );
    assert!(first.get("prev").is_none());
    let link = |query: &str| json!({"href": format!("http://{}/v2.1/guests?{query}", standin.cdp)});
    assert_eq!(first["next"], link("offset=10&limit=10"));
    let last = page("?lastName=Doe&limit=13&offset=10");
    assert_eq!(
        (&last["first"], &last["prev"]),
        (
            &link("offset=0&limit=13&lastName=Doe"),
            &link("offset=0&limit=13&lastName=Doe")
        )
    );
    assert!(last.get("next").is_none(), "it ends with the list");
    assert_eq!(found(&standin, "limit=1"), all[..1]);
    assert_eq!(found(&standin, "limit=100"), all);
    assert_eq!(found(&standin, "offset=20"), all[20..]);
    assert_eq!(found(&standin, "offset=99999999999999"), [""; 0]);
    let mut walked = Vec::new();
    let mut url = format!("http://{}/v2.1/guests?lastName=Doe&limit=9", standin.cdp);
    loop {
        let target = url
            .split_once(&standin.cdp.to_string())
            .unwrap()
            .1
            .to_owned();
        let page = standin.rest("GET", &target, None).json();
        walked.extend(page["items"].as_array().unwrap().clone());
        assert!(
            page["href"].as_str().unwrap().contains("lastName=Doe"),
            "links keep the filter"
        );
        match page["next"]["href"].as_str() {
            Some(next) => url = next.to_owned(),
            None => {
                assert!(
                    page["prev"]["href"]
                        .as_str()
                        .unwrap()
                        .contains("offset=9&limit=9")
                );
                break;
            }
        }
    }
    assert_eq!(walked.len(), 23);
}

#[test]
fn expand_shows_guests_instead_of_links() {
    let standin = Standin::start();
    let reference = standin.guest(json!({"firstName": "Jane"}));
    let extension = json!({"name": "ext", "tier": "gold"});
    standin.rest(
        "POST",
        &(path(&reference) + "/extensions"),
        Some(&extension),
    );
    let expanded = standin
        .rest("GET", &(path(&reference) + "?expand=true"), None)
        .json();
    assert_eq!(expanded["dataExtensions"]["items"][0]["tier"], "gold");
    let list = standin
        .rest("GET", "/v2.1/guests?expand=true&firstName=Jane", None)
        .json();
    assert_eq!(list["items"], json!([expanded]));
    let linked = standin.rest("GET", &path(&reference), None).json();
    let href = format!("http://{}{}/extensions/ext", standin.cdp, path(&reference));
    assert_eq!(linked["dataExtensions"]["items"], json!([{"href": href}]));
    problem(
        &standin.rest("GET", &(path(&reference) + "?expand=1"), None),
        400,
    );
}

#[test]
fn sort_goes_by_each_field_in_turn() {
    let standin = Standin::start();
    let [one, two, three] = [("b", "x"), ("a", "x"), ("a", "y")].map(|(first, last)| {
        standin.post("/clock", &json!({"advance_ms": 1000}));
        standin.guest(json!({"firstName": first, "lastName": last}))
    });
    for (sort, expected) in [
        ("createdAt::DESC", [&three, &two, &one]),
        ("firstName::ASC|lastName::DESC", [&three, &two, &one]),
        ("lastName::ASC|firstName::ASC", [&two, &one, &three]),
        ("lastName::DESC", [&three, &one, &two]),
    ] {
        assert_eq!(
            found(&standin, &format!("sort={sort}"))
                .iter()
                .collect::<Vec<_>>(),
            expected,
            "{sort}"
        );
    }
    standin.post("/clock", &json!({"advance_ms": 1000}));
    standin.rest("PATCH", &path(&one), Some(&json!({"city": "Cork"})));
    assert_eq!(found(&standin, "sort=modifiedAt::DESC&limit=1"), [one]);
}
