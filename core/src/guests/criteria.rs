//! The query of a call: whom to find, which page of the result, what to do besides.
//!
//! In: the query as sent. Out: a [`Query`], or an answer that names every wrong parameter. A parameter that is not known,
//! not of this call, empty or there twice is wrong: a search for nobody in particular must not happen.

use std::{borrow::Cow, collections::BTreeMap, ops::RangeInclusive};

use serde_json::Value;

use super::{
    extension::is_field_name,
    route::{Operation, Route, Whose},
    rule::{self, Rule},
};
use crate::{
    answer::{
        Answer,
        invalid::{Problems, path},
        problem,
    },
    cdp::BrowserId,
    request::Target,
};

/// Results on one page of the CDP.
const LIMIT: RangeInclusive<u32> = 1..=100;
/// Highest offset; no tenant has as many guests that share an email.
const MAX_OFFSET: u32 = 1_000_000;
/// Most fields that one call deletes: each is a call of the CDP.
const MAX_NAMES: usize = 20;

/// What a guest is found by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Criterion {
    Email(String),
    Identifier { provider: String, id: String },
}

/// A query, checked.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Query {
    pub(super) criterion: Option<Criterion>,
    pub(super) offset: Option<u32>,
    pub(super) limit: Option<u32>,
    pub(super) create_or_find: bool,
    /// Fields of an extension.
    pub(super) names: Vec<String>,
    pub(super) browser_id: Option<BrowserId>,
}

impl Criterion {
    /// As the CDP calls it.
    pub(super) fn for_cdp(&self) -> Vec<(&'static str, &str)> {
        match self {
            Self::Email(email) => vec![("email", email)],
            Self::Identifier { provider, id } => {
                vec![("identifiers.provider", provider), ("identifiers.id", id)]
            }
        }
    }

    /// Whether a guest that was found has it: the CDP's search is wider than equality. One of whom no more than a link is
    /// shown is believed to.
    pub(super) fn fits(&self, guest: &Value) -> bool {
        let list = |name: &str| guest.get(name).and_then(Value::as_array).map(Vec::as_slice);
        match self {
            Self::Email(email) => {
                let (one, many) = (guest.get("email"), list("emails"));
                let mut known = one.into_iter().chain(many.unwrap_or_default());
                let is_same = |other: &Value| {
                    other
                        .as_str()
                        .is_some_and(|other| other.eq_ignore_ascii_case(email))
                };
                (one.is_none() && many.is_none()) || known.any(is_same)
            }
            Self::Identifier { provider, id } => list("identifiers").is_none_or(|identifiers| {
                let part = |of: &Value, name: &str, wanted: &str| {
                    of.get(name).and_then(Value::as_str) == Some(wanted)
                };
                identifiers
                    .iter()
                    .any(|one| part(one, "provider", provider) && part(one, "id", id))
            }),
        }
    }
}

impl Query {
    /// Reads the query of a call.
    pub(super) fn read(target: &Target<'_>, route: &Route) -> Result<Self, Answer> {
        let mut parameters = Parameters::of(target);
        let mut query = Self::default();
        match route.operation {
            Operation::Find => {
                query.criterion = parameters.criterion();
                query.offset = parameters.number("offset", 0..=MAX_OFFSET);
                query.limit = parameters.number("limit", LIMIT);
            }
            Operation::Create => query.create_or_find = parameters.flag("createOrFind"),
            Operation::DeleteFields => query.names = parameters.names(),
            _ => {}
        }
        if route.whose == Some(Whose::Me) {
            query.browser_id = parameters.browser_id();
        }
        parameters.finish()?;
        Ok(query)
    }
}

/// The parameters that nobody has asked for yet.
struct Parameters<'q> {
    given: BTreeMap<Cow<'q, str>, Vec<Cow<'q, str>>>,
    known: Vec<&'static str>,
    problems: Problems,
}

impl<'q> Parameters<'q> {
    fn of(target: &Target<'q>) -> Self {
        let mut given: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (name, value) in target.query_pairs() {
            given.entry(name).or_default().push(value);
        }
        Self {
            given,
            known: Vec::new(),
            problems: Problems::default(),
        }
    }

