//! Rules of the configuration: a path and method whose success is a goal, a form whose fields are an identity or change the
//! visitor's guest.
//!
//! In: the site's rules, a request, later the form and XM's answer. Out: what was told. It never asks who the visitor
//! is or whether events may be sent: the caller does, before anything is copied.

use serde_json::{Map, Value, json};

use crate::{
    config::{Goal, GuestField, GuestUpdate, Identity, Site},
    events::{
        Checked, Told, catalogue, check,
        form::{FormCopy, FormFault, FormFields},
    },
};

pub use crate::events::success::succeeded;

/// The rules that a request matches.
#[derive(Clone, Debug)]
pub struct Matched {
    goals: Vec<Goal>,
    identities: Vec<Identity>,
    guest_updates: Vec<GuestUpdate>,
}

/// The rules for `method` and `path` (as sent, without query); `None` when there is none, as for nearly every request.
#[must_use]
pub fn matching(site: &Site, method: &str, path: &str) -> Option<Matched> {
    let goals: Vec<Goal> = site
        .goals
        .iter()
        .filter(|goal| goal.method == method && goal.path.matches(path))
        .cloned()
        .collect();
    let identities: Vec<Identity> = site
        .identities
        .iter()
        .filter(|identity| identity.method == method && identity.path.matches(path))
        .cloned()
        .collect();
    let guest_updates: Vec<GuestUpdate> = site
        .guest_updates
        .iter()
        .filter(|update| update.method == method && update.path.matches(path))
        .cloned()
        .collect();
    let any = !goals.is_empty() || !identities.is_empty() || !guest_updates.is_empty();
    any.then_some(Matched {
        goals,
        identities,
        guest_updates,
    })
}

impl Matched {
    /// The copy to fill with the request's body while it passes; `None` when no rule wants it.
    #[must_use]
    pub fn copy(&self, content_type: Option<&str>) -> Option<FormCopy> {
        if self.identities.is_empty() && self.guest_updates.is_empty() {
            return None;
        }
        FormCopy::new(content_type?)
    }

    /// The goals that a success reaches: custom events, or (type `LOGOUT`) the wish for a new browser id.
    #[must_use]
    pub fn goals(&self) -> Vec<Told> {
        self.goals
            .iter()
            .map(|goal| Told::goal(&goal.event))
            .collect()
    }

    /// Whether a form here says who the visitor is.
    #[must_use]
    pub fn identifies(&self) -> bool {
        !self.identities.is_empty()
    }

    /// What a successful form says of the visitor's guest: the texts that are not empty, in the order of the rules.
    ///
    /// # Errors
    /// When the form could not be read.
    pub fn guest_texts(&self, form: &FormCopy) -> Result<Vec<(GuestField, String)>, FormFault> {
        if self.guest_updates.is_empty() {
            return Ok(Vec::new());
        }
        let form = form.fields()?;
        let fields = self.guest_updates.iter().flat_map(|update| &update.fields);
        let texts =
            fields.filter_map(|(field, name)| Some((field.clone(), form.text(name)?.to_owned())));
        Ok(texts.collect())
    }

    /// The IDENTITY that a successful form is. All rules for the path make one event, with an identifier each. What
    /// the catalogue refuses (a gender that the CDP does not know, a date in local style) is left out: a form is no
    /// place to be strict.
    ///
    /// # Errors
    /// When the form could not be read, or has no identifier.
    pub fn identity(&self, form: &FormCopy) -> Result<Checked, FormFault> {
        let fields = form.fields()?;
        let mut event = Map::new();
        let mut identifiers = Vec::new();
        for rule in &self.identities {
            let id = fields.text(&rule.id);
            if let Some(id) = id.filter(|id| catalogue::is_identifier(id)) {
                identifiers.push(json!({"provider": rule.provider, "id": id}));
            }
            learn(&mut event, rule, &fields);
        }
        if identifiers.is_empty() {
            return Err(FormFault::NoIdentifier);
        }
        event.insert("type".to_owned(), "IDENTITY".into());
        event.insert("identifiers".to_owned(), identifiers.into());
        match check(event.clone()) {
            Ok(checked) => Ok(checked),
            Err(problems) => {
                for problem in problems {
                    event.remove(&problem.field);
                }
                check(event).map_err(|_| FormFault::NoIdentifier)
            }
        }
    }
}

