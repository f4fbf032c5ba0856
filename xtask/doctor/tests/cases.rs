//! Pages and what is found in them, as data: `cases/NAME/page.html`, beside it what is known (`decisions.json`, `known.txt`,
//! `site.json`, `response.json`, `fragments/`), and `expected.json`. `XM_EDGE_BLESS=1` writes the last.

use std::{collections::BTreeSet, fs, path::Path};

use doctor::{
    checks::{Fetched, Fragments},
    finding::{Code, Severity},
    page::{Input, Response},
    report::{PageReport, Report, human, json},
    rules::Rules,
};
use serde_json::{Value, json};

/// Fragments are files.
struct Folder<'a>(&'a Path);

impl Fragments for Folder<'_> {
    fn fetch(&mut self, path: &str) -> Option<Fetched> {
        let file = self.0.join(path.trim_start_matches('/'));
        Some(match fs::read(file) {
            Ok(bytes) => Ok((bytes, Some(encoding_rs::UTF_8))),
            Err(_) => Err("status 404".to_owned()),
        })
    }
}

fn json_file(path: &Path) -> Option<Value> {
    let text = fs::read_to_string(path).ok()?;
    Some(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

fn rules(folder: &Path) -> Rules {
    let mut vars = json!({
        "CDP_ENDPOINT": "https://cdp.example", "CDP_CLIENT_KEY": "key", "POINT_OF_SALE": "shop/ie",
    });
    if let Some(site) = json_file(&folder.join("site.json")) {
        vars["SITE"] = site;
    }
    let mut rules = Rules::of(vars.as_object().expect("an object")).expect("a valid site");
    if let Ok(text) = fs::read_to_string(folder.join("decisions.json")) {
        rules.samples.add_decisions(&text).expect("decisions");
    }
    if let Ok(text) = fs::read_to_string(folder.join("known.txt")) {
        rules.samples.add_known(&text);
    }
    rules
}

fn input(folder: &Path) -> Input {
    let response = json_file(&folder.join("response.json"));
    let headers = |response: &Value| {
        let lines = response["headers"].as_array().into_iter().flatten();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        lines.map(|line| (text(&line[0]), text(&line[1]))).collect()
    };
    Input {
        name: "page.html".to_owned(),
        bytes: fs::read(folder.join("page.html")).expect("page.html"),
        behind_worker: response
            .as_ref()
            .is_some_and(|response| response["behind_worker"] == true),
        response: response.as_ref().map(|response| Response {
            url: response["url"]
                .as_str()
                .expect("url")
                .parse()
                .expect("a URL"),
            status: response["status"].as_u64().expect("status") as u16,
            headers: headers(response),
        }),
    }
}

fn look(folder: &Path) -> PageReport {
    PageReport::of(&input(folder), &rules(folder), &mut Folder(folder))
}

fn cases() -> Vec<std::path::PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut cases: Vec<_> = fs::read_dir(folder)
        .expect("cases")
        .map(|entry| entry.expect("entry").path())
        .collect();
    cases.sort();
    cases
}

#[test]
fn every_page_has_the_findings_that_its_folder_names() {
    let bless = std::env::var_os("XM_EDGE_BLESS").is_some();
    let mut wrong = Vec::new();
    for case in cases() {
        let found = json::page(&look(&case));
        let file = case.join("expected.json");
        if bless {
            fs::write(&file, format!("{found:#}\n")).expect("expected.json");
        } else if json_file(&file).as_ref() != Some(&found) {
            wrong.push(format!("{}: found\n{found:#}", case.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_code_is_found_in_some_case_or_in_a_test_that_builds_its_page() {
    let mut found: BTreeSet<Code> = BTreeSet::new();
    for case in cases() {
        found.extend(look(&case).findings.iter().map(|finding| finding.code));
    }
    // Pages too large for a folder, below; the Worker's health is a matter of the crawl; parser limits are the core's.
    let built = [
        Code::ExtLimit,
        Code::TooDeep,
        Code::TooMany,
        Code::ParserLimit,
        Code::WorkerUnhealthy,
    ];
    let missing: Vec<_> = Code::ALL
        .iter()
        .filter(|code| !found.contains(code) && !built.contains(code))
        .collect();
    assert!(missing.is_empty(), "no case for {missing:?}");
}

/// Looks at a page that a test has built.
fn look_at(page: String) -> PageReport {
    let input = Input {
        name: "built.html".to_owned(),
        bytes: page.into_bytes(),
        response: None,
        behind_worker: false,
    };
    PageReport::of(
        &input,
        &Rules::defaults(),
        &mut Folder(Path::new("nowhere")),
    )
}

fn codes(report: &PageReport) -> BTreeSet<Code> {
    report.findings.iter().map(|finding| finding.code).collect()
}

#[test]
fn more_components_than_a_page_may_have_and_an_event_can_tell_are_named() {
    let component = |number: usize| {
        format!("<p data-cdp-experience=\"e{number}\"><b data-cdp-text=\"/t\">x</b></p>\n")
    };
    let report = look_at((0..103).map(component).collect());
    assert_eq!(report.components.len(), 100);
    let too_many: Vec<_> = report
        .findings
        .iter()
        .filter(|finding| finding.code == Code::TooMany)
        .collect();
    assert_eq!(too_many.len(), 3);
    assert_eq!(
        too_many[0].place.as_ref().map(|place| place.line),
        Some(101)
    );
    assert!(codes(&report).contains(&Code::ExtLimit));
    assert!(!codes(&look_at((0..50).map(component).collect())).contains(&Code::ExtLimit));
}

#[test]
fn marks_that_nest_too_deep_are_named() {
    let inner = "<i data-cdp-if=\"/a\">".repeat(40);
    let page = format!(
        "<div data-cdp-experience=\"e\">{inner}{}</div>",
        "</i>".repeat(40)
    );
    assert!(codes(&look_at(page)).contains(&Code::TooDeep));
}

#[test]
fn the_text_report_points_at_the_line_and_the_exit_code_follows_the_worst_finding() {
    let page = look_at("<p>\n<span data-cdp-text=\"/x\">é</span></p>".to_owned());
    let mut report = Report {
        pages: vec![page],
        ..Report::default()
    };
    let text = human::report(&report, human::Style::default());
    assert!(
        text.contains("error[mark_outside]") && text.contains("built.html:2:7"),
        "{text}"
    );
    assert!(text.contains("^^^^^^^^^^^^^^^^^^"), "{text}");
    assert!(!text.contains('\u{1b}'), "colours are for terminals");
    assert_eq!(report.exit_code(false), 1);
    report.pages[0]
        .findings
        .retain(|finding| finding.code.severity() == Severity::Warning);
    assert_eq!(report.exit_code(false), 0);
    report.pages = vec![look_at("<p data-cdp-experience=\"e\"></p>".to_owned())];
    assert_eq!((report.exit_code(false), report.exit_code(true)), (0, 1));
}
