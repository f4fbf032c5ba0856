//! What must hold for every page, every decision and every order of events.
//!
//! A failure prints the smallest page that shows it: make it a case.

use std::collections::VecDeque;

use encoding_rs::{Encoding, GBK, SHIFT_JIS, UTF_8, WINDOWS_1252};
use proptest::{collection::vec, prelude::*, sample::select};
use xm_edge_core::{
    insertion::{Detector, Insertion},
    reason::Failure,
    render::{Page, PageSettings, Wish},
};

use native::{
    answers::{Answer, Answers},
    cuts, dom,
    grammar::{self, Form, IDS},
    run::{Seen, TIMINGS, Timing, run, run_template},
};

mod native;

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases: std::env::var("XM_EDGE_CASES").map_or(cases, |n| n.parse().expect("a number")),
        failure_persistence: None,
        max_shrink_iters: 4_000,
        ..ProptestConfig::default()
    }
}

fn settings() -> PageSettings {
    PageSettings {
        guest: false,
        hold_limit: 400,
        declared: Some(UTF_8),
        trusted_html: vec!["one".to_owned()],
        personalise: true,
        insertion: None,
    }
}

/// Answers of the three flows: never, a failure, or a decision.
fn answers(choices: [u8; 3], text: &str, html: &str) -> Answers {
    let fragment = "<p data-cdp-text=/t>f</p><i data-cdp-experience=two data-cdp-fragment=/f>g</i>";
    let fragment = Answer::Is((fragment.as_bytes().to_vec(), Some(UTF_8)));
    let answers = Answers::default().fragment("/fragment", fragment);
    IDS.iter()
        .zip(choices)
        .fold(answers, |answers, (id, choice)| match choice {
            0..=19 => answers.flow(id, Answer::Never),
            20..=39 => answers.flow(id, Answer::Fails(Failure::CdpError)),
            _ => answers.decide(id, &grammar::decision(text, html, choice)),
        })
}

/// A page view in which chunks, answers, the budget's end and the taking of output come in any order.
fn interleaved(
    settings: PageSettings,
    page: &[u8],
    answers: &Answers,
    steps: &[(u8, usize)],
    deadline: bool,
) -> Vec<u8> {
    let mut view = Page::new(settings);
    let mut output = Vec::new();
    let mut due = VecDeque::new();
    let mut rest = page;
    let give = |view: &mut Page, due: &mut VecDeque<Wish>, last: bool| {
        let wish = if last {
            due.pop_back()
        } else {
            due.pop_front()
        };
        match wish {
            Some(Wish::Flow(id)) => {
                if let Some(answer) = answers.of_flow(id.as_str()) {
                    view.decided(&id, answer, 1);
                }
            }
            Some(Wish::Guest) => unreachable!("nobody vouches for the visitor"),
            Some(Wish::Fragment(path)) => {
                if let Some(answer) = answers.of_fragment(path.as_str()) {
                    view.fragment(&path, answer, 1);
                }
            }
            None => {}
        }
    };
    for (step, size) in steps {
        match step {
            0..=3 => {
                let (chunk, after) = rest.split_at(*size.min(&rest.len()));
                rest = after;
                view.push(chunk);
            }
            4..=5 => due.extend(view.next_wish(0)),
            6..=7 => give(&mut view, &mut due, size.is_multiple_of(2)),
            8 => output.append(&mut view.take_output()),
            _ if deadline && *size > 60 => view.deadline(400),
            _ => {}
        }
    }
    view.push(rest);
    view.end(true);
    loop {
        while let Some(wish) = view.next_wish(0) {
            due.push_back(wish);
        }
        if due.is_empty() {
            break;
        }
        give(&mut view, &mut due, false);
    }
    if !view.is_done() {
        view.deadline(400);
    }
    assert!(view.is_done());
    output.append(&mut view.take_output());
    output
}

fn steps() -> impl Strategy<Value = Vec<(u8, usize)>> {
    vec((0..10_u8, 0..80_usize), 0..40)
}

/// What became of the components, apart from why one failed: that depends on what comes first.
fn shown(seen: &Seen) -> Vec<(String, Option<String>)> {
    let outcomes = seen.outcomes.iter();
    let mut shown: Vec<_> = outcomes
        .map(|(id, _, shown)| (id.clone(), shown.clone()))
        .collect();
    shown.sort();
    shown
}

fn whole(page: &str, answers: &Answers) -> Vec<u8> {
    let cuts = cuts::of_size(page.len(), usize::MAX);
    run(
        &settings(),
        page.as_bytes(),
        &cuts,
        true,
        answers,
        Timing::AtOnce,
    )
    .output
}