/// Adds what the form knows of the person; of several rules the first that has a text counts.
fn learn(event: &mut Map<String, Value>, rule: &Identity, form: &FormFields) {
    for (wire, field) in &rule.fields {
        let Some(text) = form.text(field) else {
            continue;
        };
        let value = match wire.as_str() {
            "street" => json!([text]),
            "gender" => text.to_ascii_lowercase().into(),
            "country" => text.to_ascii_uppercase().into(),
            _ => text.into(),
        };
        event.entry(wire.as_str()).or_insert(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cdp::BrowserId,
        config::PathPattern,
        events::{EventContext, complete},
        request::fixture,
    };

    const FORM: &str = "application/x-www-form-urlencoded; charset=UTF-8";

    fn identity_rule(provider: &str, id: &str, fields: &[(&str, &str)]) -> Identity {
        let owned = |(wire, field): &(&str, &str)| ((*wire).to_owned(), (*field).to_owned());
        Identity {
            path: PathPattern::Exact("/login".to_owned()),
            method: "POST".to_owned(),
            provider: provider.to_owned(),
            id: id.to_owned(),
            fields: fields.iter().map(owned).collect(),
        }
    }

    fn goal(path: PathPattern, method: &str, event: &str) -> Goal {
        let (method, event) = (method.to_owned(), event.to_owned());
        Goal {
            path,
            method,
            event,
        }
    }

    fn site(identities: Vec<Identity>) -> Site {
        Site {
            goals: vec![
                goal(PathPattern::Exact("/thank-you".to_owned()), "GET", "SIGNUP"),
                goal(PathPattern::Prefix("/th".to_owned()), "GET", "THANKED"),
                goal(PathPattern::Exact("/logout".to_owned()), "GET", "LOGOUT"),
            ],
            identities,
            ..fixture::site()
        }
    }

    fn told(rules: Vec<Identity>, content_type: &str, body: &[u8]) -> Result<Value, FormFault> {
        let matched = matching(&site(rules), "POST", "/login").unwrap();
        let mut copy = matched.copy(Some(content_type)).unwrap();
        copy.push(body);
        let id = BrowserId::parse(fixture::BROWSER_ID).unwrap();
        let context = EventContext {
            cdp: &fixture::cdp(),
            site: &fixture::site(),
            browser_id: &id,
            html_lang: None,
            page_name: None,
            path: "/login",
            requested_at_ms: 0,
        };
        let event = complete(matched.identity(&copy)?, &context, String::new());
        let mut body: Value = serde_json::from_str(&event.body).unwrap();
        let filled = [
            "browser_id",
            "channel",
            "client_key",
            "currency",
            "language",
            "page",
            "pos",
            "requested_at",
            "type",
        ];
        for name in filled {
            body.as_object_mut().unwrap().remove(name);
        }
        Ok(body)
    }

    #[test]
    fn a_request_gets_the_rules_of_its_method_and_path() {
        let site = site(vec![identity_rule("email", "Email", &[])]);
        let goals = |method: &str, path: &str| {
            matching(&site, method, path).map_or(Vec::new(), |matched| {
                let told = matched.goals().into_iter();
                told.map(|told| format!("{told:?}")).collect()
            })
        };
        let custom = "Event(Checked(custom))";
        assert_eq!(goals("GET", "/thank-you"), [custom, custom]);
        assert_eq!(goals("GET", "/thanks"), [custom]);
        assert_eq!(goals("GET", "/logout"), ["Logout"]);
        assert_eq!(goals("POST", "/login"), [] as [&str; 0]);
        for (method, path) in [
            ("POST", "/thank-you"),
            ("GET", "/login"),
            ("POST", "/Login"),
            ("POST", "/login/"),
        ] {
            assert!(matching(&site, method, path).is_none(), "{method} {path}");
        }
    }

    #[test]
    fn only_a_form_that_a_rule_wants_is_copied() {
        let site = site(vec![identity_rule("email", "Email", &[])]);
        let login = matching(&site, "POST", "/login").unwrap();
        assert!(login.copy(Some(FORM)).is_some());
        assert!(login.copy(Some("application/json")).is_none());
        assert!(login.copy(None).is_none());
        let thanks = matching(&site, "GET", "/thank-you").unwrap();
        assert!(thanks.copy(Some(FORM)).is_none());
    }

    #[test]
    fn a_form_becomes_an_identity() {
        let rule = identity_rule(
            "email",
            "Email",
            &[
                ("email", "Email"),
                ("firstname", "FirstName"),
                ("gender", "Gender"),
                ("country", "Country"),
                ("street", "Street"),
                ("dob", "Birthday"),
                ("phone", "Phone"),
            ],
        );
        let body = b"Email=+J%40D.ie&FirstName=Jane&Gender=Female&Country=ie&Street=Tara+Street&Birthday=1984-04-15&Phone=&Password=x";
        #[rustfmt::skip]
        let expected = json!({"identifiers": [{"provider": "email", "id": "J@D.ie"}], "email": "J@D.ie", "firstname": "Jane",
            "gender": "female", "country": "IE", "street": ["Tara Street"], "dob": "1984-04-15"});
        assert_eq!(told(vec![rule.clone()], FORM, body), Ok(expected));
        let multipart =
            b"--XX\r\nContent-Disposition: form-data; name=\"Email\"\r\n\r\nJ@D.ie\r\n--XX--\r\n";
        let expected =
            json!({"identifiers": [{"provider": "email", "id": "J@D.ie"}], "email": "J@D.ie"});
        let content_type = "multipart/form-data; boundary=XX";
        assert_eq!(told(vec![rule], content_type, multipart), Ok(expected));
    }

    #[test]
    fn what_the_cdp_would_refuse_is_left_out_and_the_rest_is_told() {
        let rule = identity_rule(
            "email",
            "Email",
            &[
                ("gender", "Gender"),
                ("dob", "Birthday"),
                ("country", "Country"),
                ("city", "City"),
            ],
        );
        let body = b"Email=j%40d.ie&Gender=F&Birthday=15.04.1984&Country=Ireland&City=Dublin";
        let expected =
            json!({"identifiers": [{"provider": "email", "id": "j@d.ie"}], "city": "Dublin"});
        assert_eq!(told(vec![rule], FORM, body), Ok(expected));
    }

    #[test]
    fn all_rules_of_a_path_make_one_identity() {
        let rules = vec![
            identity_rule(
                "email",
                "Email",
                &[("email", "Email"), ("firstname", "Nick")],
            ),
            identity_rule("crm", "Customer", &[("firstname", "FirstName")]),
            identity_rule("loyalty", "Card", &[]),
        ];
        let body = b"Email=j%40d.ie&Customer=C1&FirstName=Jane&Card=a%0Ab";
        #[rustfmt::skip]
        let expected = json!({"identifiers": [{"provider": "email", "id": "j@d.ie"}, {"provider": "crm", "id": "C1"}],
            "email": "j@d.ie", "firstname": "Jane"});
        assert_eq!(told(rules, FORM, body), Ok(expected));
    }

    #[test]
    fn a_form_without_an_identifier_identifies_nobody() {
        let long = [b"Email=".to_vec(), vec![b'a'; 513]].concat();
        #[rustfmt::skip]
        let cases: &[(&[u8], FormFault)] = &[
            (b"", FormFault::NoIdentifier),
            (b"Email=++&Name=x", FormFault::NoIdentifier),
            (b"email=j%40d.ie", FormFault::NoIdentifier),
            (b"Email=%ff", FormFault::NoIdentifier),
            (&long, FormFault::NoIdentifier),
            (&[b'a'; 70_000], FormFault::TooLarge),
        ];
        for (body, fault) in cases {
            let rules = vec![identity_rule("email", "Email", &[("email", "Email")])];
            assert_eq!(told(rules, FORM, body), Err(*fault));
        }
        let rules = vec![identity_rule("email", "Email", &[])];
        let cut = told(rules, "multipart/form-data; boundary=XX", b"--XX\r\n");
        assert_eq!(cut, Err(FormFault::NotAForm));
    }
}
