//! The pages: markup as XM's SXA renders it, the same bytes on every machine.
//!
//! In: a size and a number of components. Out: HTML of exactly that size. Nothing in it comes from a real site.

use std::fmt::Write;

use super::case::{Case, friendly_id};

/// Attributes and elements that XM pages repeat in every block.
const CLASSES: [&str; 6] = [
    "component rich-text col-xs-12 position-center",
    "component row-splitter col-xs-12",
    "component image file-type-icon-media-link col-md-4",
    "component link-list list-vertical col-md-3",
    "component promo promo-hero col-xs-12 col-md-6",
    "component column-splitter",
];
const WORDS: [&str; 24] = [
    "tent", "canvas", "weather", "harbour", "walk", "lantern", "kettle", "wool", "morning",
    "stove", "boots", "valley", "repair", "bench", "thread", "river", "season", "light", "weight",
    "the", "of", "and", "with", "for",
];

/// The page of a case.
pub fn page(case: &Case) -> String {
    let size = case.kib * 1024;
    let mut page = Writer {
        html: String::with_capacity(size + 4096),
        state: 0x2545_F491_4F6C_DD1D,
    };
    page.head();
    let start = page.html.len();
    let room = size.saturating_sub(start + TAIL.len());
    let components: Vec<String> = (0..case.components)
        .map(|number| {
            let friendly_id = friendly_id(number % case.flows.max(1));
            match room < case.components * PROMO_BYTES {
                true => teaser(number, &friendly_id),
                false => promo(number, &friendly_id),
            }
        })
        .collect();
    let filler =
        size.saturating_sub(start + TAIL.len() + components.iter().map(String::len).sum::<usize>());
    let mut filled = 0;
    for (number, component) in components.iter().enumerate() {
        // The first component stands after a share of the page, as a hero stands after the navigation.
        let until = filler * (number + 1) / (components.len() + 1);
        // A block is put where there is room for it: small pages have few between their components.
        if until >= filled + BLOCK_BYTES || number == 0 {
            filled += page.blocks(until.saturating_sub(filled));
        }
        page.html.push_str(component);
    }
    page.blocks(size.saturating_sub(page.html.len() + TAIL.len() + BLOCK_BYTES));
    page.end(size);
    if case.unmarked {
        return page.html.replace("data-cdp-", "data-old-");
    }
    page.html
}

/// As large as a block or a promo can be.
const BLOCK_BYTES: usize = 1024;
const PROMO_BYTES: usize = 1024;

const TAIL: &str = "</p></div></div></main><footer id=\"footer\"><div class=\"row\"><p>&copy; Northmere</p></div></footer>\
    <script src=\"/-/media/Base%20Themes/optimized-min.js?t=20260801\"></script></body></html>\n";

struct Writer {
    html: String,
    state: u64,
}

impl Writer {
    /// xorshift64*: the same sequence everywhere.
    fn next(&mut self, below: usize) -> usize {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        let mixed = self.state.wrapping_mul(0x2545_F491_4F6C_DD1D);
        usize::try_from(mixed >> 33).unwrap_or_default() % below
    }

    fn words(&mut self, count: usize) {
        for _ in 0..count {
            let word = WORDS[self.next(WORDS.len())];
            self.html.push_str(word);
            self.html.push(' ');
        }
    }

    fn head(&mut self) {
        self.html.push_str(
            "<!DOCTYPE html>\r\n<html class=\"no-js\" lang=\"en\">\r\n<head>\r\n<title>Gear that is mended, not replaced</title>\r\n\
             <meta charset=\"utf-8\" />\r\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\" />\r\n\
             <meta name=\"cdp:page\" content=\"bench\" />\r\n<link rel=\"canonical\" href=\"https://www.northmere.example/\" />\r\n",
        );
        for name in ["core-libraries", "bootstrap-4", "main-theme"] {
            let _ = write!(
                self.html,
                "<link href=\"/-/media/Base%20Themes/{name}/styles/optimized-min.css?t=20260801T101500Z\" rel=\"stylesheet\" />\r\n"
            );
        }
        self.html.push_str(
            "<script>window.dataLayer = window.dataLayer || []; if (1 < 2 && document) { dataLayer.push({ page: \"bench\" }); }</script>\r\n\
             </head>\r\n<body class=\"default-device bodyclass\">\r\n<header id=\"header\"><nav class=\"component navigation\"><ul class=\"clearfix\">\r\n",
        );
        for number in 0..12 {
            let _ = write!(
                self.html,
                "<li class=\"level1 item{number} rel-level1\"><div class=\"navigation-title field-navigationtitle\"><a title=\"Gear {number}\" href=\"/gear/{number}\">Gear {number}</a></div></li>\r\n"
            );
        }
        self.html
            .push_str("</ul></nav></header>\r\n<main id=\"content\">\r\n");
    }

