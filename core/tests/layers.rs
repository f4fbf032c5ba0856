//! The arrows between the core's modules: an import the other way is a failed test.

#![allow(clippy::string_slice, clippy::unwrap_used, reason = "tests may panic")]

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Module → the modules that it may import.
const ARROWS: &[(&str, &[&str])] = &[
    ("answer", &[]),
    ("api_keys", &["answer", "request"]),
    (
        "asking",
        &["breaker", "cdp", "decision", "reason", "reuse", "template"],
    ),
    ("breaker", &["steady", "template"]),
    ("config", &[]),
    ("insertion", &[]),
    ("reason", &[]),
    ("steady", &[]),
    ("template", &["insertion", "reason"]),
    ("decision", &["reason", "template"]),
    ("render", &["decision", "insertion", "reason", "template"]),
    ("cdp", &["config"]),
    ("request", &["cdp", "config", "reason"]),
    ("response", &["config", "reason", "request"]),
    ("events", &["answer", "cdp", "config", "request"]),
    ("tag", &["cdp", "config", "insertion", "reason", "request"]),
    ("waiting", &[]),
    (
        "endpoints",
        &[
            "answer",
            "breaker",
            "cdp",
            "config",
            "events",
            "request",
            "rollout",
            "sdk_proxy",
        ],
    ),
    ("sdk_proxy", &["cdp", "config", "reason", "request"]),
    (
        "guests",
        &["answer", "api_keys", "cdp", "config", "request"],
    ),
    (
        "page_experience",
        &[
            "config", "decision", "reason", "render", "request", "template",
        ],
    ),
    ("log_line", &["page_experience", "reason", "render"]),
    ("page_row", &["log_line", "reason", "render"]),
    (
        "preview",
        &[
            "answer", "api_keys", "config", "reason", "render", "request", "tag", "template",
        ],
    ),
    ("reuse", &["cdp", "config", "template"]),
    (
        "template_cache",
        &[
            "answer", "api_keys", "config", "reason", "request", "template",
        ],
    ),
    (
        "rollout",
        &["cdp", "config", "reason", "steady", "template"],
    ),
];

#[test]
fn imports_follow_the_data_flow() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (module, allowed) in ARROWS {
        for file in files(&source, module) {
            let text = fs::read_to_string(&file).unwrap();
            // Tests may build what they need from anywhere.
            let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
            for import in imports(code) {
                seen += 1;
                let own = import == *module;
                if !own && !allowed.contains(&import.as_str()) {
                    wrong.push(format!("{}: crate::{import}", file.display()));
                }
            }
        }
    }
    assert!(seen > 50, "the scan found only {seen} imports");
    assert!(
        wrong.is_empty(),
        "arrows the wrong way:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn every_module_has_its_arrows() {
    let lib = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let mut modules: Vec<&str> = lib
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'))
        .collect();
    let mut listed: Vec<&str> = ARROWS.iter().map(|(module, _)| *module).collect();
    modules.sort_unstable();
    listed.sort_unstable();
    assert_eq!(modules, listed);
}

fn files(source: &Path, module: &str) -> Vec<PathBuf> {
    let single = source.join(format!("{module}.rs"));
    if single.exists() {
        return vec![single];
    }
    let mut found = Vec::new();
    let mut folders = vec![source.join(module)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            // Tests may build what they need from anywhere.
            } else if path.extension().is_some_and(|extension| extension == "rs")
                && !path.ends_with("tests.rs")
            {
                found.push(path);
            }
        }
    }
    found
}

/// The top-level modules that `code` names after `crate::`, also in `crate::{a::…, b}`.
fn imports(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        if let Some(list) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut item = String::new();
            for c in list.chars() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => found.push(first_word(&std::mem::take(&mut item))),
                    _ => item.push(c),
                }
            }
            found.push(first_word(&item));
        } else {
            found.push(first_word(rest));
        }
    }
    found.retain(|import| !import.is_empty());
    found
}

fn first_word(text: &str) -> String {
    text.trim()
        .chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect()
}
