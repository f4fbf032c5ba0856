//! The report for people: page by page, each finding with its line of source, as compilers print them.

use std::fmt::Write as _;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet, renderer::DecorStyle};

use super::{ComponentReport, PageReport, Report};
use crate::finding::{Finding, Severity};

/// Columns for excerpts: longer lines are cut around what is meant.
const WIDTH: usize = 132;
/// The longest line that is shown at all, in bytes: minified pages have lines of megabytes.
const LONGEST_LINE: usize = 2000;

/// How it is written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Style {
    /// With colours.
    pub colours: bool,
    /// Without notes and the list of components.
    pub quiet: bool,
}

/// The whole report.
#[must_use]
pub fn report(report: &Report, style: Style) -> String {
    let mut out = String::new();
    for page in &report.pages {
        write_page(page, style, &mut out);
    }
    for missing in &report.unreachable {
        let from = missing
            .linked_from
            .as_ref()
            .map_or_else(String::new, |page| format!(" (linked from {page})"));
        let _ = writeln!(
            out,
            "{}: could not be looked at{from}: {}\n",
            missing.name, missing.problem
        );
    }
    if report.left > 0 {
        let _ = writeln!(
            out,
            "{} more were found and not looked at: raise --max-pages\n",
            number(report.left, "page")
        );
    }
    let _ = writeln!(
        out,
        "{}, {}: {}, {}, {}",
        number(report.pages.len(), "page"),
        number(report.components(), "component"),
        number(report.count(Severity::Error), "error"),
        number(report.count(Severity::Warning), "warning"),
        number(report.count(Severity::Note), "note"),
    );
    out
}

fn write_page(page: &PageReport, style: Style, out: &mut String) {
    let shown: Vec<&Finding> = page
        .findings
        .iter()
        .filter(|finding| !style.quiet || finding.code.severity() != Severity::Note)
        .collect();
    if style.quiet && shown.is_empty() {
        return;
    }
    let _ = write!(out, "── {}", page.name);
    if let Some(url) = &page.answered_by {
        let _ = write!(out, " → {url}");
    }
    if let Some(status) = page.status {
        let _ = write!(out, "  {status}");
    }
    if page.behind_worker {
        out.push_str("  through the Worker, as a bot");
    }
    let _ = writeln!(out, "  {}", number(page.components.len(), "component"));
    if !style.quiet {
        page.components
            .iter()
            .for_each(|component| write_component(component, out));
    }
    out.push('\n');
    for finding in shown {
        let _ = writeln!(out, "{}\n", excerpt(page, finding, style));
    }
}

fn write_component(component: &ComponentReport, out: &mut String) {
    let place = format!("{}:{}", component.place.line, component.place.column);
    let name = component.friendly_id.as_deref().unwrap_or_default();
    let _ = write!(out, "   {place:>9}  {} {name}", component.kind);
    let mut parts = Vec::new();
    if let Some(inside) = &component.inside {
        parts.push(format!("inside of {inside}"));
    }
    if !component.variants.is_empty() {
        parts.push(format!("variants {}", component.variants.join(", ")));
    }
    if let Some(pointer) = &component.fragment {
        parts.push(format!("fragment {pointer}"));
    }
    if !component.bindings.is_empty() {
        let mut pointers: Vec<&str> = component
            .bindings
            .iter()
            .map(|binding| binding.pointer.as_str())
            .collect();
        pointers.dedup();
        parts.push(format!("reads {}", pointers.join(" ")));
    }
    let samples: Vec<String> = component
        .samples
        .iter()
        .map(|sample| match &sample.shown {
            Some(shown) if shown != sample.result => format!("{} {shown}", sample.result),
            _ => sample.result.to_owned(),
        })
        .collect();
    if !samples.is_empty() {
        parts.push(format!("samples show {}", samples.join(", ")));
    }
    for part in parts {
        let _ = write!(out, "; {part}");
    }
    out.push('\n');
}

fn excerpt(page: &PageReport, finding: &Finding, style: Style) -> String {
    let level = match finding.code.severity() {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let title = level
        .primary_title(finding.message.as_str())
        .id(finding.code.label());
    let path = finding
        .place
        .as_ref()
        .and_then(|place| place.fragment.as_deref())
        .unwrap_or(&page.name);
    let mut group = match &finding.place {
        Some(place) if place.text.len() <= LONGEST_LINE => {
            let snippet = Snippet::source(place.text.as_str())
                .line_start(place.line)
                .path(path)
                .annotation(AnnotationKind::Primary.span(place.span.clone()));
            title.element(snippet)
        }
        Some(place) => title.element(Level::NOTE.no_name().message(format!(
            "--> {path}:{}:{}: {}",
            place.line,
            place.column,
            place.text.get(place.span.clone()).unwrap_or_default()
        ))),
        None => Group::with_title(title),
    };
    if let Some(help) = finding.help.as_deref().filter(|help| !help.is_empty()) {
        group = group.element(Level::HELP.message(help));
    }
    let renderer = if style.colours {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    renderer
        .decor_style(DecorStyle::Ascii)
        .term_width(WIDTH)
        .render(&[group])
}

fn number(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}
