//! Which paths and methods there are, and what each does.
//!
//! In: method and path as sent. Out: a [`Route`], or an answer. Nothing is decoded: a reference is a UUID in lower case
//! and an extension has one of six names, so nothing that stands in a path can lead to another place of the CDP.

use crate::{
    answer::{Answer, Invalid, problem},
    api_keys::Scope,
    cdp::GuestRef,
    config::EXTENSIONS,
    request::shape::captures,
};

/// What stands for the guest of the visitor whose browser id comes along.
const ME: &str = "me";

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    Create,
    CreateExtension,
    Delete,
    DeleteExtension,
    DeleteFields,
    Find,
    ListExtensions,
    Replace,
    ReplaceExtension,
    Retrieve,
    RetrieveExtension,
    Update,
    UpdateExtension,
}

/// Every path below the prefix, with its methods.
#[rustfmt::skip]
pub(crate) const ROUTES: [(&str, &[(&str, Operation)]); 5] = [
    ("guests", &[("GET", Operation::Find), ("POST", Operation::Create)]),
    ("guests/{ref}", &[("GET", Operation::Retrieve), ("PUT", Operation::Replace), ("PATCH", Operation::Update),
        ("DELETE", Operation::Delete)]),
    ("guests/{ref}/extensions", &[("GET", Operation::ListExtensions), ("POST", Operation::CreateExtension)]),
    ("guests/{ref}/extensions/{extension}", &[("GET", Operation::RetrieveExtension),
        ("PUT", Operation::ReplaceExtension), ("PATCH", Operation::UpdateExtension),
        ("DELETE", Operation::DeleteExtension)]),
    ("guests/{ref}/extensions/{extension}/fields", &[("DELETE", Operation::DeleteFields)]),
];

/// Whose data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Whose {
    /// Of the guest behind the visitor's browser id.
    Me,
    /// Of this guest.
    Ref(GuestRef),
}

/// One call of the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Route {
    pub(crate) operation: Operation,
    /// Of all but create and find.
    pub(crate) whose: Option<Whose>,
    /// Of one extension.
    pub(crate) extension: Option<&'static str>,
}

/// The route of `path`, which begins with `guests`.
pub(crate) fn route(method: &str, path: &str) -> Result<Route, Answer> {
    let found = ROUTES
        .iter()
        .find_map(|(shape, methods)| Some((captures(shape, path)?, methods)));
    let Some((captured, methods)) = found else {
        return Err(problem(404, "There is no such endpoint.", &[]));
    };
    let Some((_, operation)) = methods.iter().find(|(name, _)| *name == method) else {
        let allowed: Vec<&str> = methods.iter().map(|(name, _)| *name).collect();
        let detail = "This path has other methods: see the header Allow.";
        return Err(problem(405, detail, &[]).with("allow", allowed.join(", ")));
    };
    let mut captured = captured.into_iter();
    let mut problems = Vec::new();
    let whose = captured.next().and_then(|text| whose(text, &mut problems));
    let extension = captured
        .next()
        .and_then(|name| extension(name, &mut problems));
    if problems.is_empty() {
        return Ok(Route {
            operation: *operation,
            whose,
            extension,
        });
    }
    let detail = "The path is not valid; the CDP was not called.";
    Err(problem(400, detail, &problems))
}

fn whose(text: &str, problems: &mut Vec<Invalid>) -> Option<Whose> {
    if text == ME {
        return Some(Whose::Me);
    }
    let guest = GuestRef::parse(text);
    if guest.is_none() {
        let expected =
            "expected \"me\" or the guest's reference: a UUID with hyphens, in lower case";
        problems.push(invalid("ref", expected));
    }
    guest.map(Whose::Ref)
}

fn extension(text: &str, problems: &mut Vec<Invalid>) -> Option<&'static str> {
    let name = extension_name(text);
    if name.is_none() {
        let expected = format!("expected one of {}", EXTENSIONS.join(", "));
        problems.push(invalid("extension", expected));
    }
    name
}

/// The extension of this very name.
pub(super) fn extension_name(text: &str) -> Option<&'static str> {
    EXTENSIONS.into_iter().find(|name| *name == text)
}

fn invalid(field: &str, problem: impl Into<String>) -> Invalid {
    Invalid {
        field: field.to_owned(),
        problem: problem.into(),
    }
}

/// The constant label in the log of what `method` does at `path`, which begins with `guests`; `other` when that is
/// nothing.
#[must_use]
pub fn label_of(method: &str, path: &str) -> &'static str {
    ROUTES
        .iter()
        .filter(|(shape, _)| captures(shape, path).is_some())
        .flat_map(|(_, methods)| methods.iter())
        .find(|(name, _)| *name == method)
        .map_or("other", |(_, operation)| operation.label())
}

