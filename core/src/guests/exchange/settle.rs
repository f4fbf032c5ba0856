//! What the CDP's answer to a stage means: the next stage, or the end.
//!
//! In: the stage and the answer. Out: on with it, or the answer to XM's server.

use std::{collections::VecDeque, ops::ControlFlow};

use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    super::{
        idempotency::Made,
        links,
        reply::{Reply, judge, odd},
        route::Operation,
    },
    Exchange, Stage,
};
use crate::{
    answer::{Answer, Invalid, problem},
    api_keys::Scope,
    cdp::{
        GuestRef,
        guest::{ShowError, parse_shown},
    },
};

/// Whether the exchange goes on.
pub(super) type Settled = ControlFlow<Answer>;

impl Exchange {
    pub(super) fn settle(&mut self, stage: &Stage, reply: &Reply, after_s: Option<u32>) -> Settled {
        let judged = judge(reply, after_s, &self.caller);
        match stage {
            Stage::Resolve => return self.resolved(reply, judged),
            Stage::RetrieveMade(made) => {
                // Whatever has become of the guest since: it was made, and that is the answer.
                let guest = judged.ok().flatten().filter(Value::is_object);
                let guest = guest.unwrap_or_else(|| self.link_to(&made.guest));
                let answer = self.success(made.status, guest, Some(&made.guest));
                return Settled::Break(answer.with("idempotency-replayed", "true"));
            }
            _ => {}
        }
        let json = match (judged, stage) {
            // Nobody has the email or the identifier.
            (Err(answer), Stage::Search(_)) if answer.status == 404 => Some(json!([])),
            (Err(answer), _) => return Settled::Break(answer),
            (Ok(json), _) => json,
        };
        match stage {
            Stage::Search(index) => self.searched(*index, json),
            Stage::FindExtension => self.found_extension(json),
            Stage::DeleteField(_) if !self.stages.is_empty() => Settled::Continue(()),
            Stage::RetrieveFound => match (json, self.found.take()) {
                (Some(json), Some((_, guest))) => {
                    let answer = self.success(200, json, Some(&guest));
                    self.made = Some(Made { status: 200, guest });
                    Settled::Break(answer)
                }
                _ => Settled::Break(odd("The CDP's answer has no body.")),
            },
            _ => Settled::Break(self.finish(json)),
        }
    }

    fn resolved(&mut self, reply: &Reply, judged: Result<Option<Value>, Answer>) -> Settled {
        let shown = match reply {
            Reply::Answered { status, body, .. } => {
                parse_shown(*status, body.as_deref().unwrap_or_default())
            }
            Reply::NoAnswer | Reply::TimedOut => Err(ShowError::Failed),
        };
        match (shown, judged) {
            // A page of a proxy says nothing about a visitor.
            (Err(ShowError::Unknown), Err(answer)) if answer.status == 502 => {
                Settled::Break(answer)
            }
            (Err(ShowError::Unknown), _) => {
                let error = Invalid {
                    field: "browser_id".to_owned(),
                    problem: "is not known to the CDP".to_owned(),
                };
                Settled::Break(problem(
                    404,
                    "The CDP has no guest for this browser.",
                    &[error],
                ))
            }
            (_, Err(answer)) => Settled::Break(answer),
            (Ok(guest), Ok(_)) => {
                self.guest = Some(guest);
                Settled::Continue(())
            }
            (Err(_), Ok(_)) => Settled::Break(odd("The CDP's answer names no guest.")),
        }
    }

