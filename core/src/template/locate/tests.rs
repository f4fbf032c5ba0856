//! The parser may rest, but what is seen of a page is what a parser sees that never rests.

use encoding_rs::UTF_8;
use proptest::prelude::*;

use super::*;
use crate::template::{CompileOptions, Compiler, Source};

/// What a page that comes in these chunks is compiled to.
fn compiled<'c>(chunks: impl Iterator<Item = &'c [u8]>) -> String {
    let mut source = Source::default();
    let mut compiler = Compiler::new(CompileOptions {
        guest: true,
        look: Look::Components,
        places: false,
        encoding: UTF_8,
    });
    let mut located = 0;
    let mut readable = true;
    for chunk in chunks {
        source.push(chunk);
        readable = readable && compiler.write(chunk, &source).is_ok();
        assert!(compiler.located() >= located, "what has left came back");
        located = compiler.located();
    }
    if !readable || compiler.end(&source).is_err() {
        compiler.abandon(Failure::AmbiguousMarkup, source.end());
    }
    let nodes = compiler.take_nodes();
    let failed = compiler.take_failed();
    let bad = compiler.take_bad_marks();
    format!("{nodes:#?} {failed:?} {bad:?} {:?}", compiler.facts())
}

fn markup() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "<section data-cdp-experience=\"a\">",
        "<i title='<b>\"x\"</b> > y' DATA-cdp-EXPeriment=b>",
        "<p data-cdp-experience=c>",
        "<template data-cdp-variant=\"v\">",
        "<template>",
        "<b data-cdp-text=\"/t\">",
        "</section>",
        "</i>",
        "</p>",
        "</template>",
        "</b>",
        "<div class=\"a-b data-cdp-exp\">",
        "</div>",
        "<script>if (a<b) { x = \"<p data-cdp-experience='s'>\" }</script>",
        "<script>",
        "</script>",
        "<!-- <i data-cdp-experience=n> -->",
        "<!--",
        "-->",
        "<select><option>",
        "<style>",
        "<br/>",
        "<svg viewBox=\"0 0 1 1\"><title>t</title><path d=x/><g><path d=\"y\"/></g></svg>",
        "<svg>",
        "<svg/>",
        "</svg>",
        "<title>",
        "</title>",
        "<desc>",
        "<foreignObject>",
        "<path/>",
        "<math>",
        "<![CDATA[ > ",
        "]]>",
        "<select><option value=1>a</option></select>",
        "</select>",
        "<input>",
        "<ul><li>a<li>b</ul>",
        "<li>",
        "</ul>",
        "<DIV>",
        "</Div\n>",
        "<x-a b='>'>",
        "</x-a>",
        "<a/b=\">\">",
        "</div class=\">\">",
        "<textarea>",
        "</textarea >",
        "<noscript>",
        "</noscript>",
        "<iframe></iframe>",
        "<!-->",
        "<!--->",
        "<!----",
        "--!>",
        "<?x ?>",
        "</ x>",
        "</",
        "<!x>",
        "<frameset>",
        "<plaintext>",
        "<!-- <script> ",
        "<script><!-- x </script>",
        "<p>",
        "<a>",
        "<b data-cdp-html=/h>",
        "<i data-cdp-guest>",
        "<img data-cdp-experience=v>",
        "<i data-cdp-experience=\"bad id\">",
        "a < b <3 data-cdp-experience ",
        "text ",
        "\"",
        "'",
        ">",
        "<",
    ]);
    // Longer than any start tag may be that waits for its end.
    let long = prop::sample::select(vec![
        "x",
        "<script>a<b ",
        "<b title='",
        "<!-- <i ",
        "a<b c=\"",
    ])
    .prop_map(|begin| format!("{begin}{}", "x".repeat(LONGEST_TAG + 1)));
    let piece = prop_oneof![199 => piece.prop_map(str::to_owned), 1 => long];
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

fn cut<'p>(page: &'p str, cuts: &[usize]) -> Vec<&'p [u8]> {
    let mut chunks = Vec::new();
    let mut rest = page.as_bytes();
    for cut in cuts.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (chunk, after) = rest.split_at((*cut).min(rest.len()));
        chunks.push(chunk);
        rest = after;
    }
    chunks
}

