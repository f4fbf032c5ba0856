//! The locator: with its skim and its rests it finds what lol_html finds that reads every byte.
//!
//! In: a page and its cuts. Out: a panic where the two differ, or where parts do not tile the page.

use arbitrary::Unstructured;
use encoding_rs::UTF_8;
use xm_edge_core::{
    reason::Failure,
    template::{CompileOptions, Compiled, Compiler, Look, Source, restless},
};

use crate::input;

/// Checks one input.
pub fn check(data: &[u8]) {
    let [page, control] = input::parts(data);
    let mut control = Unstructured::new(control);
    let flags: u8 = control.arbitrary().unwrap_or_default();
    let cuts = control.take_rest();
    let options = CompileOptions {
        look: if flags & 1 == 0 {
            Look::Components
        } else {
            Look::Facts
        },
        places: flags & 2 != 0,
        encoding: UTF_8,
        guest: flags & 4 != 0,
    };
    let read = restless(|| compiled(options, std::iter::once(page)));
    let skimmed = compiled(options, std::iter::once(page));
    assert_eq!(skimmed, read, "a skim sees something else");
    let cut = compiled(options, chunks(page, cuts));
    assert_eq!(cut, read, "cuts change what is seen");
}

/// The page in pieces of these lengths, again and again.
fn chunks<'p>(page: &'p [u8], cuts: &'p [u8]) -> impl Iterator<Item = &'p [u8]> {
    let mut rest = page;
    let mut cuts = cuts.iter().map(|cut| usize::from(*cut).max(1)).cycle();
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let len = cuts.next().unwrap_or(1).min(rest.len());
        let (chunk, after) = rest.split_at(len);
        rest = after;
        Some(chunk)
    })
}

/// What a page that comes in these chunks is compiled to.
fn compiled<'c>(options: CompileOptions, chunks: impl Iterator<Item = &'c [u8]>) -> Compiled {
    let mut source = Source::default();
    let mut compiler = Compiler::new(options);
    let mut located = 0;
    let mut readable = true;
    for chunk in chunks {
        source.push(chunk);
        readable = readable && compiler.write(chunk, &source).is_ok();
        assert!(compiler.located() >= located, "what has left came back");
        assert!(
            !readable || compiler.located() <= source.end(),
            "more was located than came"
        );
        located = compiler.located();
    }
    if !readable || compiler.end(&source).is_err() {
        compiler.abandon(Failure::AmbiguousMarkup, source.end());
    }
    let compiled = Compiled {
        nodes: compiler.take_nodes(),
        failed: compiler.take_failed(),
        bad_marks: compiler.take_bad_marks(),
        facts: compiler.facts(),
        places: compiler.places(),
    };
    let mut at = 0;
    for node in &compiled.nodes {
        assert_eq!(node.range().start, at, "a gap or an overlap");
        at = node.range().end;
    }
    assert!(at <= source.end());
    compiled
}
