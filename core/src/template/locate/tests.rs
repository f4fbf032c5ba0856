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

/// The locator of a page that came in these chunks, and how many bytes of it the parser was spared.
fn spared(chunks: &[&str]) -> (Locator, usize) {
    let mut locator = locator();
    for chunk in chunks {
        locator.write(chunk.as_bytes()).unwrap();
    }
    let spared = locator.seen.borrow().shift;
    (locator, spared)
}

#[test]
fn the_parser_is_spared_what_stands_between_components() {
    let text = "<p>no mark</p>".repeat(100);
    let mark = "<p data-cdp-experience=b>";
    #[rustfmt::skip]
    let before: &[(&[&str], usize)] = &[
        (&["<body>"], 0),
        (&["<body><p data-cdp-experience=a>x</p>"], 0),
        (&["<body><img data-cdp-experience=a>"], 0),
        (&["<body>", "<i data-cdp-experience", "=a>x</i>"], 0),
        (&["<body>", "<i data-cdp-experience=a", ">x</i>"], 0),
        (&["<body><p data-cdp-experience=a><svg><path/></svg></p>"], 0),
        (&["<body><!-- data-cdp-exp", " -->"], 21),
        (&["<body><!-- data-cdp-exp -->"], 21),
        (&["<body><script>'<p data-cdp-experience=n>'</script>"], 44),
    ];
    for (before, more) in before {
        let mut chunks = before.to_vec();
        chunks.extend([text.as_str(), mark]);
        let (mut locator, spared) = spared(&chunks);
        assert_eq!(spared, text.len() + more, "{before:?}");
        let page = chunks.concat();
        let mut starts = locator
            .take_sightings()
            .into_iter()
            .filter_map(|s| match s {
                Sighting::Open(opened) => Some(opened.tag.end),
                _ => None,
            });
        assert_eq!(starts.next_back(), Some(page.len()), "{before:?}");
    }
}

#[test]
fn the_parser_reads_all_where_tags_may_be_more_than_tags() {
    let text = "<p>no mark</p>".repeat(100);
    for before in [
        "<head><svg></head><body>",
        "<body><math>",
        "<body><p data-cdp-experience=a><svg></p>",
        "<body><p data-cdp-experience=a><select></p>",
        "<body><svg><a data-cdp-experience=a>x</a>",
    ] {
        let (_, spared) = spared(&[before, &text, "<p data-cdp-experience=b>"]);
        assert_eq!(spared, 0, "{before}");
    }
}

#[test]
fn behind_a_component_tags_are_tags_unless_something_in_it_did_not_end_by_itself() {
    let text = "<p>no mark</p>".repeat(100);
    #[rustfmt::skip]
    let contents = [
        ("<svg><path/><g></g></svg>", true), ("<svg><title>t</title><desc>d</desc></svg>", true), ("<title>t</title>", true),
        ("<select><option>a</option></select>", true), ("<template></template>", true), ("<svg></svg><div>x</div>", true),
        ("<svg></svg><foreignobject>x</foreignobject>", true), ("<select></select><template></template>", true), ("<desc>x", true),
        ("<svg></svg><desc>x", true), ("<math></math>", false), ("<frameset></frameset>", false), ("<svg>", false), ("<svg/>", false),
        ("<svg><foreignobject></foreignobject></svg>", false), ("<svg><title>t</svg>", false), ("<svg><div></div></svg>", false),
        ("<svg><desc><b>x</b></desc></svg>", false), ("<select><template></template></select>", false), ("<select>", false),
    ];
    for (content, is_spared) in contents {
        let component = format!("<body><section data-cdp-experience=a>{content}</section>");
        let (_, spared) = spared(&[&component, &text, "<p data-cdp-experience=b>"]);
        assert_eq!(spared, if is_spared { text.len() } else { 0 }, "{content}");
    }
}

#[test]
fn what_is_a_component_does_not_depend_on_who_reads_what_is_before_it() {
    for page in [
        "<body><svg><g><a data-cdp-experience=a>x</a><![CDATA[ > <p data-cdp-experience=n></p>]]></g></svg>",
        "<body><p>x<svg><title>t</title><![CDATA[ > <p data-cdp-experience=n></p>]]></svg>",
        "<body><math><mi data-cdp-experience=a>x</mi><![CDATA[ > <p data-cdp-experience=n></p>]]></math>",
        "<body><p data-cdp-experience=a><svg></p><![CDATA[ > <p data-cdp-experience=n></p>]]></svg>",
    ] {
        let read = restless(|| compiled(std::iter::once(page.as_bytes())));
        for size in [1, 5, 16, page.len()] {
            assert_eq!(compiled(page.as_bytes().chunks(size)), read, "{page}");
        }
    }
}

#[test]
fn behind_more_than_may_be_kept_unread_a_component_stands_where_it_stands() {
    let text = "<p>no mark</p>".repeat(MAX_UNREAD / 14 + 1_000);
    let (mut locator, spared) = spared(&["<body>", &text, "<p data-cdp-experience=b>"]);
    assert_eq!(spared, text.len());
    let sightings = locator.take_sightings();
    let [Sighting::Open(opened)] = &sightings[..] else {
        panic!("{sightings:?}");
    };
    assert_eq!(opened.tag.start, "<body>".len() + text.len());
}