proptest! {
    #![proptest_config(config(1_500))]

    #[test]
    fn without_decisions_every_page_is_the_origins(page in grammar::page(), steps in steps(), fails in any::<bool>()) {
        let choice = if fails { 30 } else { 0 };
        let answers = answers([choice; 3], "", "");
        let output = interleaved(settings(), page.as_bytes(), &answers, &steps, true);
        prop_assert_eq!(String::from_utf8_lossy(&output), page);
    }

    #[test]
    fn the_output_does_not_depend_on_cutting_and_order(
        page in grammar::page(),
        choices in any::<[u8; 3]>(),
        steps in steps(),
        size in 1..40_usize,
    ) {
        let answers = answers(choices, "<T> & é", "<i>H</i>");
        let expected = whole(&page, &answers);
        let output = interleaved(settings(), page.as_bytes(), &answers, &steps, false);
        prop_assert_eq!(String::from_utf8_lossy(&output), String::from_utf8_lossy(&expected));
        for timing in TIMINGS {
            let cuts = cuts::of_size(page.len(), size);
            let seen = run(&settings(), page.as_bytes(), &cuts, true, &answers, timing);
            prop_assert_eq!(String::from_utf8_lossy(&seen.output), String::from_utf8_lossy(&expected));
        }
    }

    #[test]
    fn a_template_gives_the_page_that_streaming_gives(
        page in grammar::page(),
        choices in any::<[u8; 3]>(),
        personalise in any::<bool>(),
        limit in select(&[0, 30, 400][..]),
    ) {
        let answers = answers(choices, "<T> & é", "<i>H</i>");
        let settings = PageSettings { personalise, hold_limit: limit, ..settings() };
        let cuts = cuts::of_size(page.len(), usize::MAX);
        let seen = run(&settings, page.as_bytes(), &cuts, true, &answers, Timing::AfterPage);
        for timing in TIMINGS {
            let Some(hit) = run_template(&settings, page.as_bytes(), &answers, timing) else {
                continue;
            };
            prop_assert_eq!(String::from_utf8_lossy(&hit.output), String::from_utf8_lossy(&seen.output));
            prop_assert_eq!(shown(&hit), shown(&seen));
            prop_assert_eq!(&hit.ignored, &seen.ignored);
            // A stream asks for a component before it can know that no end tag comes; a template knows.
            prop_assert!(hit.asked.iter().all(|id| seen.asked.contains(id)), "{:?} {:?}", hit.asked, seen.asked);
        }
    }

    #[test]
    fn whatever_the_order_of_events_the_page_ends(
        page in grammar::page(),
        choices in any::<[u8; 3]>(),
        steps in steps(),
        limit in 0..200_usize,
    ) {
        let answers = answers(choices, "T", "<i>H</i>");
        let settings = PageSettings { hold_limit: limit, ..settings() };
        interleaved(settings, page.as_bytes(), &answers, &steps, true);
    }

    #[test]
    fn bytes_outside_components_never_change(
        parts in vec((grammar::plain(), grammar::component(Form::Sound, grammar::markup(Form::Sound))), 1..4),
        last in grammar::plain(),
        body in select(&["", "<body>"][..]),
        choices in any::<[u8; 3]>(),
        steps in steps(),
    ) {
        // A number after each plain part tells it from what a component could show.
        let plains: Vec<String> = (0..).zip(&parts).map(|(n, (plain, _))| format!("{plain}<!--{n}-->")).collect();
        let page: String = plains.iter().zip(&parts).map(|(plain, (_, component))| format!("{plain}{component}")).collect();
        let page = format!("{body}{page}<!--last-->{last}");
        let answers = answers(choices, "T", "<i>H</i>");
        let output = interleaved(settings(), page.as_bytes(), &answers, &steps, true);
        let output = String::from_utf8_lossy(&output);
        let mut rest = &*output;
        for (index, plain) in plains.iter().enumerate() {
            let at = rest.find(plain.as_str());
            prop_assert!(at.is_some() && (index > 0 || at == Some(body.len())), "{plain:?} in {output}\n{page}");
            rest = &rest[at.unwrap_or(0) + plain.len()..];
        }
        let tail = format!("<!--last-->{last}");
        prop_assert!(rest.ends_with(&tail), "{output}\n{page}");
    }

    #[test]
    fn what_is_put_in_is_the_only_difference_and_stands_in_the_same_place_always(
        head in select(&["", "<head>", "<head><title>t</title></head>", "</head>"][..]),
        page in grammar::page(),
        choices in any::<[u8; 3]>(),
        steps in steps(),
        carried in select(&["never carried", "é", "<!--", "div", "template"][..]),
    ) {
        let page = format!("{head}{page}");
        let answers = answers(choices, "T", "<i>H</i>");
        let plain = interleaved(settings(), page.as_bytes(), &answers, &steps, false);
        let insertion = || Insertion {
            head: "<script>own</script>".to_owned(),
            body: "<noscript>own</noscript>".to_owned(),
            carried: Detector::new(&[&[carried]]),
        };
        let with = || PageSettings { insertion: Some(insertion()), ..settings() };
        let output = interleaved(with(), page.as_bytes(), &answers, &steps, false);
        let cuts = cuts::of_size(page.len(), usize::MAX);
        let whole = run(&with(), page.as_bytes(), &cuts, true, &answers, Timing::AtOnce).output;
        if let Some(hit) = run_template(&with(), page.as_bytes(), &answers, Timing::AtOnce) {
            prop_assert_eq!(String::from_utf8_lossy(&hit.output), String::from_utf8_lossy(&whole));
        }
        prop_assert_eq!(String::from_utf8_lossy(&output), String::from_utf8_lossy(&whole));
        let output = String::from_utf8_lossy(&output);
        let [script, frame] = [insertion().head, insertion().body];
        if !page.contains(carried) {
            prop_assert_eq!(output.matches(&script).count(), 1, "{}", output);
        }
        let rest = output.replacen(&script, "", 1).replacen(&frame, "", 1);
        prop_assert_eq!(rest, String::from_utf8_lossy(&plain));
    }

    #[test]
    fn lengths_add_up_when_nothing_is_bound(page in grammar::page(), size in 1..40_usize) {
        let page = page.replace("data-cdp-variant=", "data-off-variant=");
        let empty = serde_json::json!({});
        let answers = IDS.iter().fold(Answers::default(), |answers, id| answers.decide(id, &empty));
        let cuts = cuts::of_size(page.len(), size);
        let seen = run(&settings(), page.as_bytes(), &cuts, true, &answers, Timing::AtOnce);
        let shown = seen.outcomes.iter().filter(|(_, result, _)| result == "control").count();
        prop_assert!(seen.outcomes.iter().all(|(_, result, _)| result != "bound" && result != "variant"));
        let stamps = shown * " data-cdp-shown=\"control\"".len();
        prop_assert_eq!(seen.output.len(), page.len() + stamps);
    }
}