    fn searched(&mut self, index: usize, json: Option<Value>) -> Settled {
        let Some((field, criterion)) = self.searches.get(index).cloned() else {
            return self.search_over();
        };
        // What is no list says nothing about whom there is.
        let Some(items) = json.as_ref().and_then(items) else {
            return Settled::Break(odd("The CDP's answer is no list of guests."));
        };
        let mut guests = items
            .iter()
            .filter(|item| criterion.fits(item))
            .map(reference);
        let conflict = |field: &str, wrong: String| {
            let error = Invalid {
                field: field.to_owned(),
                problem: wrong,
            };
            let detail = "More than one guest could be meant; none was created or chosen.";
            Settled::Break(problem(409, detail, &[error]))
        };
        let Some(first) = guests.next() else {
            return self.search_over();
        };
        let Some(guest) = first else {
            return Settled::Break(odd("The CDP's answer names no guest."));
        };
        if guests.any(|other| other.as_ref() != Some(&guest)) {
            return conflict(&field, "belongs to several guests".to_owned());
        }
        match &self.found {
            Some((other, known)) if *known != guest => {
                let wrong = format!("belongs to another guest than {other}");
                return conflict(&field, wrong);
            }
            Some(_) => {}
            None => self.found = Some((field, guest)),
        }
        self.search_over()
    }

    /// After the last search: what was found is the answer, and else there is something to create.
    fn search_over(&mut self) -> Settled {
        if self.found.is_some() && self.stages.front() == Some(&Stage::Act) {
            self.stages = VecDeque::from([Stage::RetrieveFound]);
        }
        Settled::Continue(())
    }

    fn found_extension(&mut self, json: Option<Value>) -> Settled {
        let items = json.as_ref().and_then(items).unwrap_or_default();
        let Some(first) = items.first() else {
            return Settled::Break(problem(
                404,
                "The guest has no extension of this name.",
                &[],
            ));
        };
        let text = |name: &str| first.get(name).and_then(Value::as_str);
        let last = text("href").and_then(|href| href.rsplit('/').next());
        let is_uuid = |text: &&str| {
            text.len() == uuid::fmt::Hyphenated::LENGTH && Uuid::try_parse(text).is_ok()
        };
        self.extension_ref = text("ref").or(last).filter(is_uuid).map(str::to_owned);
        if self.extension_ref.is_none() {
            return Settled::Break(odd("The CDP's answer names no extension."));
        }
        Settled::Continue(())
    }

    /// The answer to what was done.
    fn finish(&mut self, json: Option<Value>) -> Answer {
        let operation = self.route.operation;
        match json {
            Some(json) if operation == Operation::Create => {
                let guest = reference(&json);
                self.made = guest.clone().map(|guest| Made { status: 201, guest });
                self.success(201, json, guest.as_ref())
            }
            Some(json) => self.success(if operation.creates() { 201 } else { 200 }, json, None),
            None if operation.creates() => self.success(201, json!({}), None),
            None if matches!(operation.scope(), Scope::Read) => {
                odd("The CDP's answer has no body.")
            }
            None => Answer::empty(204),
        }
    }

    fn success(&self, status: u16, mut json: Value, guest: Option<&GuestRef>) -> Answer {
        links::rewrite(&mut json, &self.prefix);
        let answer = Answer::json(status, "application/json", &json);
        match guest {
            Some(guest) => {
                let name = if status == 201 {
                    "location"
                } else {
                    "content-location"
                };
                answer.with(name, format!("{}/guests/{}", self.prefix, guest.as_str()))
            }
            None => answer,
        }
    }

    /// All that is known of a guest that cannot be retrieved.
    fn link_to(&self, guest: &GuestRef) -> Value {
        let reference = guest.as_str();
        json!({ "ref": reference, "href": format!("{}/guests/{reference}", self.prefix) })
    }
}

/// The members of a collection of the CDP.
fn items(json: &Value) -> Option<&[Value]> {
    let list = json.get("items").unwrap_or(json);
    list.as_array().map(Vec::as_slice)
}

/// The reference of a guest as the CDP shows it: itself, or in its link.
fn reference(guest: &Value) -> Option<GuestRef> {
    let text = |name: &str| guest.get(name).and_then(Value::as_str);
    text("ref")
        .and_then(GuestRef::parse)
        .or_else(|| text("href").and_then(GuestRef::from_href))
}
