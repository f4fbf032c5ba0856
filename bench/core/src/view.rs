//! One page view, streamed or from a page that is kept, as the Worker drives the core.
//!
//! In: a page, the size of its chunks, decisions by friendly id. Out: the page as a visitor gets it. Nothing waits: each decision is
//! there when it is asked for.

use std::{collections::BTreeMap, rc::Rc};

use encoding_rs::UTF_8;
use serde_json::Value;
use xm_edge_core::{
    decision::Decision,
    reason::Failure,
    render::{Page, PageSettings, Wish},
    template::Template,
};

/// By friendly id, what the CDP answers.
pub type Decisions = BTreeMap<String, Value>;

/// Streams `page` in chunks of `chunk` bytes; returns how many bytes leave.
///
/// This and the two below are functions of their own in the program, whatever the optimisation: their names are what callgrind
/// looks for.
#[inline(never)]
pub fn step_stream(page: &[u8], chunk: usize, decisions: &Decisions) -> usize {
    let mut view = Page::new(settings());
    let mut left = 0;
    for bytes in page.chunks(chunk.max(1)) {
        view.push(bytes);
        answer(&mut view, decisions);
        left += view.take_output().len();
    }
    view.end(true);
    answer(&mut view, decisions);
    left + view.take_output().len()
}

/// Compiles `page`, as is done once for all its visitors.
///
/// # Panics
/// When a part of it cannot be understood: no page here is such a one.
#[inline(never)]
pub fn step_compile(page: Vec<u8>) -> Rc<Template> {
    Rc::new(Template::compile(page, UTF_8).expect("a page that can be understood"))
}

/// Splices a page that is kept; returns how many bytes leave.
#[inline(never)]
pub fn step_splice(template: Rc<Template>, decisions: &Decisions) -> usize {
    let mut view = Page::of_template(settings(), template);
    view.begin();
    answer(&mut view, decisions);
    view.take_output().len()
}

fn settings() -> PageSettings {
    PageSettings {
        hold_limit: 256 * 1024,
        declared: None,
        trusted_html: Vec::new(),
        guest: false,
        personalise: true,
        insertion: None,
    }
}

fn answer(view: &mut Page, decisions: &Decisions) {
    while let Some(wish) = view.next_wish(0) {
        match wish {
            Wish::Flow(id) => {
                let body = decisions.get(id.as_str()).map(ToString::to_string);
                // Read anew for each view, as the Worker does.
                let answer = body.map_or(Err(Failure::CdpError), |body| {
                    Decision::read(200, body.as_bytes())
                });
                view.decided(&id, answer, 0);
            }
            Wish::Fragment(path) => view.fragment(&path, Err(Failure::FragmentError), 0),
            Wish::Guest => view.guest(Err(Failure::CdpError), 0),
        }
    }
}
