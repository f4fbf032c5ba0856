//! Inputs that others wrote: the html5lib tests (from npm packages that carry them) and pages of real sites.
//!
//! In: `node_modules/` and `../shared/pages` beside the project. Out: bytes. A missing npm package fails the test,
//! because `npm ci` brings it; missing pages are no reason to fail, and the test says that it skipped them.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

/// Inputs of the html5lib tree construction tests.
pub fn tree_construction() -> BTreeSet<Vec<u8>> {
    let file = npm("@mixmark-io/domino/test/html5lib-tests.json");
    let files = read_json(&file);
    let files = files.as_object().expect("test files by name");
    let mut inputs: BTreeSet<Vec<u8>> = files
        .values()
        .flat_map(|tests| tests.as_array().expect("tests"))
        .map(|test| text(test, "data").into_bytes())
        .collect();
    // An older copy, with files that the other leaves out: bytes in other charsets, plain text.
    for folder in ["tree-construction", "encoding"] {
        let folder = npm("html5-parser/test/html5lib-tests").join(folder);
        for entry in fs::read_dir(folder).expect("a readable folder") {
            let file = entry.expect("a readable entry").path();
            if file.extension().is_some_and(|extension| extension == "dat") {
                inputs.extend(dat_inputs(&fs::read(&file).expect("a readable file")));
            }
        }
    }
    inputs
}

/// What stands after each `#data` line.
fn dat_inputs(file: &[u8]) -> Vec<Vec<u8>> {
    let mut inputs: Vec<Vec<u8>> = Vec::new();
    let mut in_data = false;
    for line in file.split(|byte| *byte == b'\n') {
        if line == b"#data" {
            in_data = true;
            inputs.push(Vec::new());
        } else if line == b"#errors" || line == b"#encoding" {
            in_data = false;
        } else if let (true, Some(input)) = (in_data, inputs.last_mut()) {
            if !input.is_empty() {
                input.push(b'\n');
            }
            input.extend_from_slice(line);
        }
    }
    inputs
}

/// Inputs of the html5lib tokenizer tests.
pub fn tokenizer() -> BTreeSet<Vec<u8>> {
    let folder = npm("html5-parser/test/html5lib-tests/tokenizer");
    let mut inputs = BTreeSet::new();
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let file = entry.expect("a readable entry").path();
        if file.extension().is_none_or(|extension| extension != "test") {
            continue;
        }
        let json = read_json(&file);
        let lists = json.as_object().expect("lists of tests").values();
        for test in lists.filter_map(Value::as_array).flatten() {
            let input = text(test, "input");
            inputs.insert(if test["doubleEscaped"] == true {
                unescaped(&input)
            } else {
                input.into_bytes()
            });
        }
    }
    inputs
}

/// Both.
pub fn html5lib() -> Vec<Vec<u8>> {
    let mut all = tree_construction();
    all.append(&mut tokenizer());
    assert!(all.len() > 8_000, "only {} html5lib inputs", all.len());
    all.into_iter().collect()
}

/// Pages of real sites by file name; none where the folder is absent.
pub fn real_pages() -> Vec<(String, Vec<u8>)> {
    let folder = project().join("../shared/pages");
    let pages = html_files(&folder);
    if pages.is_empty() {
        eprintln!("skipped: no pages in {}", folder.display());
    }
    pages
}

/// The pages of the stand-in site, as they are written (templates of its own in them are text like any other).
pub fn standin_pages() -> Vec<(String, Vec<u8>)> {
    let site = project().join("standin/site");
    let mut pages = html_files(&site.join("pages"));
    pages.extend(html_files(&site.join("parts")));
    assert!(!pages.is_empty(), "the stand-in has pages");
    pages
}

fn html_files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|file| file.extension().is_some_and(|e| e == "html"))
        .collect();
    files.sort();
    let named = |file: PathBuf| {
        let name = file.file_name()?.to_string_lossy().into_owned();
        Some((name, fs::read(file).expect("a readable page")))
    };
    files.into_iter().filter_map(named).collect()
}

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn npm(path: &str) -> PathBuf {
    let path = project().join("node_modules").join(path);
    assert!(
        path.exists(),
        "{} is missing: run `npm ci` (or `cargo xtask test`, which does)",
        path.display()
    );
    path
}

fn read_json(file: &Path) -> Value {
    let bytes = fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

fn text(test: &Value, key: &str) -> String {
    test[key].as_str().expect("a text").to_owned()
}

/// `\uXXXX` once more; a lone surrogate becomes the three bytes that no UTF-8 has.
fn unescaped(text: &str) -> Vec<u8> {
    let mut units = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let escape = rest.strip_prefix("\\u").and_then(|after| after.get(..4));
        if let Some(code) = escape.and_then(|hex| u16::from_str_radix(hex, 16).ok()) {
            units.push(code);
            rest = &rest[6..];
        } else {
            units.extend(c.encode_utf16(&mut [0; 2]).iter());
            rest = &rest[c.len_utf8()..];
        }
    }
    let mut bytes = Vec::new();
    for unit in char::decode_utf16(units) {
        match unit {
            Ok(c) => bytes.extend(c.encode_utf8(&mut [0; 4]).as_bytes()),
            Err(lone) => {
                let code = lone.unpaired_surrogate();
                bytes.extend([
                    0xE0 | (code >> 12) as u8,
                    0x80 | (code >> 6 & 0x3F) as u8,
                    0x80 | (code & 0x3F) as u8,
                ]);
            }
        }
    }
    bytes
}