proptest! {
    #[test]
    fn resting_changes_no_page(head in markup(), body in markup(), cuts in prop::collection::vec(1_usize..80, 1..40)) {
        let page = format!("<html lang=en><meta charset=utf-8>{head}<body>{body}");
        let read = restless(|| compiled(std::iter::once(page.as_bytes())));
        prop_assert_eq!(compiled(std::iter::once(page.as_bytes())), read.clone());
        prop_assert_eq!(compiled(cut(&page, &cuts).into_iter()), read);
    }

    /// Most pages that [`markup`] makes are beyond a skim before long.
    #[test]
    fn skimming_changes_no_page(body in markup(), cuts in prop::collection::vec(1_usize..80, 1..40)) {
        let page = format!("<body><div>{body}");
        let read = restless(|| compiled(std::iter::once(page.as_bytes())));
        prop_assert_eq!(compiled(std::iter::once(page.as_bytes())), read.clone());
        prop_assert_eq!(compiled(cut(&page, &cuts).into_iter()), read);
    }
}

fn locator() -> Locator {
    locator_of(Look::Components, false)
}

fn locator_of(look: Look, places: bool) -> Locator {
    Locator::new(CompileOptions {
        guest: false,
        look,
        places,
        encoding: UTF_8,
    })
}

#[test]
fn the_parser_does_not_read_what_has_no_marks() {
    let mut locator = locator();
    locator
        .write(b"<html><body><p data-cdp-experience=a>x</p>")
        .unwrap();
    let read = locator.read;
    for _ in 0..100 {
        locator
            .write(b"<p class=\"data-cdp\">no marks here</p>")
            .unwrap();
    }
    assert_eq!(locator.read, read);
    assert_eq!(
        locator.located(),
        read + locator.unread.len(),
        "and all of it may leave"
    );
    locator.write(b"<p data-cdp-experience=b>").unwrap();
    let opened = locator
        .take_sightings()
        .into_iter()
        .filter(|s| matches!(s, Sighting::Open(_)));
    assert_eq!(opened.count(), 2);
}

#[test]
fn what_is_kept_unread_is_bounded() {
    let mut locator = locator();
    locator.write(b"<html><body>").unwrap();
    let chunk = b"<p>text</p>".repeat(1000);
    for _ in 0..(3 * MAX_UNREAD / chunk.len()) {
        locator.write(&chunk).unwrap();
        assert!(locator.unread.len() <= MAX_UNREAD);
    }
}

#[test]
fn a_start_tag_that_is_longer_than_what_may_wait_is_left_to_the_parser() {
    let padding = "x".repeat(LONGEST_TAG);
    let tag = format!("<p title=\"<b>{padding}");
    let mut locator = locator();
    locator.write(b"<html><body>").unwrap();
    for piece in tag.as_bytes().chunks(1000) {
        locator.write(piece).unwrap();
        assert_eq!(locator.located(), 12, "nothing of the tag leaves");
    }
    assert!(locator.unread.is_empty());
    locator.write(b"\" data-cdp-experience=a>x</p>").unwrap();
    assert_eq!(locator.take_sightings().len(), 2);
}

#[test]
fn what_only_looked_like_a_long_start_tag_leaves() {
    let mut locator = locator();
    locator.write(b"<html><body><script>").unwrap();
    let script = format!("if (a<b) x=\"<i t='{}", "y".repeat(LONGEST_TAG + 100));
    locator.write(script.as_bytes()).unwrap();
    assert_eq!(locator.located(), 20 + script.len());
}

#[test]
fn a_mark_behind_what_looked_like_a_long_start_tag_is_seen() {
    let mut locator = locator();
    locator.write(b"<html><body><script>").unwrap();
    let script = format!("if (a<b) x=\"<i t='{}", "y".repeat(LONGEST_TAG + 100));
    locator.write(script.as_bytes()).unwrap();
    locator
        .write(b"</script><p data-cdp-experience=a>x</p>")
        .unwrap();
    assert_eq!(locator.take_sightings().len(), 2);
}

#[test]
fn the_parser_rests_behind_the_places_too() {
    for look in [Look::Components, Look::Facts] {
        let mut locator = locator_of(look, true);
        locator.write(b"<html><head></head><body id=b>").unwrap();
        let read = locator.read;
        for _ in 0..100 {
            locator.write(b"<svg><path/></svg><p>no marks</p>").unwrap();
        }
        assert_eq!(locator.read, read);
        let places = locator.take_sightings();
        let [
            Sighting::HeadEnd(12),
            Sighting::HeadEnd(19),
            Sighting::BodyStart(30),
        ] = places[..]
        else {
            panic!("{places:?}");
        };
    }
}

#[test]
fn where_nothing_is_put_in_no_place_is_noted() {
    for look in [Look::Components, Look::Facts, Look::Fragment] {
        let mut locator = locator_of(look, false);
        locator.write(b"<html><head></head><body><p>x").unwrap();
        let is_place = |s: &Sighting| matches!(s, Sighting::HeadEnd(_) | Sighting::BodyStart(_));
        assert!(!locator.take_sightings().iter().any(is_place));
    }
}
