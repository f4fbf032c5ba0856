//! `POST …/identity`: who the visitor is, from a page. The fields are those of IDENTITY, without `type`.
//!
//! In: a screened request and its body. Out: the IDENTITY event, or an answer that names every wrong field.

use serde_json::{Map, Value};

use crate::{
    endpoints::{
        Received, screen,
        submission::{incoming, invalid, object},
    },
    events::{Checked, Invalid, check},
    request::{Headers, Target},
};

/// The type that every event here has.
const TYPE: &str = "IDENTITY";

/// Receives an identity. `body`: at most [`MAX_BODY`](super::MAX_BODY) bytes, and one more when there are more.
#[must_use]
pub fn receive(method: &str, target: &Target<'_>, headers: &impl Headers, body: &[u8]) -> Received {
    if let Some(answer) = screen(method, target, headers) {
        return Received::Answer(answer);
    }
    let event =
        object(body).and_then(|fields| identity(fields).map_err(|problems| invalid(&problems)));
    match event {
        Ok(checked) => incoming(checked, target, headers),
        Err(answer) => Received::Answer(answer),
    }
}

fn identity(mut fields: Map<String, Value>) -> Result<Checked, Vec<Invalid>> {
    let given = fields.insert("type".to_owned(), TYPE.into());
    let checked = check(fields);
    // The type may be said, as long as it is this one.
    if given.is_none_or(|given| given.is_null() || given == TYPE) {
        return checked;
    }
    let mut problems = vec![Invalid {
        field: "type".to_owned(),
        problem: "is always IDENTITY here: leave it out, or use the endpoint for events".to_owned(),
    }];
    problems.extend(checked.err().unwrap_or_default());
    Err(problems)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::catalogue::Kind;

    fn received(body: &str) -> Result<Kind, Vec<String>> {
        let target = Target::parse("https://shop.example/_cdp/identity");
        let headers = vec![("origin", "https://shop.example")];
        match receive("POST", &target, &headers, body.as_bytes()) {
            Received::Event(event) => Ok(event.checked.kind()),
            Received::Answer(answer) => {
                assert_eq!(answer.status, 400);
                let document: Value = serde_json::from_str(&answer.body).unwrap();
                let errors = document["errors"].as_array().unwrap().iter();
                Err(errors
                    .map(|error| error["field"].as_str().unwrap().to_owned())
                    .collect())
            }
        }
    }

    #[test]
    fn an_identity_needs_no_type_and_has_no_other() {
        #[rustfmt::skip]
        let cases: &[(&str, Result<Kind, &[&str]>)] = &[
            (r#"{"identifiers":[{"provider":"email","id":"j@d.ie"}],"firstname":"Jane"}"#, Ok(Kind::Identity)),
            (r#"{"type":"IDENTITY","identifiers":[{"provider":"email","id":"j@d.ie"}]}"#, Ok(Kind::Identity)),
            (r#"{"type":"VIEW"}"#, Err(&["type", "identifiers"])),
            (r#"{"type":1,"identifiers":[{"provider":"email","id":"j@d.ie"}]}"#, Err(&["type"])),
            ("{}", Err(&["identifiers"])),
            (r#"{"email":"j@d.ie"}"#, Err(&["identifiers"])),
            (r#"{"identifiers":[{"id":"1"}],"firstName":"Jane"}"#, Err(&["identifiers[0].provider", "firstName"])),
            ("[]", Err(&["event"])),
        ];
        for (body, expected) in cases {
            let expected =
                expected.map_err(|fields| fields.iter().map(ToString::to_string).collect());
            assert_eq!(received(body), expected, "{body}");
        }
    }

    #[test]
    fn the_rules_of_events_hold_here_too() {
        let target = Target::parse("https://shop.example/_cdp/identity");
        let status = |method: &str, headers: Vec<(&str, &str)>| match receive(
            method, &target, &headers, b"{}",
        ) {
            Received::Answer(answer) => answer.status,
            Received::Event(_) => 202,
        };
        assert_eq!(status("GET", vec![("origin", "https://shop.example")]), 405);
        assert_eq!(status("POST", vec![]), 403);
    }
}