#[test]
fn a_tag_that_is_cut_behind_more_than_may_be_kept_unread_is_a_tag() {
    let text = "<p>no mark</p>".repeat(MAX_UNREAD / 14 + 1_000);
    for tag in [
        ["<", "p data-cdp-experience=b>"],
        ["</", "p><p data-cdp-experience=b>"],
        ["<p", " data-cdp-experience=b>"],
        ["<!", "--><p data-cdp-experience=b>"],
        ["<!-- <p></p> -", "-><p data-cdp-experience=b>"],
    ] {
        let (mut locator, _) = spared(&["<body>", &format!("{text}{}", tag[0]), tag[1]]);
        let sightings = locator.take_sightings();
        let page_len = "<body>".len() + text.len() + tag.concat().len();
        let [.., Sighting::Open(opened)] = &sightings[..] else {
            panic!("{tag:?}: {sightings:?}");
        };
        assert_eq!(opened.tag.end, page_len, "{tag:?}");
    }
}

#[test]
fn what_has_no_end_is_read_before_it_is_more_than_may_be_kept() {
    for begin in ["<!-- ", "<!-- data-cdp-exp", "<script>data-cdp-exp"] {
        let (mut locator, _) = spared(&["<body>", begin]);
        assert_eq!(locator.unread.len(), begin.len(), "{begin} waits");
        let text = "text ".repeat(20_000);
        for _ in 0..12 {
            locator.write(text.as_bytes()).unwrap();
            assert!(locator.unread.len() <= MAX_UNREAD, "{begin}");
        }
    }
}

#[test]
fn a_tag_that_is_more_than_the_parser_may_keep_is_told_as_such() {
    for (len, written) in [(2 << 20, Ok(())), (3 << 20, Err(Failure::ParserLimit))] {
        let mut locator = locator();
        let tag = format!("<html><body><p title=\"{}", "x".repeat(len));
        assert_eq!(locator.write(tag.as_bytes()), written, "{len} bytes");
    }
}

#[test]
fn the_parser_reads_up_to_where_it_may_rest() {
    let (outside, _) = spared(&["<html>"]);
    for (rest, len) in [
        ("<head></head><body id=b><p>", 24),
        ("<head></head><BODY", 18),
        ("<head></head>text", 13),
        ("text", 4),
    ] {
        assert_eq!(outside.slice(rest.as_bytes()), len, "{rest}");
    }
    let (inside, _) = spared(&["<body><section data-cdp-experience=a>"]);
    for (rest, len) in [
        ("x<b>y</b></section ><p>", 20),
        ("x</b></SECTION>", 15),
        ("<section></b>x", 13),
        ("x</section", 10),
    ] {
        assert_eq!(inside.slice(rest.as_bytes()), len, "{rest}");
    }
    assert_eq!(inside.slice(&[b'x'; 5_000]), SLICE);
}

#[test]
fn a_charset_is_declared_by_its_meta_alone_and_before_the_first_component() {
    let koi = "content='text/html; charset=koi8-r'";
    #[rustfmt::skip]
    let pages = [
        (format!("<meta http-equiv=Content-Type {koi}>"), Some("koi8-r")),
        (format!("<meta name=description {koi}>"), None),
        (format!("<title data-cdp-experience=a>x</title><meta http-equiv=content-type {koi}>"), None),
        ("<title data-cdp-experience=a>x</title><meta charset=koi8-r>".to_owned(), None),
        ("<meta charset=gbk><meta charset=koi8-r>".to_owned(), Some("gbk")),
        ("<body><meta charset=koi8-r>".to_owned(), None),
    ];
    for (page, charset) in pages {
        let (locator, _) = spared(&[&page]);
        assert_eq!(locator.facts().charset.as_deref(), charset, "{page}");
    }
}

#[test]
fn no_more_elements_are_watched_than_may_be() {
    let nested = "<i data-cdp-text=/t>".repeat(100);
    let (locator, _) = spared(&["<body><div data-cdp-experience=a>", &nested]);
    assert_eq!(locator.seen.borrow().watches.len(), 64);
    assert_eq!(locator.seen.borrow().open, 101);
}

#[test]
fn so_much_as_may_be_kept_unread_is_kept_and_not_a_byte_more() {
    let mut locator = locator();
    locator.write(b"<html><body>").unwrap();
    let text = vec![b'x'; 1 << 20];
    locator.write(&text).unwrap();
    assert_eq!(locator.unread.len(), text.len());
    locator.write(b"x").unwrap();
    assert!(locator.unread.is_empty());
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
fn a_start_tag_waits_up_to_the_last_byte_that_it_may() {
    let mut locator = locator();
    locator.write(b"<html><body>").unwrap();
    let tag = format!("<p title={}", "x".repeat(LONGEST_TAG - 9));
    locator.write(tag.as_bytes()).unwrap();
    assert_eq!(locator.unread.len(), LONGEST_TAG);
    locator.write(b"x").unwrap();
    assert!(locator.unread.is_empty());
}

#[test]
fn a_mark_right_behind_one_that_waited_is_seen() {
    let mut locator = locator();
    locator.write(b"<html><body><!-- data-cdp-exp").unwrap();
    locator.write(b"--><p data-cdp-experience=a>x</p>").unwrap();
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
