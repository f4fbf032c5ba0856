//! The table of faults is true: every row is there, every test that it names exists and runs, and docs/reliability.md shows it.
//!
//! In: `tests/faults.toml`, the sources of all tests. Out: failures that name the row. `XM_EDGE_BLESS=1` writes the table into the
//! document. It runs no test itself.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;

/// How many rows each letter has.
const ROWS: [(char, usize); 7] = [
    ('A', 10),
    ('B', 22),
    ('C', 6),
    ('D', 9),
    ('E', 5),
    ('F', 5),
    ('G', 5),
];
/// Tests and cases that bear the table, at least.
const LEAST: usize = 240;
/// Of these on workerd, at least.
const LEAST_ON_WORKERD: usize = 60;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    fault: String,
    #[serde(default)]
    tests: Vec<String>,
    #[serde(default)]
    cases: Vec<String>,
    /// What no test can show, and why.
    limit: Option<String>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn table() -> BTreeMap<String, Row> {
    let text = fs::read_to_string(root().join("tests/faults.toml")).expect("tests/faults.toml");
    toml::from_str(&text).expect("a table of rows, each id once")
}

/// The ids in the order of the table: A1, A2, … A10, B1.
fn ids() -> Vec<String> {
    ROWS.iter()
        .flat_map(|(letter, count)| (1..=*count).map(move |number| format!("{letter}{number}")))
        .collect()
}

#[test]
fn every_row_is_there_with_its_proof_or_its_reason() {
    let table = table();
    let there: BTreeSet<&String> = table.keys().collect();
    assert_eq!(there, ids().iter().collect());
    for (id, row) in &table {
        assert!(!row.fault.is_empty(), "{id} names no fault");
        let proofs = row.tests.len() + row.cases.len();
        assert!(
            proofs > 0 || row.limit.is_some(),
            "{id} has neither a test nor a reason"
        );
        let names: BTreeSet<_> = row.tests.iter().chain(&row.cases).collect();
        assert_eq!(names.len(), proofs, "{id} names a test twice");
    }
}

#[test]
fn every_test_that_is_named_exists_and_runs() {
    let mut sources = Sources::default();
    let missing: Vec<String> = table()
        .iter()
        .flat_map(|(id, row)| row.tests.iter().map(move |test| (id.clone(), test.clone())))
        .filter(|(_, test)| !sources.has(test))
        .map(|(id, test)| format!("{id}: {test}"))
        .collect();
    assert!(
        missing.is_empty(),
        "no such test, or it is ignored:\n{}",
        missing.join("\n")
    );
    let cases = root().join("tests/cases");
    for (id, row) in table() {
        for case in row.cases {
            assert!(
                cases.join(&case).join("case.json").is_file(),
                "{id}: no case {case}"
            );
        }
    }
}

#[test]
fn the_table_is_borne_by_enough_tests() {
    let table = table();
    let tests: BTreeSet<&String> = table.values().flat_map(|row| &row.tests).collect();
    let cases: BTreeSet<&String> = table.values().flat_map(|row| &row.cases).collect();
    let on_workerd = tests.iter().filter(|test| is_on_workerd(test)).count();
    let all = tests.len() + cases.len();
    assert!(all >= LEAST, "{all} tests and cases");
    assert!(on_workerd >= LEAST_ON_WORKERD, "{on_workerd} on workerd");
}

#[test]
fn the_document_shows_the_table() {
    const BEGIN: &str = "<!-- faults.toml: begin -->\n";
    const END: &str = "<!-- faults.toml: end -->\n";
    let path = root().join("docs/reliability.md");
    let text = fs::read_to_string(&path).expect("docs/reliability.md");
    let (before, rest) = text.split_once(BEGIN).expect(BEGIN);
    let (_, after) = rest.split_once(END).expect(END);
    let written = format!("{before}{BEGIN}{}{END}{after}", written(&table()));
    if std::env::var_os("XM_EDGE_BLESS").is_some() {
        fs::write(&path, &written).expect("docs/reliability.md can be written");
    } else {
        assert!(
            text == written,
            "docs/reliability.md is not tests/faults.toml: XM_EDGE_BLESS=1 cargo test -p xm-edge-tests --test fault_table"
        );
    }
}

/// The table as the document shows it.
fn written(table: &BTreeMap<String, Row>) -> String {
    let all = |row: &Row, on_workerd: bool| {
        let tests = row.tests.iter();
        tests
            .filter(|test| is_on_workerd(test) == on_workerd)
            .count()
    };
    let mut out = String::from(
        "| Id | Fault | On workerd | Native | Cases |\n| --- | --- | --- | --- | --- |\n",
    );
    for id in ids() {
        let row = &table[&id];
        let _ = writeln!(
            out,
            "| {id} | {} | {} | {} | {} |",
            row.fault,
            all(row, true),
            all(row, false),
            row.cases.len()
        );
    }
    let tests: BTreeSet<&String> = table.values().flat_map(|row| &row.tests).collect();
    let on_workerd = tests.iter().filter(|test| is_on_workerd(test)).count();
    let cases: BTreeSet<&String> = table.values().flat_map(|row| &row.cases).collect();
    let _ = writeln!(
        out,
        "\nEach counted once: {on_workerd} tests on workerd, {} native ones, {} cases.\n",
        tests.len() - on_workerd,
        cases.len()
    );
    for id in ids() {
        if let Some(limit) = &table[&id].limit {
            let _ = writeln!(out, "- **{id}:** {limit}");
        }
    }
    out
}