    /// Blocks of at least `bytes` in all; returns how many they are.
    fn blocks(&mut self, bytes: usize) -> usize {
        let start = self.html.len();
        while self.html.len() - start < bytes {
            self.block();
        }
        self.html.len() - start
    }

    fn block(&mut self) {
        let class = CLASSES[self.next(CLASSES.len())];
        let number = self.next(10_000);
        let _ = write!(
            self.html,
            "<div class=\"{class}\" id=\"block-{number}\">\r\n    <div class=\"component-content\">\r\n        <h3 class=\"field-title\">"
        );
        self.words(4);
        let _ = write!(
            self.html,
            "</h3>\r\n        <a href=\"/gear/{number}?ref=list\" title=\"Item {number}\" data-variantitemid=\"{{{number:08X}-0000}}\">\
             <img src=\"/-/media/Northmere/Images/{number}.jpg?h=480&amp;w=640\" alt=\"Item {number}\" width=\"640\" height=\"480\" loading=\"lazy\" /></a>\r\n        <p class=\"field-text\">"
        );
        let count = 18 + self.next(30);
        self.words(count);
        self.html.push_str("<em>");
        self.words(2);
        self.html.push_str("</em>");
        self.words(8);
        self.html.push_str("</p>\r\n    </div>\r\n</div>\r\n");
    }

    /// The tail, and text that makes the size exact.
    fn end(&mut self, size: usize) {
        self.html
            .push_str("<div class=\"component\"><div class=\"component-content\"><p>");
        while self.html.len() + TAIL.len() < size {
            self.html.push('.');
        }
        self.html.push_str(TAIL);
    }
}

/// A promo with four bound elements and two variants; every fourth is an experiment.
fn promo(number: usize, friendly_id: &str) -> String {
    let kind = kind(number);
    format!(
        "<section class=\"component promo col-xs-12\" data-cdp-{kind}=\"{friendly_id}\">\r\n\
        <div class=\"component-content\"><img src=\"/-/media/promo.jpg\" alt=\"Promo {number}\" data-cdp-attr-src=\"/image/src\" data-cdp-attr-alt=\"/image/alt\" />\
        <h2 class=\"field-promotext\" data-cdp-text=\"/headline\">Made once</h2><p data-cdp-if=\"/delivery\">Free delivery</p>\
        <a class=\"promo-link\" href=\"/gear\" data-cdp-attr-href=\"/cta/href\" data-cdp-text=\"/cta/label\">All gear</a></div>\r\n\
        <template data-cdp-variant=\"b\"><div class=\"component-content\"><h2>Mended for life</h2><p>Bring it back, {number} times.</p></div></template>\r\n\
        <template data-cdp-variant=\"c\"><div class=\"component-content\"><h2>Lent for a week</h2></div></template>\r\n</section>\r\n"
    )
}

/// A teaser with one bound element and one variant: fifty of them fit into a page of 15 KB.
fn teaser(number: usize, friendly_id: &str) -> String {
    format!(
        "<p data-cdp-{}=\"{friendly_id}\"><i><b data-cdp-text=\"/headline\">No. {number}</b></i><template data-cdp-variant=\"b\"><b>Mended</b></template></p>\r\n",
        kind(number)
    )
}

const fn kind(number: usize) -> &'static str {
    if number % 4 == 3 {
        "experiment"
    } else {
        "experience"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::case::for_streaming;

    #[test]
    fn pages_have_their_size_their_components_and_the_same_bytes_each_time() {
        for case in for_streaming(false) {
            let html = page(&case);
            assert_eq!(html.len(), case.kib * 1024, "{case:?}");
            let marks = html.matches("data-cdp-experience=").count()
                + html.matches("data-cdp-experiment=").count();
            assert_eq!(marks, case.components, "{case:?}");
            assert!(html.ends_with(TAIL), "{case:?}");
            assert!(html == page(&case), "{case:?} differs from itself");
        }
    }
}
