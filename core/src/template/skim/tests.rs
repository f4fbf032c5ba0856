//! What a skim reads, and what it leaves to the parser.

use super::*;

/// What is read of `page` up to the first mark, and how it ends.
fn skimmed(page: &str) -> (&str, String, End) {
    let mark = page.find("data-cdp-exp").unwrap() + 12;
    let skimmed = skim(page.as_bytes(), mark);
    let digest = String::from_utf8(skimmed.digest).unwrap();
    (page.get(..skimmed.len).unwrap(), digest, skimmed.end)
}

const TAG: &str = "<p data-cdp-experience=a>";

#[test]
fn the_parser_is_told_what_stays_open_and_what_closes_before_it() {
    #[rustfmt::skip]
    let cases = [
        ("", ""), ("text", ""), ("<b>x</b>", ""), ("<div><p>x", "<div><p>"), ("x</div>", "</div>"),
        ("<ul><li>a<li>b</ul>", ""), ("<br><img src=a><hr/>", ""), ("<b></i>", "<b></i>"), ("</b><i>", "</b><i>"),
        ("<DIV class=\">\"></div x>", ""), ("<div/>", "<div>"), ("<x-a></X-A>", ""),
        ("<!-- <p> --><!-->x<!--->y<!--a--!>z<!----->", ""), ("<!doctype x><?php ?></ p>", ""),
        ("<script>if (a<b) '</scrip' </script >", ""), ("<style>a>b{}</style><title><b></title>", ""),
        ("<svg><title>t</title><path d=x/><g><path/></g></svg>", ""),
        ("<select><option>a<option>b</select>", ""), ("<template><p></template>", ""),
        ("<svg><!-- <p> --><?x <p><path/></ <p></1><g>a < b</g></svg>", ""), ("<svg>a < b</svg>", ""),
        ("<svg><TITLE>a</Title><desc>b</desc><x:y z='>'></x:y></SVG >", ""),
        ("<select><!-- <b> --><OPTGROUP label='>'><option>a<hr></optgroup>a < b</SELECT >", ""), ("<select>a < b</select>", ""),
        ("a < b > c <3 <", ""),
        ("<!---><p>", "<p>"), ("<!-- a --!><p>", "<p>"), ("<!--<b>--><p>", "<p>"), ("<!--<b>--!><p>", "<p>"), ("<!-- a -- b --><p>", "<p>"),
    ];
    for (before, digest) in cases {
        let page = format!("{before}{TAG}");
        assert_eq!(
            skimmed(&page),
            (before, digest.to_owned(), End::Mark(Some(TAG.len()))),
            "{before}"
        );
    }
}

#[test]
fn a_mark_that_is_in_no_start_tag_is_passed() {
    #[rustfmt::skip]
    let around = [
        ("<!-- ", "-->"), ("<!--- ", "--!>"), ("<script>'", "</script>"), ("<textarea>", "</textarea>"), ("<!x ", ""), ("<?x ", ""),
        ("</p ", ""), ("</ ", ""), ("</1 ", ""),
    ];
    for (before, after) in around {
        let page = format!("<b>{before}{TAG}{after}<i>");
        let (read, digest, end) = skimmed(&page);
        assert_eq!(end, End::Past, "{before}");
        assert_eq!(read, format!("<b>{before}{TAG}{after}"));
        let told = if before == "</p " { "<b></p>" } else { "<b>" };
        assert_eq!(digest, told, "{before}");
    }
}

#[test]
fn what_is_not_all_there_waits_and_a_tag_with_a_mark_does_not() {
    for before in ["<!-- ", "<script>'", "<textarea>", "<noscript>"] {
        let page = format!("<b>{before}{TAG}");
        assert_eq!(
            skimmed(&page),
            ("<b>", "<b>".to_owned(), End::Unfinished),
            "{before}"
        );
    }
    for lost in ["<svg", "<select", "<math"] {
        let page = format!("<b>{lost} data-cdp-experience=\"a");
        assert_eq!(
            skimmed(&page),
            ("<b>", "<b>".to_owned(), End::Lost),
            "{lost}"
        );
    }
    let page = "<b><i data-cdp-experience=\"a";
    assert_eq!(skimmed(page), ("<b>", "<b>".to_owned(), End::Mark(None)));
}

#[test]
fn what_depends_on_more_than_tags_is_left_to_the_parser() {
    #[rustfmt::skip]
    let beyond = [
        "<math>", "<plaintext>", "<frameset>", "<body>", "<svg/>", "<svg><p></svg>", "<svg><![CDATA[x]]></svg>", "<svg>",
        "<svg><title><b></title></svg>", "<svg></g></svg>", "<select><b></select>", "<select>", "<b\u{e9}>",
        "<script><!-- <script></script>", "<div><template></div>", "<select></ x></select>", "<select><?x></select>",
        "<select></1></select>",
    ];
    for beyond in beyond {
        let page = format!("<i>{beyond}{TAG}</svg></select></script>");
        assert_eq!(skimmed(&page).2, End::Lost, "{beyond}");
    }
}
