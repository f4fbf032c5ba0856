//! Paths that are never personalised: XM's own, the configured ones, and those that look like a static file.
//!
//! In: the path as sent. Out: yes or no. XM's own and static paths are compared as IIS would resolve them
//! (decoded, any case, `\` for `/`), so that no spelling evades them; the path itself is never changed.

use percent_encoding::percent_decode_str;

use crate::config::PathPattern;

/// First segments that belong to XM itself: the back office, media and other handlers (`/-/`, `/~/`), layouts.
const OWN: [&str; 5] = ["-", "layouts", "sitecore", "sitecore modules", "~"];

/// Extensions of static files. It holds all that Cloudflare caches by default, because a page under such a path
/// would invite a shared cache to keep it, and XM's handlers (`ashx`, `axd`, …), which are not pages. Sorted.
#[rustfmt::skip]
const STATIC: [&str; 106] = [
    "7z", "aac", "apk", "asc", "ashx", "asmx", "atom", "avi", "avif", "axd", "bin", "bmp", "br", "bz2", "class", "config",
    "css", "csv", "cur", "dmg", "doc", "docx", "dot", "ejs", "eot", "eps", "exe", "flac", "flv", "geojson", "gif", "gz",
    "ico", "ics", "iso", "jar", "jfif", "jpeg", "jpg", "js", "json", "jsonld", "jxl", "m3u8", "m4a", "m4v", "map", "md", "mid",
    "midi", "mjs", "mkv", "mov", "mp3", "mp4", "mpd", "mpeg", "mpg", "msi", "odp", "ods", "odt", "ogg", "ogv", "opus",
    "otf", "pdf", "pict", "pls", "png", "ppt", "pptx", "ps", "rar", "rss", "rtf", "svc", "svg", "svgz", "swf", "tar",
    "tgz", "tif", "tiff", "ts", "ttf", "txt", "vcf", "vtt", "wasm", "wav", "webm", "webmanifest", "webp", "wmv",
    "woff", "woff2", "xls", "xlsm", "xlsx", "xml", "xsd", "xsl", "xslt", "zip", "zst",
];

/// Whether the path is one of XM's own, in whatever spelling IIS would resolve.
#[must_use]
pub fn is_xm_own(path: &str) -> bool {
    is_excluded(path, &[])
}

/// Whether the path is one of XM's own or matches one of `patterns`, as sent or decoded.
pub(super) fn is_excluded(path: &str, patterns: &[PathPattern]) -> bool {
    let decoded = percent_decode_str(path).decode_utf8_lossy();
    patterns
        .iter()
        .any(|pattern| pattern.matches(path) || pattern.matches(&decoded))
        || is_own(&segments(&decoded))
}

/// Whether the last segment ends in the extension of a static file, also before `;`, NUL and the like, where
/// caches and servers disagree on where a name ends.
pub(super) fn looks_static(path: &str) -> bool {
    let decoded = percent_decode_str(path).decode_utf8_lossy();
    let segments = segments(&decoded);
    let Some(last) = segments.last() else {
        return false;
    };
    last.split(|c: char| c.is_control() || matches!(c, ';' | '?' | '#'))
        .filter_map(|part| part.trim_end_matches(['.', ' ']).rsplit_once('.'))
        .any(|(_, extension)| STATIC.binary_search(&extension).is_ok())
}

fn is_own(segments: &[String]) -> bool {
    match segments {
        [only] => name(only) == "sitecore",
        [first, _, ..] => OWN.contains(&name(first)),
        [] => false,
    }
}

/// A segment without path parameters, and without what Windows drops at a name's end.
fn name(segment: &str) -> &str {
    segment
        .split(|c: char| c.is_control() || c == ';')
        .next()
        .unwrap_or_default()
        .trim_end_matches(['.', ' '])
}

