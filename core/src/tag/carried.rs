//! How to tell that a page carries the tag already, so that none is put in twice.
//!
//! In: the site's tag. Out: the texts that tell. A mention in a comment counts: a missing tag is seen at once, a doubled one
//! spoils numbers silently.

use crate::{config::Tag, insertion::Detector};

/// Finds `tag` in a page that streams past.
#[must_use]
pub fn detector(tag: &Tag) -> Detector {
    match tag {
        Tag::Boxever { library_url } => {
            Detector::new(&[&["_boxever_settings"], &["/boxever-1."], &[library_url]])
        }
        Tag::Engage { library_url } => {
            Detector::new(&[&["Engage.init"], &["/sitecore-engage-v"], &[library_url]])
        }
        // Without the host: containers are also served from a site's own. The frame alone tells as well: in older snippets
        // it comes first.
        Tag::Gtm { container_id } => Detector::new(&[
            &["gtm.js", container_id],
            &[&format!("ns.html?id={container_id}")],
        ]),
        Tag::None | Tag::Own => Detector::new(&[]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_carries_the_tag_is_told() {
        let engage = Tag::Engage {
            library_url: "https://cdn.example/engage.js".to_owned(),
        };
        let boxever = Tag::Boxever {
            library_url: "https://cdn.example/boxever-1.4.8.min.js".to_owned(),
        };
        let gtm = Tag::Gtm {
            container_id: "GTM-ABC123".to_owned(),
        };
        #[rustfmt::skip]
        let cases = [
            (&engage, "<script>x = await window.Engage.init({})</script>", true),
            (&engage, "<script src='https://cdn.example/engage.js'></script>", true),
            (&engage, "<script src='//cdn.other.example/sitecore-engage-v.1.4.3.min.js'></script>", true),
            (&engage, "<script>_boxever_settings = {}</script>", false),
            (&engage, "<p>Engage. init</p>", false),
            (&boxever, "<script>var _boxever_settings = {}</script>", true),
            (&boxever, "<script src=//cdn.other.example/boxever-1.4.9.min.js>", true),
            (&boxever, "<script src=https://cdn.example/boxever-1.4.8.min.js>", true),
            (&gtm, "<script>(w,d,'GTM-ABC123') 'https://www.googletagmanager.com/gtm.js?id='</script>", true),
            (&gtm, "<script src=https://metrics.shop.example/gtm.js?id=GTM-ABC123></script>", true),
            (&gtm, "<noscript><iframe src=//www.googletagmanager.com/ns.html?id=GTM-ABC123>", true),
            (&gtm, "<script>'https://www.googletagmanager.com/gtm.js?id='('GTM-OTHER')</script>", false),
            (&gtm, "<noscript><iframe src=//www.googletagmanager.com/ns.html?id=GTM-OTHER>", false),
            (&gtm, "<script src=https://www.googletagmanager.com/gtag/js?id=G-ABC123></script>", false),
            (&gtm, "<p>GTM-ABC123</p>", false),
            (&gtm, "", false),
            (&Tag::None, "Engage.init _boxever_settings gtm.js", false),
        ];
        for (tag, page, expected) in cases {
            let mut detector = detector(tag);
            detector.push(page.as_bytes());
            assert_eq!(detector.found(), expected, "{page}");
        }
    }
}
