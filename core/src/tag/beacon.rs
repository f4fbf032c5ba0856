//! The beacon: the script that sends the goals which a page marks with `data-cdp-goal`.
//!
//! In: a page with marks. Out: the element that loads it. The bytes are built from
//! `beacon/beacon.js` by `node beacon/build.mjs`.

use super::{Injection, Piece, Position, asset::Asset, script};
use crate::config::Language;

/// Its paths below `endpoint_prefix`, by `goal_script`. What it sends goes to `/event` beside it.
pub(crate) const PATHS: [&str; 2] = ["/beacon.js", "/goals.js"];

/// The script, ASCII.
pub const BYTES: &[u8] = include_bytes!("beacon.min.js");

/// The script as pages load it.
pub static ASSET: Asset = Asset::new(BYTES, "text/javascript; charset=utf-8");

/// Whether it stands at `path` below the prefix.
#[must_use]
pub fn is_at(path: &str) -> bool {
    PATHS.contains(&path)
}

/// The element that loads it, for pages that have marks. Absolute, so that no `<base>` leads it elsewhere.
#[must_use]
pub fn piece(injection: &Injection<'_>) -> Piece {
    let (base, v) = (injection.base(), ASSET.version());
    let file = injection.site.goal_script.file();
    let nonce = script::attribute(injection.nonce);
    // A fixed language holds for events as it does for views; else the page's own is taken.
    let language = match &injection.site.language {
        Language::Fixed(code) => format!(" data-language=\"{code}\""),
        Language::Html => String::new(),
    };
    Piece {
        position: Position::BodyEnd,
        html: format!("<script{nonce} src=\"{base}/{file}?v={v}\" async{language}></script>"),
    }
}

/// The texts by which a page that loads the beacon itself is told.
#[must_use]
pub fn markers(endpoint_prefix: &str) -> [String; 2] {
    PATHS.map(|path| format!("{endpoint_prefix}{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::{GoalScript, Site},
        request::fixture,
    };

    fn html(site: &Site, nonce: Option<&str>) -> String {
        let piece = piece(&Injection {
            cdp: &fixture::cdp(),
            site,
            origin: "https://shop.example",
            nonce,
        });
        assert_eq!(piece.position, Position::BodyEnd);
        piece.html
    }

    #[test]
    fn it_is_small_and_means_the_same_in_every_charset() {
        assert!(BYTES.len() <= 2048, "{} bytes", BYTES.len());
        assert!(BYTES.is_ascii() && BYTES.starts_with(b"("));
    }

    #[test]
    fn a_page_loads_it_with_its_version_nonce_and_fixed_language() {
        let mut site = fixture::site();
        let v = ASSET.version();
        assert_eq!(v.len(), 16);
        assert_eq!(
            html(&site, None),
            format!("<script src=\"https://shop.example/_cdp/beacon.js?v={v}\" async></script>")
        );
        site.language = Language::Fixed("DE".to_owned());
        site.endpoint_prefix = "/edge/cdp".to_owned();
        site.goal_script = GoalScript::Goals;
        let full = html(&site, Some("n1"));
        assert_eq!(
            full,
            format!(
                "<script nonce=\"n1\" src=\"https://shop.example/edge/cdp/goals.js?v={v}\" async \
                 data-language=\"DE\"></script>"
            )
        );
        let [beacon, goals] = markers(&site.endpoint_prefix);
        assert!(full.contains(&goals));
        assert_eq!(beacon, "/edge/cdp/beacon.js");
        assert!(is_at("/goals.js") && is_at("/beacon.js") && !is_at("/event"));
    }
}