/// Segments in lower case, with `\` as `/`, without empty ones, `.` and `..` resolved.
fn segments(decoded: &str) -> Vec<String> {
    let mut segments = Vec::new();
    for segment in decoded.split(['/', '\\']) {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            _ => segments.push(segment.to_ascii_lowercase()),
        }
    }
    segments
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_extensions_are_sorted_for_the_search() {
        assert!(STATIC.is_sorted());
    }

    #[test]
    fn xms_own_paths_are_excluded_in_every_spelling() {
        #[rustfmt::skip]
        let own = ["/sitecore", "/sitecore/", "/sitecore/shell", "/SITECORE/login", "/%73itecore/x", "/%2fsitecore/x",
            "//sitecore/x", "/%5Csitecore/x", "/a/%2e%2e%2fsitecore/x", "/sitecore./x", "/sitecore;a=b/x", "/sitecore%20/x",
            "/sitecore%00/x", "/./sitecore/x", "/-/media/a", "/%2D/media/a", "/-/speak/v1/x", "/~/media/a", "/%7e/media/a",
            "/~/icon/a", "/layouts/system/a", "/Layouts/x", "/sitecore modules/web/x", "/sitecore%20modules/x",
            "/Sitecore%20Modules/x"];
        for path in own {
            assert!(is_excluded(path, &[]), "{path}");
        }
        #[rustfmt::skip]
        let others = ["/", "/sitecores/x", "/my-sitecore/x", "/sitecore-xm", "/de/sitecore/x", "/-x/y", "/~user/y", "/layouts",
            "/layout/x", "/a/-/b", "/sitecore/../x", "/%2573itecore/x", "/%zz", "/%ff"];
        for path in others {
            assert!(!is_excluded(path, &[]), "{path}");
        }
    }

    #[test]
    fn configured_paths_are_compared_as_sent_and_decoded() {
        let patterns = [
            PathPattern::Exact("/login".to_owned()),
            PathPattern::Prefix("/api/".to_owned()),
            PathPattern::Prefix("/caf%C3%A9/".to_owned()),
            PathPattern::Exact("/straße".to_owned()),
        ];
        #[rustfmt::skip]
        let excluded = ["/login", "/%6Cogin", "/api/", "/api/x/y", "/%61pi/x", "/caf%C3%A9/x", "/stra%C3%9Fe"];
        for path in excluded {
            assert!(is_excluded(path, &patterns), "{path}");
        }
        for path in ["/login/x", "/apix", "/API/x", "/stra%C3%9Fe/x"] {
            assert!(!is_excluded(path, &patterns), "{path}");
        }
    }

    #[test]
    fn static_looking_paths_are_found_in_every_spelling() {
        #[rustfmt::skip]
        let statics = ["/x.css", "/page/x.css", "/account/x.CSS", "/page;x.js", "/x.js;jsessionid=1", "/%2fx.css",
            "/page%2fx.css", "/page%00.css", "/x.css%00.html", "/x.css%00", "/x.css.", "/x.css..", "/x.css%20", "/x.%63ss",
            "/x.css/", "/x.css%2f", "/page%3fx.css", "/page%23x.css", "/page%0a.css", "/a%5Cx.css", "/.css", "/a.min.js.map",
            "/site.webmanifest", "/feed.rss", "/media/a.ashx", "/WebResource.axd", "/sitemap.xml", "/robots.txt",
            "/font.woff2", "/movie.MP4", "/doc.xlsx"];
        for path in statics {
            assert!(looks_static(path), "{path}");
        }
        #[rustfmt::skip]
        let pages = ["/", "", "/page", "/page.aspx", "/page.html", "/page.htm", "/page.php", "/page.jsp", "/v1.2", "/a.css/page",
            "/asp.net", "/dr.smith", "/page.", "/...", "/css", "/page;v=1", "/x.cssx", "/%zz", "/a.%ff"];
        for path in pages {
            assert!(!looks_static(path), "{path}");
        }
    }

    proptest! {
        #[test]
        fn no_path_panics(path in "\\PC*") {
            is_excluded(&path, &[]);
            looks_static(&path);
        }

        #[test]
        fn encoding_a_path_changes_no_verdict(path in "[a-z./;~-]{0,20}", mask in any::<u32>()) {
            let encoded: String = path.chars().enumerate().map(|(i, c)| {
                let encode = c != '/' && mask >> i & 1 == 1;
                if encode { format!("%{:02X}", u32::from(c)) } else { c.to_string() }
            }).collect();
            prop_assert_eq!(is_excluded(&path, &[]), is_excluded(&encoded, &[]));
            prop_assert_eq!(looks_static(&path), looks_static(&encoded));
        }
    }
}
