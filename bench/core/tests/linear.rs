//! Cost grows with the page and with its components, and with nothing else: ten times as much of anything takes at most about ten
//! times the instructions, and no markup makes it otherwise.
//!
//! Instructions and no times, so that a busy machine decides nothing. Without valgrind and without perf nothing can be counted:
//! these tests then say so and pass, everywhere but in CI.

use std::{env, ffi::OsStr, fs};

use core_cost::{count::Counter, view::Decisions};

const FILLER: &str = "<div class=\"component rich-text\">\r\n<p class=\"x\">Boots &amp; tents, <em>mended</em></p>\r\n<!-- spacer --></div>\r\n";
const DECISION: &str = r#"{"variantId": "b", "headline": "Good morning"}"#;
/// As the Worker reads a page that pours in.
const CHUNK: usize = 64 * 1024;
/// What ten times as much may cost, more than ten times.
const SLACK: f64 = 1.25;

fn component(number: usize) -> String {
    format!(
        "<section data-cdp-experience=\"promo_{:02}\"><h2 data-cdp-text=\"/headline\">D</h2><template data-cdp-variant=\"b\"><h2 data-cdp-text=\"/headline\">V</h2></template></section>\r\n",
        number % 10
    )
}

fn page(body: &str) -> String {
    format!("<!DOCTYPE html><html lang=en><head><title>T</title></head><body>{body}</body></html>")
}

/// At least so many bytes of `piece`.
fn bytes(piece: &str, count: usize) -> String {
    piece.repeat(count.div_ceil(piece.len()))
}

struct Scale(Option<Counter>);

impl Scale {
    fn new() -> Self {
        let counter = Counter::find();
        assert!(
            counter.is_some() || env::var_os("CI").is_none(),
            "neither valgrind nor perf counts instructions here; install valgrind"
        );
        if counter.is_none() {
            eprintln!("skipped: neither valgrind nor perf counts instructions here");
        }
        Self(counter)
    }

    /// Instructions of one view.
    fn of(&self, page: &str, chunk: usize) -> u64 {
        let Some(counter) = self.0 else { return 1 };
        let folder = tempfile::tempdir().unwrap();
        let [html, json] = ["page.html", "decisions.json"].map(|name| folder.path().join(name));
        fs::write(&html, page).unwrap();
        let decisions: Decisions = (0..10)
            .map(|number| {
                (
                    format!("promo_{number:02}"),
                    serde_json::from_str(DECISION).unwrap(),
                )
            })
            .collect();
        fs::write(&json, serde_json::to_vec(&decisions).unwrap()).unwrap();
        let program = OsStr::new(env!("CARGO_BIN_EXE_core-cost"));
        let count = counter.once(program, |command, times| {
            command.arg("view").args([&html, &json]);
            command.args([chunk.to_string(), times.to_string()]);
        });
        count.unwrap()
    }

    /// Ten times as much takes about ten times the instructions.
    fn check(
        &self,
        what: &str,
        make: impl Fn(usize) -> String,
        few: usize,
        chunk: usize,
    ) -> Result<(), String> {
        if self.0.is_none() {
            return Ok(());
        }
        let (small, large) = (make(few), make(10 * few));
        let (little, much) = (self.of(&small, chunk), self.of(&large, chunk));
        let said = format!(
            "{what}: {little} instructions for {} bytes, {much} for {}",
            small.len(),
            large.len()
        );
        eprintln!("{said}");
        let most = little as f64 * 10.0 * SLACK;
        if much as f64 > most {
            Err(said)
        } else {
            Ok(())
        }
    }

    /// The same, as an assertion.
    fn is_linear(&self, what: &str, make: impl Fn(usize) -> String, few: usize, chunk: usize) {
        assert_eq!(self.check(what, make, few, chunk), Ok(()));
    }
}

#[test]
fn a_page_costs_by_its_bytes_from_100_kb_to_10_mb() {
    let scale = Scale::new();
    let usual = |size: usize| {
        let part = bytes(FILLER, size / 5);
        let parts: String = (0..5)
            .map(|number| format!("{part}{}", component(number)))
            .collect();
        page(&parts)
    };
    scale.is_linear("a usual page", usual, 100_000, CHUNK);
    scale.is_linear("a usual page", usual, 1_000_000, CHUNK);
}

#[test]
fn a_page_costs_by_its_components_from_1_to_1000() {
    let scale = Scale::new();
    let many = |count: usize| {
        let filler = bytes(FILLER, 2_000);
        let parts: String = (0..count)
            .map(|number| format!("{filler}{}", component(number)))
            .collect();
        page(&parts)
    };
    scale.is_linear("components", many, 1, CHUNK);
    scale.is_linear("components", many, 10, CHUNK);
    scale.is_linear("components", many, 100, CHUNK);
}

#[test]
fn no_markup_costs_more_than_its_bytes() {
    let scale = Scale::new();
    let in_page = |piece: &'static str| move |size: usize| page(&bytes(piece, size));
    let open = |begin: &'static str, piece: &'static str| {
        move |size: usize| format!("<html><body>{begin}{}", bytes(piece, size))
    };
    let mark = "<!-- data-cdp-experience=\"no\" -->";
    let shapes = [
        (
            "marks in comments",
            Box::new(in_page(mark)) as Box<dyn Fn(usize) -> String>,
        ),
        (
            "marks in scripts",
            Box::new(in_page("<script>data-cdp-experience</script>")),
        ),
        (
            "marks in text",
            Box::new(in_page("data-cdp-experience data-cdp-text ")),
        ),
        (
            "marks in one script",
            Box::new(open("<script>", "data-cdp-experience ")),
        ),
        (
            "marks in one comment",
            Box::new(open("<!--", "data-cdp-experience ")),
        ),
        (
            "marks in one tag",
            Box::new(open("<p a=\"", "data-cdp-experience ")),
        ),
        ("a tag that never ends", Box::new(open("<p ", "a "))),
        ("elements that never end", Box::new(in_page("<div>"))),
        (
            "elements that never end, with marks",
            Box::new(in_page("<div><!-- data-cdp-experience -->")),
        ),
        (
            "end tags of nothing, with marks",
            Box::new(in_page("</div><!-- data-cdp-experience -->")),
        ),
        ("half tags", Box::new(in_page("<"))),
        (
            "components without ids",
            Box::new(in_page("<p data-cdp-experience></p>")),
        ),
        (
            "components that never end",
            Box::new(in_page("<p data-cdp-experience=promo_01>x")),
        ),
        (
            "a component that never ends",
            Box::new(open("<section data-cdp-experience=promo_01>", FILLER)),
        ),
    ];
    let failed: Vec<String> = shapes
        .into_iter()
        .filter_map(|(what, make)| scale.check(what, make, 30_000, 4096).err())
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn small_chunks_cost_by_their_number() {
    let scale = Scale::new();
    let usual = |size: usize| page(&(bytes(FILLER, size) + &component(1) + &bytes(FILLER, size)));
    scale.is_linear("16 bytes at a time", usual, 5_000, 16);
    let open = |size: usize| format!("<html><body><p a=\"{}", bytes("data-cdp-text ", size));
    scale.is_linear("16 bytes of one tag at a time", open, 5_000, 16);
    let script = |size: usize| format!("<html><body><script>{}", bytes("data-cdp-text < ", size));
    scale.is_linear("16 bytes of one script at a time", script, 5_000, 16);
}