    fn take(&mut self, name: &'static str) -> Option<Cow<'q, str>> {
        self.known.push(name);
        let mut values = self.given.remove(name)?;
        let value = values.pop()?;
        let problem = if !values.is_empty() {
            "is there more than once"
        } else if value.is_empty() {
            "is empty"
        } else if value.contains(char::REPLACEMENT_CHARACTER) {
            "is not UTF-8, percent-encoded"
        } else {
            return Some(value);
        };
        self.report(name, problem);
        None
    }

    fn text(&mut self, name: &'static str, rule: Rule) -> Option<String> {
        let value = self.take(name)?;
        let fits = (rule.fits)(&value.as_ref().into());
        if !fits {
            self.report(name, format!("expected {}", rule.expected));
        }
        fits.then(|| value.into_owned())
    }

    fn number(&mut self, name: &'static str, range: RangeInclusive<u32>) -> Option<u32> {
        let value = self.take(name)?;
        let digits = value.bytes().all(|byte| byte.is_ascii_digit());
        let number = value
            .parse()
            .ok()
            .filter(|number| digits && range.contains(number));
        if number.is_none() {
            let (least, most) = (range.start(), range.end());
            self.report(
                name,
                format!("expected a whole number from {least} to {most}"),
            );
        }
        number
    }

    fn flag(&mut self, name: &'static str) -> bool {
        let Some(value) = self.take(name) else {
            return false;
        };
        if !matches!(&*value, "true" | "false") {
            self.report(name, "expected true or false");
        }
        value == "true"
    }

    /// An email, or a provider with an id.
    fn criterion(&mut self) -> Option<Criterion> {
        let has = |name| self.given.contains_key(name);
        let (by_email, by_provider, by_id) = (has("email"), has("provider"), has("id"));
        let email = self.text("email", rule::EMAIL_IN_QUERY);
        let provider = self.text("provider", rule::NAME);
        let id = self.text("id", rule::LINE);
        match (by_email, by_provider, by_id) {
            (true, false, false) => return email.map(Criterion::Email),
            (false, true, true) => {
                return provider
                    .zip(id)
                    .map(|(provider, id)| Criterion::Identifier { provider, id });
            }
            (true, _, _) => self.report(
                "email",
                "stands beside provider and id: find by one of them",
            ),
            (false, false, true) => self.report("provider", "is missing beside id"),
            (false, true, false) => self.report("id", "is missing beside provider"),
            (false, false, false) => {
                self.report("email", "is missing: find by email, or by provider and id")
            }
        }
        None
    }

    /// Names with commas or bars between them.
    fn names(&mut self) -> Vec<String> {
        let Some(list) = self.take("name") else {
            // Without names the CDP would empty the whole extension.
            if self.problems.is_empty() {
                self.report(
                    "name",
                    "is missing: expected the fields to delete, such as name=tier,points",
                );
            }
            return Vec::new();
        };
        let mut names: Vec<String> = Vec::new();
        for name in list.split([',', '|']).map(str::trim) {
            if !is_field_name(name) {
                let expected =
                    "expected names of 1 to 128 letters, digits and _, with commas between them";
                self.report("name", expected);
                return Vec::new();
            }
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
        if names.len() > MAX_NAMES {
            self.report(
                "name",
                format!("has more than {MAX_NAMES} names: delete them in several calls"),
            );
        }
        names
    }

    fn browser_id(&mut self) -> Option<BrowserId> {
        let value = self.take("browser_id")?;
        let id = BrowserId::parse(&value);
        if id.is_none() {
            self.report("browser_id", "expected the browser id: a UUID with hyphens");
        }
        id
    }

    fn report(&mut self, name: &str, problem: impl Into<String>) {
        self.problems.add(path("", name), problem);
    }

    fn finish(mut self) -> Result<(), Answer> {
        let known = if self.known.is_empty() {
            "this call has no parameters".to_owned()
        } else {
            format!("this call knows {}", self.known.join(", "))
        };
        for name in std::mem::take(&mut self.given).into_keys() {
            self.report(&name, format!("is not known: {known}"));
        }
        let detail = "The query is not valid; the CDP was not called.";
        self.problems
            .into_result(())
            .map_err(|problems| problem(400, detail, &problems))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{cdp::GuestRef, request::fixture::BROWSER_ID};
    use proptest::prelude::*;

    fn route(operation: Operation, me: bool) -> Route {
        let guest = GuestRef::parse("f7aabbca-1c1b-4fc2-be72-3e16294a4f03").unwrap();
        let whose = if me { Whose::Me } else { Whose::Ref(guest) };
        Route {
            operation,
            whose: Some(whose),
            extension: None,
        }
    }

    fn read(operation: Operation, me: bool, query: &str) -> Result<Query, Vec<String>> {
        let url = format!("https://shop.example/_cdp/guests?{query}");
        Query::read(&Target::parse(&url), &route(operation, me)).map_err(|answer| {
            assert_eq!(answer.status, 400);
            let document: Value = serde_json::from_str(&answer.body).unwrap();
            let errors = document["errors"].as_array().unwrap().iter();
            errors
                .map(|error| error["field"].as_str().unwrap().to_owned())
                .collect()
        })
    }

    #[test]
    fn a_guest_is_found_by_email_or_by_identifier() {
        let email = read(
            Operation::Find,
            false,
            "email=j%2Bd%40d.ie&limit=100&offset=0",
        )
        .unwrap();
        assert_eq!(
            email.criterion,
            Some(Criterion::Email("j+d@d.ie".to_owned()))
        );
        assert_eq!((email.limit, email.offset), (Some(100), Some(0)));
        let identifier = read(Operation::Find, false, "provider=BX%20LP&id=1%2F2")
            .unwrap()
            .criterion
            .unwrap();
        assert_eq!(
            identifier.for_cdp(),
            [("identifiers.provider", "BX LP"), ("identifiers.id", "1/2")]
        );
    }

    #[test]
    fn a_search_for_nobody_in_particular_is_refused_by_parameter() {
        #[rustfmt::skip]
        let cases: &[(&str, &[&str])] = &[
            ("", &["email"]), ("limit=5", &["email"]), ("email=", &["email"]), ("email=%20", &["email"]),
            ("email=j", &["email"]), ("email=j%20d%40d.ie", &["email"]), ("email=j+d@d.ie", &["email"]),
            ("email=a%40b.ie&email=c%40d.ie", &["email"]), ("email=%ff%40d.ie", &["email"]),
            ("email=a%40b.ie&provider=p&id=1", &["email"]), ("email=a%40b.ie&id=1", &["email"]),
            ("provider=p", &["id"]), ("id=1", &["provider"]), ("provider=&id=1", &["provider"]), ("provider=p&id=", &["id"]),
            ("provider=p&id=1&id=2", &["id"]), ("provider=p%00&id=1%0d%0a", &["provider", "id"]),
            ("firstName=Jane", &["email", "firstName"]), ("email=a%40b.ie&expand=true", &["expand"]),
            ("Email=a%40b.ie", &["email", "Email"]), ("browser_id=1&email=a%40b.ie", &["browser_id"]),
            ("email=a%40b.ie&limit=0", &["limit"]), ("email=a%40b.ie&limit=101", &["limit"]),
            ("email=a%40b.ie&limit=%2B5", &["limit"]), ("email=a%40b.ie&limit=5.0", &["limit"]), ("email=a%40b.ie&limit=", &["limit"]),
            ("email=a%40b.ie&offset=-1", &["offset"]), ("email=a%40b.ie&offset=99999999999", &["offset"]),
        ];
        for (query, expected) in cases {
            let found = read(Operation::Find, false, query).map(|_| ()).unwrap_err();
            assert_eq!(found, *expected, "{query}");
        }
    }

    #[test]
    fn a_call_has_its_own_parameters_and_no_others() {
        assert!(
            read(Operation::Create, false, "createOrFind=true")
                .unwrap()
                .create_or_find
        );
        assert!(
            !read(Operation::Create, false, "createOrFind=false")
                .unwrap()
                .create_or_find
        );
        assert!(!read(Operation::Create, false, "").unwrap().create_or_find);
        for (operation, query, field) in [
            (Operation::Create, "createOrFind=1", "createOrFind"),
            (Operation::Create, "createorfind=true", "createorfind"),
            (Operation::Retrieve, "expand=true", "expand"),
            (Operation::Update, "createOrFind=true", "createOrFind"),
        ] {
            let found = read(operation, false, query).map(|_| ()).unwrap_err();
            assert_eq!(found, [field], "{query}");
        }
    }

    #[test]
    fn a_browser_id_belongs_to_me_alone() {
        let query = format!("browser_id={BROWSER_ID}");
        assert!(
            read(Operation::Retrieve, true, &query)
                .unwrap()
                .browser_id
                .is_some()
        );
        assert!(read(Operation::Retrieve, false, &query).is_err());
        assert!(read(Operation::Retrieve, true, "browser_id=..%2f").is_err());
        assert!(
            read(Operation::Retrieve, true, "")
                .unwrap()
                .browser_id
                .is_none()
        );
    }

    #[test]
    fn fields_are_deleted_by_name_and_never_all_of_them() {
        let names =
            |query: &str| read(Operation::DeleteFields, false, query).map(|query| query.names);
        assert_eq!(names("name=tier").unwrap(), ["tier"]);
        assert_eq!(names("name=tier,points,tier").unwrap(), ["tier", "points"]);
        assert_eq!(names("name=tier%7Cpoints").unwrap(), ["tier", "points"]);
        let many: Vec<String> = (0..21).map(|n| format!("f{n}")).collect();
        let many = format!("name={}", many.join(","));
        for query in [
            "",
            "name=",
            "name=,",
            "name=a,",
            "name=a.b",
            "name=a&name=b",
            "names=a",
            &many,
        ] {
            assert!(names(query).is_err(), "{query}");
        }
    }

    proptest! {
        #[test]
        fn no_query_panics_or_is_repeated(query in "\\PC*") {
            for operation in [Operation::Find, Operation::Create, Operation::DeleteFields, Operation::Retrieve] {
                let _ = read(operation, true, &query);
            }
        }
    }
}
