//! One folder under `cases/`: `page.html`, `case.json`, and `expected.html` where the output differs.
//!
//! In: a folder. Out: everything that a run needs and everything that must come out. The format is described
//! in `cases/README.md`.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use encoding_rs::Encoding;
use serde::Deserialize;
use serde_json::Value;
use xm_edge_core::{
    decision::Decision,
    insertion::{Detector, Insertion},
    reason::Failure,
    render::PageSettings,
    template::Pointer,
};

use super::{
    answers::{Answer, Answers},
    run::Outcome,
};

/// `case.json`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Description {
    /// What must hold, and where that is promised.
    pub about: String,
    /// The output is the page itself.
    #[serde(default)]
    pub unchanged: bool,
    /// Charset of the `Content-Type` header.
    pub charset: Option<String>,
    /// Bytes of a component that may be held.
    pub hold_limit: Option<usize>,
    /// Friendly ids whose values may be HTML.
    #[serde(default)]
    pub trusted_html: Vec<String>,
    /// Whether components are rendered.
    #[serde(default = "yes")]
    personalise: bool,
    /// XM's body broke off.
    #[serde(default)]
    pub cut: bool,
    /// What is put in besides.
    insertion: Option<Inserted>,
    /// It was put in, and the page carries it, too.
    #[serde(default)]
    pub doubled: bool,
    /// Answers by friendly id.
    #[serde(default)]
    decisions: BTreeMap<String, Decided>,
    /// What the CDP knows of the visitor. Where it is absent XM does not vouch for anybody.
    guest: Option<Decided>,
    /// What pages may show of it.
    #[serde(default)]
    guest_fields: Vec<String>,
    /// Answers by path.
    #[serde(default)]
    fragments: BTreeMap<String, Fetched>,
    /// Flows that are asked, in the order of asking when answers come at once.
    pub asked: Vec<String>,
    /// Flows that may be asked or not, by the cutting of the page.
    #[serde(default)]
    pub asked_or_not: Vec<String>,
    /// What each component came to.
    outcomes: Vec<ExpectedOutcome>,
    /// Ignored marks by reason.
    #[serde(default)]
    pub ignored: BTreeMap<String, u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Inserted {
    head: String,
    body: String,
    carried: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedOutcome {
    id: String,
    result: String,
    shown: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum Decided {
    /// 200 with this JSON.
    Json(Value),
    /// Any status and body.
    Answer { status: u16, body: String },
    /// The call fails with this reason.
    Fails(String),
    /// The budget ends first.
    Timeout,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum Fetched {
    /// HTML in UTF-8, declared as such.
    Html(String),
    /// A file of the case, with the charset that its response declares.
    File {
        name: String,
        charset: Option<String>,
    },
    /// The call fails with this reason.
    Fails(String),
    /// The budget ends first.
    Timeout,
}

/// A case, read.
pub struct Case {
    /// `area/name`.
    pub name: String,
    /// `case.json`.
    pub description: Description,
    /// `page.html`.
    pub page: Vec<u8>,
    folder: PathBuf,
}

impl Case {
    /// Every case below `cases/`, in the order of names.
    pub fn all() -> Vec<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
        let mut cases = Vec::new();
        for area in folders(&root) {
            for folder in folders(&area) {
                cases.push(Self::read(&root, folder));
            }
        }
        cases
    }

    fn read(root: &Path, folder: PathBuf) -> Self {
        let name = folder.strip_prefix(root).expect("below cases/");
        let name = name.display().to_string();
        let read = |file: &str| {
            let bytes = fs::read(folder.join(file));
            bytes.unwrap_or_else(|error| panic!("cases/{name}/{file}: {error}"))
        };
        let description = serde_json::from_slice(&read("case.json"))
            .unwrap_or_else(|error| panic!("cases/{name}/case.json: {error}"));
        Self {
            page: read("page.html"),
            description,
            name,
            folder,
        }
    }

    /// What must leave.
    pub fn expected(&self) -> Vec<u8> {
        let file = self.folder.join("expected.html");
        let changed = fs::read(file).ok();
        assert_eq!(
            changed.is_none(),
            self.description.unchanged,
            "{}: either expected.html or \"unchanged\": true",
            self.name
        );
        let expected = changed.unwrap_or_else(|| self.page.clone());
        assert_eq!(
            expected == self.page,
            self.description.unchanged,
            "{}: expected.html is equal to page.html: delete it and say \"unchanged\": true",
            self.name
        );
        expected
    }

    /// Writes `output` as what must leave; a person reads the difference before it is committed.
    pub fn bless(&self, output: &[u8]) {
        let file = self.folder.join("expected.html");
        if output == self.page {
            let _ = fs::remove_file(file);
        } else {
            fs::write(file, output).expect("expected.html can be written");
        }
    }

    /// How the page is rendered.
    pub fn settings(&self) -> PageSettings {
        PageSettings {
            hold_limit: self.description.hold_limit.unwrap_or(256 * 1024),
            declared: self.description.charset.as_deref().map(encoding),
            guest: self.description.guest.is_some(),
            trusted_html: self.description.trusted_html.clone(),
            personalise: self.description.personalise,
            insertion: self.description.insertion.as_ref().map(|i| Insertion {
                head: i.head.clone(),
                body: i.body.clone(),
                carried: Detector::new(&[&[&i.carried]]),
            }),
        }
    }

    /// What the CDP and XM answer.
    pub fn answers(&self) -> Answers {
        let mut answers = Answers::default();
        for (id, decided) in &self.description.decisions {
            answers = answers.flow(
                id,
                match decided {
                    Decided::Json(value) => Answer::Is((200, value.to_string().into_bytes())),
                    Decided::Answer { status, body } => {
                        Answer::Is((*status, body.clone().into_bytes()))
                    }
                    Decided::Fails(reason) => Answer::Fails(failure(reason)),
                    Decided::Timeout => Answer::Never,
                },
            );
        }
        if let Some(guest) = &self.description.guest {
            answers = answers.guest(match guest {
                Decided::Json(record) => Answer::Is(self.guest(record)),
                Decided::Fails(reason) => Answer::Fails(failure(reason)),
                Decided::Timeout => Answer::Never,
                Decided::Answer { .. } => {
                    panic!("{}: a guest is json, fails or timeout", self.name)
                }
            });
        }
        for (path, fetched) in &self.description.fragments {
            answers = answers.fragment(
                path,
                match fetched {
                    Fetched::Html(html) => {
                        Answer::Is((html.clone().into_bytes(), Some(encoding_rs::UTF_8)))
                    }
                    Fetched::File { name, charset } => {
                        let bytes = fs::read(self.folder.join(name)).expect("the fragment's file");
                        Answer::Is((bytes, charset.as_deref().map(encoding)))
                    }
                    Fetched::Fails(reason) => Answer::Fails(failure(reason)),
                    Fetched::Timeout => Answer::Never,
                },
            );
        }
        answers
    }

    fn guest(&self, record: &Value) -> Decision {
        let fields = self.description.guest_fields.iter();
        let fields =
            fields.map(|field| Pointer::parse(field).expect("guest_fields are JSON Pointers"));
        Decision::guest(record.clone(), fields.collect())
    }

    /// The components' expected outcomes, sorted.
    pub fn outcomes(&self) -> Vec<Outcome> {
        let mut outcomes: Vec<Outcome> = self
            .description
            .outcomes
            .iter()
            .map(|o| (o.id.clone(), o.result.clone(), o.shown.clone()))
            .collect();
        outcomes.sort();
        outcomes
    }
}

const fn yes() -> bool {
    true
}

fn folders(root: &Path) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = fs::read_dir(root)
        .unwrap_or_else(|error| panic!("{}: {error}", root.display()))
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    folders
}

fn encoding(label: &str) -> &'static Encoding {
    Encoding::for_label(label.as_bytes()).unwrap_or_else(|| panic!("charset {label}"))
}

fn failure(label: &str) -> Failure {
    [
        Failure::BreakerOpen,
        Failure::CdpError,
        Failure::FragmentError,
        Failure::InvalidDecision,
    ]
    .into_iter()
    .find(|failure| failure.label() == label)
    .unwrap_or_else(|| panic!("no call fails with {label}"))
}
