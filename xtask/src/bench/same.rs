//! Whether two Workers do the same job: otherwise comparing them means nothing.
//!
//! In: pages as visitors get them. Out: nothing, or the first difference. Marked pages are compared by elements,
//! attributes and text: the two serialise an edited start tag differently.

use anyhow::{Context, ensure};

use super::{
    case::Case,
    load::{Answer, Visitor},
    origin::{Asked, Origin},
    page::page,
    worker::{Kind, Worker},
};

/// Headers that both must send alike.
const HEADERS: [&str; 6] = [
    "cache-control",
    "content-encoding",
    "content-type",
    "etag",
    "x-frame-options",
    "x-powered-by",
];

/// Asks every Worker once and compares the last two; returns the length of each one's body.
///
/// # Errors
/// The first difference.
pub fn check(
    workers: &[Worker; 3],
    origin: &Origin,
    case: &Case,
) -> anyhow::Result<[(Kind, usize); 3]> {
    let [through, built_in, xm_edge] = workers;
    let ask = |worker: &Worker| -> anyhow::Result<(Answer, Asked)> {
        let answer = Visitor::connect(worker.address, case)?.ask();
        let answer = answer.with_context(|| format!("{}: {}", worker.kind.label(), case.path()))?;
        Ok((answer, origin.asked(worker.kind.events())?))
    };
    let pages = [ask(through)?, ask(built_in)?, ask(xm_edge)?];
    let [_, (left, left_asked), (right, right_asked)] = &pages;
    compare(case, (left, *left_asked), (right, *right_asked)).with_context(|| case.path())?;
    let mut lengths = workers.each_ref().map(|worker| (worker.kind, 0));
    for ((_, length), (answer, _)) in lengths.iter_mut().zip(&pages) {
        *length = answer.body.len();
    }
    Ok(lengths)
}

fn compare(
    case: &Case,
    (built_in, built_in_asked): (&Answer, Asked),
    (xm_edge, xm_edge_asked): (&Answer, Asked),
) -> anyhow::Result<()> {
    for (name, asked) in [("built-in", built_in_asked), ("xm-edge", xm_edge_asked)] {
        let expected = Asked {
            flows: case.flows as u64,
            events: 1,
            ids: u64::from(case.new_visitor),
            // Whether a page was kept is not compared here.
            pages: asked.pages,
        };
        ensure!(
            asked == expected,
            "the CDP was to be asked {expected:?}; {name} asked {asked:?}"
        );
    }
    for name in HEADERS {
        let (left, right) = (built_in.head.header(name), xm_edge.head.header(name));
        ensure!(
            left == right,
            "header {name}: built-in has {left:?}, xm-edge {right:?}"
        );
    }
    if case.components == 0 {
        let page = page(case).into_bytes();
        ensure!(built_in.body == page, "built-in changed an unmarked page");
        ensure!(xm_edge.body == page, "xm-edge changed an unmarked page");
        return Ok(());
    }
    let built_in = String::from_utf8(built_in.body.clone())?;
    let xm_edge = String::from_utf8(xm_edge.body.clone())?;
    let (left, right) = (normalised(&built_in), normalised(&xm_edge));
    for (left, right) in left.iter().zip(&right) {
        ensure!(left == right, "built-in has {left:?}, xm-edge {right:?}");
    }
    ensure!(left.len() == right.len(), "one page is longer");
    let shown = right.iter().filter(|part| part.contains("data-cdp-shown="));
    ensure!(
        shown.count() == case.components,
        "not every component was decided"
    );
    Ok(())
}

/// Start tags with their attributes sorted, end tags, and texts without outer white space and character references.
fn normalised(html: &str) -> Vec<String> {
    let mut parts = Vec::new();
    for piece in html.split('<') {
        let (tag, text) = piece.split_once('>').unwrap_or(("", piece));
        let mut words = attributes(&decoded(tag));
        if words.len() > 1 {
            words[1..].sort_unstable();
        }
        let text = decoded(text);
        parts.push(words.join(" "));
        parts.push(text.trim().to_owned());
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// The words of a tag; white space inside quotes separates nothing.
fn attributes(tag: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in tag.chars() {
        quoted ^= c == '"';
        match words.last_mut() {
            Some(word) if quoted || !(c.is_whitespace() || c == '/') => word.push(c),
            _ => words.push(String::new()),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The references that either Worker writes; a quote becomes one that ends no attribute.
fn decoded(html: &str) -> String {
    html.replace("&quot;", "\u{201d}")
        .replace("&#39;", "'")
        .replace("&lt;", "\u{2039}")
        .replace("&gt;", "\u{203a}")
        .replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::normalised;

    #[test]
    fn order_of_attributes_and_outer_white_space_do_not_count() {
        let left = normalised("<p b=\"1 2\" a=\"x\">text </p>\n<br/>");
        let right = normalised("<p a=\"x\" b=\"1 2\" > text</p><br />");
        assert_eq!(left, right);
    }

    #[test]
    fn texts_attributes_and_elements_count() {
        let page = normalised("<p a=\"1\">text</p>");
        for other in [
            "<p a=\"2\">text</p>",
            "<p a=\"1\">Text</p>",
            "<p>text</p>",
            "<b a=\"1\">text</b>",
            "<p a=\"1\">text</p><i>",
        ] {
            assert_ne!(page, normalised(other), "{other}");
        }
    }
}