fn is_on_workerd(test: &str) -> bool {
    test.starts_with("e2e::")
}

/// The names of tests by file, read once.
#[derive(Default)]
struct Sources(BTreeMap<PathBuf, BTreeSet<String>>);

impl Sources {
    fn has(&mut self, test: &str) -> bool {
        let Some((path, name)) = test.rsplit_once("::") else {
            return false;
        };
        files(path).into_iter().any(|file| {
            let names = self.0.entry(file).or_insert_with_key(|file| {
                let source = fs::read_to_string(file).unwrap_or_default();
                tests_in(&source)
            });
            names.contains(name)
        })
    }
}

/// Where a module's tests may stand.
fn files(path: &str) -> Vec<PathBuf> {
    let (program, modules) = path.split_once("::").unwrap_or((path, ""));
    // A program of one file.
    if modules.is_empty() {
        return vec![root().join(format!("tests/{program}.rs"))];
    }
    let folder = root().join(match program {
        "core" => "core/src".to_owned(),
        "bench" => "bench/core/tests".to_owned(),
        _ => format!("tests/{program}"),
    });
    let of = |modules: &str| {
        let path = folder.join(modules.replace("::", "/"));
        [path.with_extension("rs"), path.join("mod.rs")]
    };
    let mut files = of(modules).to_vec();
    // `mod tests { … }` inside of the module's own file, and only where it has no file.
    if let Some(outer) = modules.strip_suffix("::tests")
        && !files.iter().any(|file| file.is_file())
    {
        files.extend(of(outer));
    }
    files
}

/// The names of the tests that a source has: functions below `#[test]`, and what a macro that makes tests is called with.
fn tests_in(source: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let (mut is_test, mut is_ignored) = (false, false);
    let mut makers: Vec<&str> = Vec::new();
    let mut macro_name = None;
    let mut in_call = false;
    for line in source.lines() {
        let code = line.trim_start();
        if let Some(rest) = line.strip_prefix("macro_rules! ") {
            macro_name = rest.split_whitespace().next();
        } else if line == "}" {
            (macro_name, in_call) = (None, false);
        } else if let Some(name) = line.strip_suffix("! {")
            && makers.contains(&name)
        {
            in_call = true;
        } else if in_call && line.starts_with("    ") && !line.starts_with("     ") {
            let name = code.split(':').next().unwrap_or_default();
            if is_name(name) {
                names.insert(name.to_owned());
            }
        }
        if code.starts_with("#[test]") {
            (is_test, is_ignored) = (true, false);
            makers.extend(macro_name);
        } else if code.starts_with("#[ignore") {
            is_ignored = true;
        } else if is_test && !code.starts_with("#[") && !code.starts_with("//") {
            let function = code
                .strip_prefix("fn ")
                .and_then(|rest| rest.split('(').next());
            if let Some(name) = function
                && is_name(name)
                && !is_ignored
            {
                names.insert(name.to_owned());
            }
            is_test = false;
        }
    }
    names
}

fn is_name(text: &str) -> bool {
    let is_letter = |byte: u8| byte == b'_' || byte.is_ascii_lowercase() || byte.is_ascii_digit();
    !text.is_empty() && text.bytes().all(is_letter)
}

#[test]
fn a_test_that_is_renamed_ignored_or_commented_out_is_missed() {
    let source = "
#[test]
fn plain() {}
#[test]
#[ignore = \"slow\"]
fn ignored() {}
// #[test]
// fn commented_out() {}
#[test]
// fn commented_out_too() {}
fn below_a_comment() {}
fn helper() {}
    #[test]
    fn inside(value in 0..1) {}
macro_rules! faults {
    ($($name:ident: $reply:expr;)+) => {
        $(
            #[test]
            fn $name() {}
        )+
    };
}
macro_rules! values {
    ($($name:ident: $value:expr;)+) => {};
}
faults! {
    made: Reply::status(204);
    // not_made: 1;
        nested: 1;
}
values! {
    no_test: 1;
}
faulty! {
    nor_this: 1;
}
";
    let expected = ["plain", "below_a_comment", "inside", "made"];
    assert_eq!(tests_in(source), expected.map(str::to_owned).into());
    let mut sources = Sources::default();
    assert!(sources.has("fault_table::every_test_that_is_named_exists_and_runs"));
    assert!(!sources.has("fault_table::every_test_that_is_named_exists"));
    assert!(!sources.has("e2e::decisions::assert_fault"), "no test");
    assert!(!sources.has("core::nowhere::tests::at_all"));
    assert!(!sources.has("plain"));
}
