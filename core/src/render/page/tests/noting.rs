//! What a preview knows of a page: choices that are set ahead, what there is to choose, what held the page.

use super::*;
use crate::render::ComponentNote;

fn noting() -> Page {
    let mut page = page();
    page.keep_notes();
    page
}

fn set(page: &mut Page, friendly_id: &str, variant: Option<&str>) {
    let decision = Decision::set(variant.map(str::to_owned));
    page.know(id(friendly_id), Ok(decision), 0);
}

fn template(variant: &str, content: &str) -> String {
    format!("<template data-cdp-variant=\"{variant}\">{content}</template>")
}

#[test]
fn what_is_set_is_shown_and_asked_of_nobody() {
    let mut page = noting();
    set(&mut page, "a", Some("two"));
    set(&mut page, "b", None);
    set(&mut page, "c", Some("none"));
    let (one, two) = (
        template("one", "1"),
        template("two", "<i data-cdp-text=/x>2</i>"),
    );
    page.push(
        format!(
            "<div data-cdp-experience=a data-cdp-variant-from=/deep/id>0{one}{two}</div>\
             <div data-cdp-experiment=b>0{one}</div><div data-cdp-experience=c>0{one}</div>"
        )
        .as_bytes(),
    );
    page.end(true);
    assert!(asked(&mut page).is_empty());
    assert_eq!(
        out(&mut page),
        "<div data-cdp-shown=\"two\" data-cdp-experience=a data-cdp-variant-from=/deep/id><i data-cdp-text=/x>2</i></div>\
         <div data-cdp-shown=\"control\" data-cdp-experiment=b>0</div>\
         <div data-cdp-shown=\"control\" data-cdp-experience=c>0</div>"
    );
    assert!(
        page.ignored_marks().is_empty(),
        "there are no values to be missed"
    );
    let notes = page.notes();
    assert_eq!(notes[0].variants, ["one", "two"]);
    assert_eq!(notes[0].chosen.as_deref(), Some("two"));
    assert_eq!(
        (notes[1].chosen.as_deref(), notes[2].chosen.as_deref()),
        (None, Some("none"))
    );
}

#[test]
fn every_component_has_a_note_with_what_it_could_show() {
    let mut page = noting();
    let inner = format!("<u data-cdp-experience=b>{}</u>", template("x", ""));
    let one = template("one", &inner);
    let html = format!(
        "<div data-cdp-experience=a data-cdp-fragment=/f>0{one}{one}</div><br data-cdp-experience=\"\">\
         <p data-cdp-experience=c>open<div>"
    );
    page.push(html.as_bytes());
    decide(&mut page, "a", r#"{"variantId":"one","n":1}"#);
    decide(&mut page, "b", r#"{"variantId":"gone"}"#);
    page.end(true);
    let outcomes: Vec<_> = page
        .outcomes()
        .iter()
        .map(|outcome| outcome.result.label())
        .collect();
    let notes = page.notes();
    assert_eq!(notes.len(), outcomes.len());
    let note = |label: &str| {
        let at = outcomes.iter().position(|found| *found == label).unwrap();
        notes[at].clone()
    };
    let decision = r#"{"n":1,"variantId":"one"}"#;
    #[rustfmt::skip]
    assert_eq!(note("variant"), ComponentNote {
        variants: vec!["one".to_owned()], has_fragment: true, chosen: Some("one".to_owned()), hold_ms: 10,
        decision: Some(decision.to_owned()), ..ComponentNote::default()
    });
    let inside = note("control");
    assert_eq!((inside.depth, inside.chosen.as_deref()), (1, Some("gone")));
    assert_eq!(note("no_end_tag").variants, Vec::<String>::new());
    assert_eq!(
        note("bad_friendly_id").depth,
        0,
        "a mark that never became a component is in no fragment"
    );
}

#[test]
fn a_hundred_variants_are_told_each_once() {
    let mut page = noting();
    let variants: String = (0..101)
        .flat_map(|number| [number, number / 2])
        .map(|number| template(&format!("v{number}"), ""))
        .collect();
    page.push(format!("<div data-cdp-experience=a>{variants}</div>").as_bytes());
    decide(&mut page, "a", "{}");
    let told = &page.notes()[0].variants;
    let expected: Vec<String> = (0..100).map(|number| format!("v{number}")).collect();
    assert_eq!(told, &expected);
}

#[test]
fn the_time_for_which_a_component_held_the_page_is_told() {
    let mut page = noting();
    page.tell_time(5);
    page.push(b"<p>x</p><div data-cdp-experience=a>1</div><div data-cdp-experience=b>2</div><p>y");
    page.tell_time(20);
    page.push(b"z</p><div data-cdp-experience=c>");
    let decided = |page: &mut Page, name: &str, now: u32| {
        page.decided(&id(name), Decision::read(200, b"{}"), now);
    };
    let _ = asked(&mut page);
    decided(&mut page, "b", 30);
    decided(&mut page, "a", 45);
    decided(&mut page, "c", 50);
    page.tell_time(70);
    page.push(b"3</div>");
    page.end(true);
    let held: Vec<u32> = page.notes().iter().map(|note| note.hold_ms).collect();
    assert_eq!(
        held,
        [40, 0, 25],
        "a from 5 to 45; b was decided; c from 45, when a let it go, to its end tag"
    );
}

#[test]
fn a_component_that_was_given_up_early_is_known_in_the_end() {
    let mut page = noting();
    page.push(b"<div data-cdp-experience=a>1");
    let _ = asked(&mut page);
    page.deadline(400);
    page.push(format!("{}</div>", template("one", "")).as_bytes());
    page.end(true);
    let notes = page.notes();
    assert_eq!(
        (notes[0].variants.clone(), notes[0].hold_ms),
        (vec!["one".to_owned()], 400)
    );
}

#[test]
fn without_a_preview_nothing_is_noted() {
    let mut page = page();
    page.tell_time(3);
    page.push(b"<div data-cdp-experience=a>1</div>");
    decide(&mut page, "a", "{}");
    assert_eq!((page.outcomes().len(), page.notes().len()), (1, 0));
}
