//! In: a name and its pairs. Out: [`Extension`], what an organisation adds to a guest. Pure; the rules for names
//! and pairs are the REST API's (`crate::cdp::rest::extension_body`).

use serde::Serialize;
use serde_json::{Map, Value};
use uuid::Uuid;

/// The names that a data extension may have; a guest has at most one of each.
pub const NAMES: [&str; 6] = ["ext", "ext1", "ext2", "ext3", "ext4", "ext5"];

/// The one key that a data extension may have.
pub const KEY: &str = "default";

/// A data extension of a guest, in the shape in which flows see it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Extension {
    /// `ext`, `ext1`, … `ext5`.
    pub name: String,
    /// Always [`KEY`].
    pub key: &'static str,
    /// Its ref: the legacy API has it in paths.
    #[serde(rename = "ref")]
    pub reference: String,
    /// Milliseconds since 1970.
    pub created_at: i64,
    /// Milliseconds since 1970.
    pub modified_at: i64,
    /// The pairs.
    pub values: Map<String, Value>,
}

impl Extension {
    /// A new one.
    #[must_use]
    pub fn new(name: &str, values: Map<String, Value>, now: i64) -> Self {
        Self {
            name: name.to_owned(),
            key: KEY,
            reference: Uuid::new_v4().to_string(),
            created_at: now,
            modified_at: now,
            values,
        }
    }
}
