//! Random pages and decisions for properties.
//!
//! In: nothing. Out: proptest strategies: markup with marks, well-formed or not; values, hostile or not.

use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Value, json};

/// Friendly ids in generated pages.
pub const IDS: [&str; 3] = ["one", "two", "three"];

/// Text and markup that nobody would write on purpose.
const JUNK: [&str; 40] = [
    "</div>",
    "</p>",
    "</span>",
    "</b>",
    "</table>",
    "</template>",
    "</a>",
    "</body>",
    "<p>",
    "<li>",
    "<td>",
    "<tr>",
    "<table>",
    "<select>",
    "<option>",
    "<b>",
    "<a href=x>",
    "<div>",
    "<svg>",
    "</svg>",
    "<math><mi>",
    "<button>",
    "<h2>",
    "</h3>",
    "<form>",
    "<template>",
    "<!-- c -->",
    "<!--",
    "-->",
    "<![CDATA[x]]>",
    "<?php ?>",
    "<br>",
    "<br/>",
    "<script>'</div>'</script>",
    "<style></style>",
    "<textarea><p></textarea>",
    "<iframe></iframe>",
    "<",
    "&lt",
    "é\0\r\n",
];

/// Elements of generated pages.
const NAMES: [&str; 20] = [
    "div", "section", "p", "span", "b", "a", "ul", "li", "dl", "dd", "table", "tr", "td", "h2",
    "x-y", "button", "form", "svg", "select", "DIV",
];

/// Marks without a component; `/t` is text, `/h` HTML, `/u` a URL, `/i` a condition, `/o` an object, `/none` absent.
const MARKS: [&str; 16] = [
    " data-cdp-text=/t",
    " data-cdp-text=\"/none\"",
    " data-cdp-text='/o'",
    " data-cdp-text=bad",
    " data-cdp-html=/h",
    " data-cdp-if=/i",
    " data-cdp-if=/none",
    " data-cdp-attr-title=/t",
    " title='old' data-cdp-attr-title=\"/t\"",
    " DATA-CDP-ATTR-CLASS=/t class=old",
    " data-cdp-attr-href=/u href=/old",
    " data-cdp-attr-onclick=/t",
    " class=\"component\"",
    " id=x",
    " data-cdp-attr-alt=/t alt",
    "",
];

/// Marks of a component beside its id.
const OWN_MARKS: [&str; 6] = [
    "",
    "",
    "",
    " data-cdp-fragment=/f",
    " data-cdp-variant-from=/o/v",
    " data-cdp-text=/t",
];

/// Whether elements may be left open, closed by others' end tags, or stand among junk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Every element has its own end tag, in order, and elements may stand in one another.
    Sound,
    /// Anything.
    Any,
}

/// A page of any form; after `<body>` and outside of components the parser may rest.
pub fn page() -> BoxedStrategy<String> {
    let head = select(
        &[
            "",
            "<body>",
            "<!DOCTYPE html><html lang=en><body class='x'>",
        ][..],
    );
    (head, markup(Form::Any))
        .prop_map(|(head, body)| format!("{head}{body}"))
        .boxed()
}

/// Markup with marks and components.
pub fn markup(form: Form) -> BoxedStrategy<String> {
    let text = "[a-z é&;=\"'-]{0,8}".prop_map(|text: String| text.replace('&', "&amp;"));
    let void = select(&["img", "input", "br"][..])
        .prop_flat_map(|name| select(&MARKS[..]).prop_map(move |marks| format!("<{name}{marks}>")));
    let leaf = match form {
        Form::Sound => prop_oneof![3 => text, 1 => void].boxed(),
        Form::Any => {
            prop_oneof![3 => text, 1 => void, 3 => select(&JUNK[..]).prop_map(str::to_owned)]
                .boxed()
        }
    };
    leaf.prop_recursive(4, 24, 4, move |inner| {
        let content = vec(inner, 0..4).prop_map(|parts| parts.concat());
        prop_oneof![
            3 => element(form, content.clone()),
            2 => component(form, content.clone()),
            1 => content,
        ]
    })
    .boxed()
}

/// One component with its content.
pub fn component(
    form: Form,
    content: impl Strategy<Value = String> + Clone + 'static,
) -> BoxedStrategy<String> {
    let variant = (select(&["v", "w", ""][..]), content.clone())
        .prop_map(|(id, inner)| format!("<template data-cdp-variant=\"{id}\">{inner}</template>"));
    let marks = (select(&IDS[..]), select(&OWN_MARKS[..]), select(&MARKS[..]))
        .prop_map(|(id, own, marks)| format!(" data-cdp-experience=\"{id}\"{own}{marks}"));
    let content = (content.clone(), vec(variant, 0..3), content)
        .prop_map(|(before, variants, after)| format!("{before}{}{after}", variants.concat()));
    whole(form, marks, content)
}

fn element(form: Form, content: impl Strategy<Value = String> + 'static) -> BoxedStrategy<String> {
    let marks = vec(select(&MARKS[..]), 0..3).prop_map(|marks| marks.concat());
    whole(form, marks, content)
}