impl Operation {
    /// The constant label.
    pub(crate) const fn label(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::CreateExtension => "create_extension",
            Self::Delete => "delete",
            Self::DeleteExtension => "delete_extension",
            Self::DeleteFields => "delete_fields",
            Self::Find => "find",
            Self::ListExtensions => "list_extensions",
            Self::Replace => "replace",
            Self::ReplaceExtension => "replace_extension",
            Self::Retrieve => "retrieve",
            Self::RetrieveExtension => "retrieve_extension",
            Self::Update => "update",
            Self::UpdateExtension => "update_extension",
        }
    }

    /// What a key must be allowed to do.
    pub(crate) const fn scope(self) -> Scope {
        match self {
            Self::Find | Self::ListExtensions | Self::Retrieve | Self::RetrieveExtension => {
                Scope::Read
            }
            Self::Delete | Self::DeleteExtension | Self::DeleteFields => Scope::Delete,
            Self::Create
            | Self::CreateExtension
            | Self::Replace
            | Self::ReplaceExtension
            | Self::Update
            | Self::UpdateExtension => Scope::Write,
        }
    }

    /// Whether the request has a body.
    pub(crate) const fn has_body(self) -> bool {
        matches!(self.scope(), Scope::Write)
    }

    /// Whether it makes something new.
    pub(crate) const fn creates(self) -> bool {
        matches!(self, Self::Create | Self::CreateExtension)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GUEST: &str = "f7aabbca-1c1b-4fc2-be72-3e16294a4f03";

    #[test]
    fn every_operation_has_its_path_and_method() {
        let guest = format!("guests/{GUEST}");
        let extensions = format!("{guest}/extensions");
        let extension = format!("{extensions}/ext5");
        let fields = format!("{extension}/fields");
        #[rustfmt::skip]
        let cases = [
            ("GET", "guests", "find"), ("POST", "guests", "create"),
            ("GET", &guest, "retrieve"), ("PUT", &guest, "replace"), ("PATCH", &guest, "update"), ("DELETE", &guest, "delete"),
            ("GET", "guests/me", "retrieve"), ("PATCH", "guests/me", "update"),
            ("GET", &extensions, "list_extensions"), ("POST", &extensions, "create_extension"),
            ("GET", &extension, "retrieve_extension"), ("PUT", &extension, "replace_extension"),
            ("PATCH", &extension, "update_extension"), ("DELETE", &extension, "delete_extension"),
            ("DELETE", &fields, "delete_fields"), ("DELETE", "guests/me/extensions/ext/fields", "delete_fields"),
        ];
        for (method, path, label) in cases {
            let route = route(method, path).unwrap();
            assert_eq!(route.operation.label(), label, "{method} {path}");
            assert_eq!(label_of(method, path), label);
            assert_eq!(route.whose.is_some(), path != "guests");
            assert_eq!(
                route.extension.is_some(),
                path.contains("/ext5") || path.contains("/ext/")
            );
        }
    }

    #[test]
    fn no_trick_in_a_path_is_a_route() {
        let long = "a".repeat(10_240);
        let upper = GUEST.to_uppercase();
        #[rustfmt::skip]
        let cases: &[(String, u16)] = &[
            ("guests/..%2f..%2fv2%2fcallFlows".to_owned(), 400),
            (format!("guests/{GUEST}%2f..%2fother"), 400),
            (format!("guests/{GUEST}%00"), 400),
            (format!("guests/{GUEST};a=b"), 400),
            (format!("guests/{upper}"), 400),
            (format!("guests/{long}"), 400),
            ("guests/ME".to_owned(), 400),
            ("guests/me%20".to_owned(), 400),
            ("guests/..\\..\\v2".to_owned(), 400),
            (format!("guests/{GUEST}/extensions/ext6"), 400),
            (format!("guests/{GUEST}/extensions/ext0"), 400),
            (format!("guests/{GUEST}/extensions/Ext"), 400),
            (format!("guests/{GUEST}/extensions/..%2f"), 400),
            (format!("guests/{GUEST}/extensions/%65xt"), 400),
            ("guests/".to_owned(), 404),
            ("guests//".to_owned(), 404),
            (format!("guests//{GUEST}"), 404),
            (format!("guests/{GUEST}/"), 404),
            (format!("guests/{GUEST}/Extensions"), 404),
            (format!("guests/{GUEST}/extensions/"), 404),
            (format!("guests/{GUEST}/extensions//"), 404),
            (format!("guests/{GUEST}/orders"), 404),
            (format!("guests/{GUEST}/extensions/ext/fields/a"), 404),
            ("guestContexts".to_owned(), 404),
        ];
        for (path, status) in cases {
            assert_eq!(route("GET", path).unwrap_err().status, *status, "{path}");
            // What the path says is never said back.
            let said = path.strip_prefix("guests/").unwrap_or("guestContexts");
            let odd = said.contains(['%', ';', '\\']) || said.len() > 1_000;
            let answer = route("GET", path).unwrap_err();
            assert!(!odd || !answer.body.contains(said), "{path} repeated");
        }
    }

    #[test]
    fn other_methods_are_told_which_are_allowed() {
        let guest = format!("guests/{GUEST}");
        #[rustfmt::skip]
        let cases = [
            ("DELETE", "guests", "GET, POST"), ("HEAD", "guests", "GET, POST"), ("OPTIONS", "guests", "GET, POST"),
            ("get", "guests", "GET, POST"), ("POST", &guest, "GET, PUT, PATCH, DELETE"),
            ("GET", &format!("{guest}/extensions/ext/fields"), "DELETE"),
        ];
        for (method, path, allow) in cases {
            let answer = route(method, path).unwrap_err();
            assert_eq!(answer.status, 405, "{method} {path}");
            assert!(
                answer.headers.contains(&("allow", allow.to_owned())),
                "{answer:?}"
            );
            assert_eq!(label_of(method, path), "other");
        }
    }

    proptest! {
        #[test]
        fn no_path_panics(method in "\\PC*", path in "\\PC*") {
            let _ = (route(&method, &path), label_of(&method, &path));
        }
    }
}