proptest! {
    #![proptest_config(config(800))]

    #[test]
    fn a_hostile_value_gives_the_page_the_shape_of_a_harmless_one(
        page in grammar::page(),
        value in grammar::hostile(),
        choice in 40..=255_u8,
    ) {
        // What is not trusted stays as authored, whatever it is.
        let page = page.replace("=\"one\"", "=\"two\"");
        let shape = |text: &str| dom::shape(&whole(&page, &answers([choice; 3], text, text)));
        prop_assert_eq!(shape(&value), shape("benign"), "{}", page);
    }

    #[test]
    fn a_value_arrives_as_it_is_in_every_charset(
        value in prop_oneof![grammar::hostile(), any::<String>()],
        charset in select(vec![UTF_8, WINDOWS_1252, SHIFT_JIS, GBK]),
        declared in any::<bool>(),
        tag in select(&["b", "div", "textarea", "pre", "li"][..]),
    ) {
        let page = format!("<div data-cdp-experience=two><{tag} data-cdp-text=/t title=old data-cdp-attr-title=/t id=sink>old</{tag}></div>");
        let settings = PageSettings { declared: declared.then_some(charset), ..settings() };
        let answers = answers([41; 3], &value, "");
        let cuts = cuts::of_size(page.len(), 5);
        let seen = run(&settings, page.as_bytes(), &cuts, true, &answers, Timing::AtOnce);
        let read = decoded(&seen.output, charset);
        // HTML cannot hold NUL.
        let normal = value.replace('\0', "\u{FFFD}");
        let sink = dom::sink(&read);
        prop_assert_eq!(sink, Some((normal.clone(), normal)), "{}", read);
    }

    #[test]
    fn trusted_html_stays_inside_its_element(
        html in grammar::value_html(),
        (around, host) in grammar::host(),
    ) {
        let (before, after) = around;
        let page = format!(
            "<body>{before}<section data-cdp-experience=one><{host} data-host data-cdp-html=/h>old</{host}></section>{after}<p>rest</p><footer>f</footer>"
        );
        let inline = format!(
            "<body>{before}<{host} data-cdp-experience=one data-host data-cdp-html=/h>old</{host}>{after}<p>rest</p><footer>f</footer>"
        );
        for page in [page, inline] {
            let output = whole(&page, &answers([41; 3], "", &html));
            let benign = whole(&page, &answers([41; 3], "", "benign"));
            prop_assert_eq!(dom::shape_around(&output), dom::shape_around(&benign), "{}", String::from_utf8_lossy(&output));
        }
    }
}

fn decoded(bytes: &[u8], charset: &'static Encoding) -> String {
    charset.decode_without_bom_handling(bytes).0.into_owned()
}
