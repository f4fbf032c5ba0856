//! In: `offset`, `limit`, `expand`, and a list. Out: one page of it as a collection resource. Pure.

use serde_json::{Value, json};

use super::problem::Problem;
use crate::cdp::access::Query;

/// Items on a page when nothing else is asked for.
const LIMIT: usize = 10;

/// Which part of a list, and whether its items are there or only linked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Items left out at the start.
    pub offset: usize,
    /// Items at most.
    pub limit: usize,
    /// Items themselves instead of links.
    pub expand: bool,
}

impl Page {
    /// Reads the parameters.
    ///
    /// # Errors
    /// An offset that is no number, a limit outside of 1 to 100, an `expand` that is not `true` or `false`.
    pub fn asked(query: &Query) -> Result<Self, Problem> {
        let number = |name: &str, default: usize| {
            query
                .get(name)
                .map_or(Ok(default), |value| value.parse::<usize>())
        };
        let offset = number("offset", 0)
            .map_err(|_| Problem::attribute("offset", "must be a whole number from 0"))?;
        let limit = number("limit", LIMIT)
            .ok()
            .filter(|limit| (1..=100).contains(limit))
            .ok_or_else(|| Problem::attribute("limit", "must be a whole number from 1 to 100"))?;
        Ok(Self {
            offset,
            limit,
            expand: expand(query)?,
        })
    }

    /// The part of `all` that is on this page.
    #[must_use]
    pub fn of<'a, T>(&self, all: &'a [T]) -> &'a [T] {
        let start = self.offset.min(all.len());
        let end = self.offset.saturating_add(self.limit).min(all.len());
        &all[start..end]
    }

    /// The collection resource: `items`, and links to the other pages of it, which keep the other parameters.
    #[must_use]
    pub fn collection(&self, url: &str, raw_query: &str, total: usize, items: Vec<Value>) -> Value {
        let kept: String = raw_query
            .split('&')
            .filter(|pair| {
                let name = pair.split('=').next().unwrap_or_default();
                !matches!(name, "" | "offset" | "limit")
            })
            .map(|pair| format!("&{pair}"))
            .collect();
        let link = |offset: usize| format!("{url}?offset={offset}&limit={}{kept}", self.limit);
        let mut resource = json!({
            "href": link(self.offset), "offset": self.offset, "limit": self.limit, "items": items,
            "first": {"href": link(0)},
        });
        if self.offset > 0 {
            resource["prev"] = json!({"href": link(self.offset.saturating_sub(self.limit))});
        }
        let next = self.offset.saturating_add(self.limit);
        if next < total {
            resource["next"] = json!({"href": link(next)});
        }
        resource
    }
}

/// `expand=true`, also where there is only one resource.
///
/// # Errors
/// Another word than `true` or `false`.
pub fn expand(query: &Query) -> Result<bool, Problem> {
    match query.get("expand").map(String::as_str) {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(Problem::attribute("expand", "must be true or false")),
    }
}
