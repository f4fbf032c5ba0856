//! C: shapes of pages. Shapes are proved natively (`cases/`, `identity.rs`, `properties.rs`, `splice.rs`); here is that the
//! worst of them pass through the whole Worker, in whatever pieces they come.

use serde_json::json;
use xm_edge_tests::{Page, Reply, World, assert_bytes, component, variant};

use crate::common::{assert_counted, assert_next_page_is_fine, take_shown};

const D: &str = "DEFAULT";

fn hero() -> String {
    component("hero", &format!("{D}{}", variant("b", "B")))
}

/// A page of this body, with a good component behind it; the component is shown and everything else is as XM sent it.
#[track_caller]
fn assert_only_hero_changes(before: &str) {
    let world = World::start();
    world
        .cdp
        .any_flow(|_| Reply::json(json!({"variantId": "b"})));
    let page = |hero: &str| Page::with(format!("{before}{hero}<p>behind</p>")).html();
    let html = page(&hero());
    // In pieces of a few bytes, and large markup in no more pieces than the budget bears.
    let size = (html.len() / 150).max(7);
    for reply in [
        Reply::html(&html),
        html.as_bytes()
            .chunks(size)
            .fold(Reply::html_stream(), Reply::part),
    ] {
        world.page("/", reply);
        let (plain, shown) = take_shown(&world.revisit("/").get().decoded());
        assert_bytes(&plain, page(&component("hero", "B")).as_bytes(), before);
        assert_eq!(shown, ["b"], "{before}");
    }
    assert_next_page_is_fine(&world);
}

macro_rules! only_hero_changes {
    ($($name:ident: $before:expr;)+) => {
        $(
            #[test]
            fn $name() {
                assert_only_hero_changes(&$before);
            }
        )+
    };
}

/// A component that no browser would see as one.
fn unseen() -> String {
    component("hidden", &variant("b", "NEVER"))
}

only_hero_changes! {
    a_component_in_a_script: format!("<script>var t = '{}';</script>", unseen());
    a_component_in_a_comment: format!("<!--[if lt IE 9]>{}<![endif]-->", unseen());
    a_component_in_a_textarea: format!("<textarea>{}</textarea>", unseen());
    a_component_in_a_template: format!("<template>{}</template>", unseen());
    a_component_in_noscript: format!("<noscript>{}</noscript>", unseen());
    a_component_in_cdata_of_a_picture: format!("<svg><title><![CDATA[{}]]></title></svg>", unseen());
    a_mark_of_64_kb: format!("<p data-cdp-experience=\"{}\">x</p>", "x".repeat(64 * 1024));
    an_element_with_a_mark_twice: "<p data-cdp-experience=\"\" data-cdp-experience=\"hero\">x</p>";
    end_tags_of_nothing: "</div></section></p></table></x-y>";
    a_hundred_nul_bytes_and_lone_signs: format!("{}<<< <> </ > &&#0; &#x110000;", "\0".repeat(100));
}

/// A page in which parsers disagree: from there on it is as XM sent it, and nothing is lost.
#[test]
fn a_select_that_parsers_read_differently_ends_all_decisions() {
    let world = World::start();
    world.cdp.decide("hero", json!({"variantId": "b"}));
    let body = |first: &str| format!("{first}<select><iframe></select>{}<p>behind</p>", hero());
    world.page("/", Reply::html(Page::with(body(&hero())).html()));
    let (plain, shown) = take_shown(&world.revisit("/").get().decoded());
    let expected = Page::with(body(&component("hero", "B"))).html();
    assert_bytes(&plain, expected.as_bytes(), "the page");
    assert_eq!(shown, ["b"], "the component in front is shown");
    assert_counted(&world, "ambiguous_markup");
    assert_next_page_is_fine(&world);
}
