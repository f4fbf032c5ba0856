//! Which call of the CDP a stage is.
//!
//! In: the stage, and what the exchange knows by then. Out: the call.

use serde_json::{Map, Value};

use super::{
    super::{
        call::{Call, extension_path},
        route::Operation,
    },
    Exchange, Stage,
};
use crate::{cdp::GuestRef, config::GuestApi};

/// Guests of one search that are looked at: the CDP's search for an email also finds similar ones.
const SEARCHED: &str = "10";

impl Exchange {
    pub(super) fn call(&self, stage: &Stage) -> Option<Call> {
        let caller = &self.caller;
        let guest = self.guest.as_ref();
        let whole = |guest: &GuestRef| format!("/{}", guest.as_str());
        let get = |path: String| Some(caller.call("GET", &path, &[], None));
        match stage {
            Stage::Recall => None,
            Stage::Resolve => self.browser_id.as_ref().map(|id| caller.show(id)),
            Stage::Search(index) => {
                let (_, criterion) = self.searches.get(*index)?;
                let mut query = criterion.for_cdp();
                query.extend([("expand", "true"), ("limit", SEARCHED)]);
                Some(caller.call("GET", "", &query, None))
            }
            Stage::RetrieveFound => get(whole(&self.found.as_ref()?.1)),
            Stage::RetrieveMade(made) => get(whole(&made.guest)),
            Stage::FindExtension => {
                let path = extension_path(caller.api, guest?, self.route.extension?);
                get(path)
            }
            Stage::DeleteField(index) => {
                let name = self.query.names.get(*index)?;
                let path = extension_path(caller.api, guest?, self.route.extension?);
                // One by one: the CDP's own documents do not agree on what stands between several names.
                Some(caller.call("DELETE", &format!("{path}/fields"), &[("name", name)], None))
            }
            Stage::Act => self.act(),
        }
    }

    fn act(&self) -> Option<Call> {
        let caller = &self.caller;
        let legacy = caller.api == GuestApi::V2;
        let body = Some(&self.body);
        let whole = || Some(format!("/{}", self.guest.as_ref()?.as_str()));
        let all = || Some(format!("{}/extensions", whole()?));
        let one = || {
            let path = extension_path(caller.api, self.guest.as_ref()?, self.route.extension?);
            Some(match &self.extension_ref {
                Some(reference) => format!("{path}/{reference}"),
                None => path,
            })
        };
        // The legacy API replaces with POST.
        let put = if legacy { "POST" } else { "PUT" };
        Some(match self.route.operation {
            Operation::Find => {
                let mut query = self.query.criterion.as_ref()?.for_cdp();
                query.push(("expand", "true"));
                let (offset, limit) = (self.query.offset, self.query.limit);
                let (offset, limit) = (offset.map(|n| n.to_string()), limit.map(|n| n.to_string()));
                query.extend(offset.as_deref().map(|offset| ("offset", offset)));
                query.extend(limit.as_deref().map(|limit| ("limit", limit)));
                caller.call("GET", "", &query, None)
            }
            Operation::Create => caller.call("POST", "", &[], body),
            Operation::Retrieve => caller.call("GET", &whole()?, &[], None),
            Operation::Replace => caller.call(put, &whole()?, &[], body),
            Operation::Update => caller.call("PATCH", &whole()?, &[], body),
            Operation::Delete => caller.call("DELETE", &whole()?, &[], None),
            Operation::ListExtensions => caller.call("GET", &all()?, &[], None),
            Operation::CreateExtension if legacy => {
                let name = self.body.get("name")?.as_str()?;
                let path = extension_path(caller.api, self.guest.as_ref()?, name);
                caller.call("POST", &path, &[], Some(&self.legacy_extension()))
            }
            Operation::CreateExtension => caller.call("POST", &all()?, &[], body),
            Operation::RetrieveExtension => caller.call("GET", &one()?, &[], None),
            Operation::ReplaceExtension if legacy => {
                caller.call(put, &one()?, &[], Some(&self.legacy_extension()))
            }
            Operation::ReplaceExtension => caller.call(put, &one()?, &[], body),
            Operation::UpdateExtension => caller.call("PATCH", &one()?, &[], body),
            Operation::DeleteExtension => caller.call("DELETE", &one()?, &[], None),
            Operation::DeleteFields => return None,
        })
    }

    /// The legacy API has the name in the path, and wants a key.
    fn legacy_extension(&self) -> Map<String, Value> {
        let mut body = self.body.clone();
        body.remove("name");
        body.insert("key".to_owned(), "default".into());
        body
    }
}