fn whole(
    form: Form,
    marks: impl Strategy<Value = String> + 'static,
    content: impl Strategy<Value = String> + 'static,
) -> BoxedStrategy<String> {
    let names = match form {
        // Elements that may hold each other and themselves.
        Form::Sound => &["div", "section", "DIV", "article"][..],
        Form::Any => &NAMES[..],
    };
    let ending = match form {
        Form::Sound => Just(0).boxed(),
        Form::Any => (0..8).boxed(),
    };
    (select(names), marks, content, ending, select(&NAMES[..]))
        .prop_map(|(name, marks, content, ending, other)| match ending {
            0..=4 => format!("<{name}{marks}>{content}</{name}>"),
            5 => format!("<{name}{marks}>{content}"),
            6 => format!("<{name}{marks}>{content}</{other}>"),
            _ => format!("<{name}{marks}/>{content}</{name} >"),
        })
        .boxed()
}

/// Plain markup without marks.
pub fn plain() -> BoxedStrategy<String> {
    let text = "[a-zA-Z0-9 .,]{0,12}";
    let junk = select(&JUNK[..]).prop_map(str::to_owned);
    vec(prop_oneof![2 => text.boxed(), 1 => junk.boxed()], 0..4)
        .prop_map(|parts| parts.concat())
        .boxed()
}

/// Values that try to be something else; each has something to see in it.
pub fn hostile() -> BoxedStrategy<String> {
    let parts = [
        "</b>",
        "</div>",
        "</body>",
        "<script>alert(1)</script>",
        "<!--",
        "-->",
        "<plaintext>",
        "\"",
        "'",
        "`",
        "=",
        "&",
        "&lt;",
        "&#60;",
        "&quot",
        " onload=x",
        ">",
        "<",
        "/>",
        "\0",
        "\r",
        "\n",
        "\t",
        "]]>",
        "<![CDATA[",
        "<svg>",
        "</textarea>",
        "</title>",
        "</style>",
        "<template>",
        "</template>",
        "é",
        "中",
        "😀",
        "\u{2028}",
        "\u{FEFF}",
        "javascript:",
        "x",
        "\\",
        "{{",
        "ソ",
    ];
    vec(select(parts.to_vec()), 1..6)
        .prop_map(|parts| format!("x{}", parts.concat()))
        .boxed()
}

/// A decision that has something at every pointer of the marks.
pub fn decision(text: &str, html: &str, choice: u8) -> Value {
    let ids = ["v", "w", "", "x_default", "unknown"];
    json!({
        "variantId": ids[usize::from(choice) % ids.len()],
        "t": text,
        "h": html,
        "u": "/new?a=1&b=2",
        "i": choice.is_multiple_of(3),
        "o": {"v": "w"},
        "f": if choice.is_multiple_of(4) { json!("/fragment") } else { json!(null) },
    })
}

/// HTML as a decision may bring it, balanced more often than not.
pub fn value_html() -> BoxedStrategy<String> {
    let names = [
        "b", "i", "a", "p", "div", "span", "ul", "ol", "li", "dl", "dt", "dd", "table", "tbody",
        "tr", "td", "th", "caption", "h2", "h3", "button", "nobr", "section", "option", "select",
        "label", "font", "ruby", "rt", "object", "form", "template", "svg", "script", "textarea",
        "style", "datalist", "details", "summary", "marquee", "iframe", "center", "pre", "title",
        "frameset", "body",
    ];
    let leaf = prop_oneof![
        3 => "[a-z ]{1,4}".boxed(),
        1 => select(&["<br>", "<img src=x>", "<hr>", "<input>", "<!-- c -->", "&amp;", "<", "<wbr>"][..]).prop_map(str::to_owned).boxed(),
        1 => select(&JUNK[..]).prop_map(str::to_owned).boxed(),
    ];
    leaf.prop_recursive(4, 16, 3, move |inner| {
        let content = vec(inner, 0..3).prop_map(|parts| parts.concat());
        (select(names.to_vec()), content, 0..12_u8).prop_map(|(name, content, ending)| match ending
        {
            0 => format!("<{name}>{content}"),
            1 => format!("<{name} class=\"x\" title='>'>{content}</{name} >"),
            _ => format!("<{name}>{content}</{name}>"),
        })
    })
    .boxed()
}

/// What stands before and after an element that takes HTML, and its name.
pub fn host() -> BoxedStrategy<((&'static str, &'static str), &'static str)> {
    let around = [
        ("<div>", "</div>"),
        ("<p>", "</p>"),
        ("<a href=/x>", "</a>"),
        ("<ul><li>", "</li></ul>"),
        ("<dl><dd>", "</dd></dl>"),
        ("<table><tr><td>", "</td></tr></table>"),
        ("<button>", "</button>"),
        ("<h2>", "</h2>"),
        ("<p><b>", "</b></p>"),
        ("<nobr>", "</nobr>"),
        ("<label>", "</label>"),
        ("<fieldset><legend>", "</legend></fieldset>"),
        ("<details><summary>", "</summary></details>"),
        ("<object>", "</object>"),
    ];
    let hosts = [
        "div", "span", "p", "b", "a", "h2", "ul", "ol", "dl", "section", "button", "label", "x-y",
        "nobr", "pre", "object", "center", "details",
    ];
    (select(around.to_vec()), select(hosts.to_vec())).boxed()
}
