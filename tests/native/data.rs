//! Published test data that is kept in `tests/data/` (its README says from where).
//!
//! In: a file's name. Out: JSON. It never changes what is in a file.

use std::{fs, io::Read as _, path::Path};

use flate2::read::GzDecoder;
use serde::de::DeserializeOwned;

/// The JSON of `tests/data/{name}`, unpacked where the name ends in `.gz`.
pub fn json<T: DeserializeOwned>(name: &str) -> T {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("data")
        .join(name);
    let bytes = fs::read(&file).unwrap_or_else(|error| panic!("data/{name}: {error}"));
    let plain = if name.ends_with(".gz") {
        let mut plain = Vec::new();
        let read = GzDecoder::new(&*bytes).read_to_end(&mut plain);
        read.unwrap_or_else(|error| panic!("data/{name}: {error}"));
        plain
    } else {
        bytes
    };
    serde_json::from_slice(&plain).unwrap_or_else(|error| panic!("data/{name}: {error}"))
}

/// Every payload of the published lists, each once, in the order of the lists.
pub fn payloads() -> Vec<String> {
    let lists = ["bleach", "blns", "brs-kb", "fray", "xss-filters"];
    let payloads: Vec<String> = lists
        .iter()
        .flat_map(|list| json::<Vec<String>>(&format!("payloads/{list}.json.gz")))
        .collect();
    assert!(payloads.len() > 4_700, "only {} payloads", payloads.len());
    payloads
}
