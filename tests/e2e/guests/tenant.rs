//! A CDP with a memory: guests and extensions of REST v2.1, as far as a scenario needs them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use serde_json::{Map, Value, json};
use xm_edge_tests::{Reply, Request, World};

use super::basic;

/// What the tenant knows.
#[derive(Default)]
struct Known {
    guests: Vec<(String, Map<String, Value>)>,
    extensions: HashMap<(String, String), Map<String, Value>>,
}

/// Puts a tenant behind the CDP of `world`. `browsers`: browser ids and their guests.
pub(super) fn install(world: &World, browsers: &[(&str, &str)]) {
    let known = Arc::new(Mutex::new(Known::default()));
    let browsers: HashMap<String, String> = browsers
        .iter()
        .map(|(browser, guest)| ((*browser).to_owned(), (*guest).to_owned()))
        .collect();
    world.cdp.rest_with(move |request| {
        if request.path().ends_with("/show.json") {
            return show(request, &browsers);
        }
        if request.headers.get("authorization") != Some(basic().as_str()) {
            return Reply::json(json!({"status": 401, "code": 401, "message": "Unauthorized"}))
                .with_status(401);
        }
        known.lock().unwrap().answer(request)
    });
}

fn show(request: &Request, browsers: &HashMap<String, String>) -> Reply {
    let browser = request.path().split('/').nth(3).unwrap_or_default();
    match browsers.get(browser) {
        Some(guest) => {
            Reply::json(json!({"status": "OK", "ref": browser, "customer": {"ref": guest}}))
        }
        None => Reply::json(
            json!({"status": "NOT_FOUND", "error_msg": "Invalid browser id/ref specified"}),
        )
        .with_status(404),
    }
}

impl Known {
    fn answer(&mut self, request: &Request) -> Reply {
        let path: Vec<&str> = request
            .path()
            .trim_start_matches("/v2.1/")
            .split('/')
            .collect();
        let body = request.json().as_object().cloned().unwrap_or_default();
        match (request.method.as_str(), path.as_slice()) {
            ("POST", ["guests"]) => {
                let reference = format!("00000000-0000-4000-8000-{:012}", self.guests.len());
                self.guests.push((reference.clone(), body));
                Reply::json(self.shown(&reference)).with_status(201)
            }
            ("GET", ["guests"]) => self.find(&request.target),
            (method, ["guests", guest]) => self.of_guest(method, guest, body),
            (method, ["guests", guest, "extensions", rest @ ..]) => {
                self.of_extension(method, guest, rest, body, &request.target)
            }
            _ => missing(),
        }
    }

    fn find(&self, target: &str) -> Reply {
        let wanted = |guest: &Map<String, Value>| {
            let email = guest
                .get("email")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let by_email = target.contains(&format!("email={}", email.replace('@', "%40")))
                && !email.is_empty();
            let identifiers = guest
                .get("identifiers")
                .and_then(Value::as_array)
                .cloned()
                .unwrap_or_default();
            by_email
                || identifiers.iter().any(|identifier| {
                    let part =
                        |name: &str| identifier[name].as_str().unwrap_or_default().to_owned();
                    target.contains(&format!(
                        "identifiers.provider={}&identifiers.id={}&",
                        part("provider"),
                        part("id")
                    ))
                })
        };
        let found = self.guests.iter().filter(|(_, guest)| wanted(guest));
        let items: Vec<Value> = found.map(|(reference, _)| self.shown(reference)).collect();
        Reply::json(
            json!({"href": format!("https://api.example{target}"), "offset": 0, "limit": 10, "items": items}),
        )
    }

    fn of_guest(&mut self, method: &str, guest: &str, body: Map<String, Value>) -> Reply {
        let Some(at) = self
            .guests
            .iter()
            .position(|(reference, _)| reference == guest)
        else {
            return missing();
        };
        match method {
            "PUT" => self.guests[at].1 = body,
            "PATCH" => self.guests[at].1.extend(body),
            "DELETE" => {
                self.guests.remove(at);
                return Reply::status(200);
            }
            _ => {}
        }
        Reply::json(self.shown(guest))
    }

    fn of_extension(
        &mut self,
        method: &str,
        guest: &str,
        rest: &[&str],
        body: Map<String, Value>,
        target: &str,
    ) -> Reply {
        if method == "POST" {
            let name = body["name"].as_str().unwrap_or_default().to_owned();
            self.extensions
                .insert((guest.to_owned(), name), body.clone());
            return Reply::json(Value::Object(body)).with_status(201);
        }
        let Some(name) = rest.first() else {
            let own = self.extensions.iter().filter(|((of, _), _)| of == guest);
            let items: Vec<Value> = own
                .map(|(_, extension)| Value::Object(extension.clone()))
                .collect();
            return Reply::json(json!({"items": items}));
        };
        let key = (guest.to_owned(), (*name).to_owned());
        let Some(extension) = self.extensions.get_mut(&key) else {
            return missing();
        };
        match (method, rest.len()) {
            ("PUT", _) => *extension = body,
            ("PATCH", _) => extension.extend(body),
            ("DELETE", 2) => {
                let field = target.rsplit("name=").next().unwrap_or_default();
                extension.remove(field);
            }
            ("DELETE", _) => {
                self.extensions.remove(&key);
                return Reply::status(204);
            }
            _ => {}
        }
        Reply::json(Value::Object(extension.clone()))
    }

    fn shown(&self, reference: &str) -> Value {
        let guest = self.guests.iter().find(|(known, _)| known == reference);
        let mut shown = guest.map(|(_, guest)| guest.clone()).unwrap_or_default();
        shown.insert("ref".to_owned(), json!(reference));
        shown.insert(
            "href".to_owned(),
            json!(format!("https://api.example/v2.1/guests/{reference}")),
        );
        Value::Object(shown)
    }
}

fn missing() -> Reply {
    let body =
        json!({"status": 404, "code": 404, "message": "The specified resource does not exist."});
    Reply::json(body).with_status(404)
}
