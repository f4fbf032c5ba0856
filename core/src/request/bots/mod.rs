//! Whether a `User-Agent` names a bot, by words and by shape.
//!
//! In: the header's value. Out: yes or no. No regular expressions (they would double the Worker's size) and no list
//! of every crawler: bots that are honest name themselves in a few words, and what is no browser does not look like
//! one. A bot that pretends to be a browser is not found here; Cloudflare's bot management is the place for that.

/// Tools that a developer runs by hand. They count as people: who tries the site with curl, HTTPie, Node or a headless
/// browser must see what a visitor sees.
const TOOLS: [&str; 14] = [
    "curl/",
    "httpie/",
    "hurl/",
    "insomnia/",
    "node-fetch",
    "node.js",
    "node/",
    "playwright/",
    "postmanruntime/",
    "powershell/",
    "undici",
    "wget/",
    "wget2/",
    "xh/",
];

/// Words that bots, monitors, previews and scanners have in their names, beside `bot`. Lower case.
///
/// Left out on purpose: `search` (in-app browsers of Naver and Sogou), `scan` (ScanPal devices), `perl` (`superlite`).
#[rustfmt::skip]
const WORDS: [&str; 57] = [
    // What they do.
    "agent/", "archiv", "audit", "check/", "checker", "checklink", "crawl", "favicon", "feed", "fetch", "imageproxy", "indexer",
    "linkcheck", "monitor", "newsnow", "optimizer", "preview", "scanner", "scrap", "seo/", "sitemap", "slurp", "spider",
    "survey", "synthetic", "validat", "verif", "watcher",
    // Where they are explained: hardly a browser carries an address.
    "http://", "https://", "mailto:", "www.", ".com/",
    // Who they are.
    "apis-google", "appinsights", "dareboost", "datanyze", "facebookexternalhit", "ghost inspector", "google-",
    "googleother", "gtmetrix", "lighthouse", "mediapartners", "nikto", "openvas", "outbrain", "pagespeed", "perl/",
    "phantomjs", "pingdom", "ptst/", "python", "silktide", "siteimprove", "thousandeyes", "zgrab",
];

/// Browsers that call themselves `compatible;`; what else does so is a bot.
const COMPATIBLE: [&str; 9] = [
    "dillo",
    "frontpage",
    "konqueror",
    "msie",
    "netfront",
    "netpositive",
    "opera",
    "polaris",
    "trident",
];

/// What the name of a browser holds: the products of the large ones, then text browsers, phones of the WAP years,
/// consoles and players, none of which begin with `Mozilla/`.
#[rustfmt::skip]
const BROWSERS: [&str; 39] = [
    "mozilla/", "opera", "applewebkit", "webkit/", "mobilesafari", "msie ", "konqueror",
    "dillo", "elinks", "links (", "links/", "lynx", "midori", "netsurf", "uzbl", "w3m",
    "blackberry", "brew", "cldc", "docomo", "j-phone", "kddi", "midp", "mot-", "nokia", "portalmmm", "softbank", "sonyericsson",
    "symbian", "ucweb", "up.browser", "up.link", "vodafone", "wap",
    "itunes/", "libnup", "nintendo", "nook browser", "playstation",
];

/// Whether `user_agent` is a bot's. An empty one is: no browser sends it.
pub(super) fn is_bot(user_agent: &str) -> bool {
    let name = user_agent.trim().to_ascii_lowercase();
    if name.is_empty() {
        return true;
    }
    if is_tool(&name) {
        return false;
    }
    is_called_bot(&name)
        || holds(&name, &WORDS)
        || (name.contains("compatible;") && !holds(&name, &COMPATIBLE))
        || !holds(&name, &BROWSERS)
}

fn is_tool(name: &str) -> bool {
    matches!(name, "curl" | "node" | "undici" | "wget")
        || TOOLS.iter().any(|tool| name.starts_with(tool))
}

fn holds(name: &str, words: &[&str]) -> bool {
    words.iter().any(|word| name.contains(word))
}

/// `bot` or `bots` at the end of a word (`Googlebot/2.1`, `bingbot`, `my_bot-1`), except in Cubot, a maker of phones.
fn is_called_bot(name: &str) -> bool {
    let mut rest = name;
    while let Some((before, after)) = rest.split_once("bot") {
        let after_plural = after.strip_prefix('s').unwrap_or(after);
        let word_ends = !after_plural.starts_with(|c: char| c.is_ascii_alphabetic());
        if word_ends && !before.ends_with("cu") {
            return true;
        }
        rest = after;
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn misjudged(list: &str, bots: bool) -> Vec<&str> {
        let agents = list.lines().map(str::trim).filter(|line| !line.is_empty());
        agents.filter(|agent| is_bot(agent) != bots).collect()
    }

    #[test]
    fn no_known_crawler_is_taken_for_a_visitor() {
        let list = include_str!("crawlers.txt");
        assert!(list.lines().count() >= 60);
        assert_eq!(misjudged(list, true), [""; 0]);
    }

    #[test]
    fn no_browser_is_taken_for_a_bot() {
        let list = include_str!("browsers.txt");
        assert!(list.lines().count() >= 60);
        assert_eq!(misjudged(list, false), [""; 0]);
    }

    #[test]
    fn a_developers_tools_see_what_a_visitor_sees() {
        #[rustfmt::skip]
        let tools = ["curl/8.5.0", "curl", "Wget/1.21.4", "HTTPie/3.2.2", "node", "undici", "node-fetch/1.0 (+https://github.com/bitinn/node-fetch)",
            "PostmanRuntime/7.43.0", "insomnia/10.0.0", "Mozilla/5.0 (Windows NT; Windows NT 10.0; en-US) WindowsPowerShell/5.1.19041.4522",
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/131.0.0.0 Safari/537.36"];
        for tool in tools {
            assert!(!is_bot(tool), "{tool}");
        }
        for script in [
            "nodeping",
            "libcurl-agent",
            "curlybot/1.0",
            "python-requests/2.31",
        ] {
            assert!(is_bot(script), "{script}");
        }
    }

    #[test]
    fn bot_counts_only_as_the_end_of_a_word() {
        #[rustfmt::skip]
        let cases = [("bot", true), ("mybot/1", true), ("my bots", true), ("bot_x", true), ("cubot bot", true), ("cubot", false),
            ("cubot_x18", false), ("botany", false), ("bottle", false), ("", false), ("ботbot", true)];
        for (name, expected) in cases {
            assert_eq!(is_called_bot(name), expected, "{name}");
        }
    }

    /// The recall against a published list, when there is a copy: one agent a line in the file that
    /// `XM_EDGE_CRAWLERS` names (npm `crawler-user-agents`, all `instances`).
    #[test]
    fn recall_against_a_published_list_is_95_percent() {
        let Some(list) = std::env::var_os("XM_EDGE_CRAWLERS") else {
            eprintln!("skipped: XM_EDGE_CRAWLERS names no list of crawlers");
            return;
        };
        let list = std::fs::read_to_string(list).unwrap();
        let all = list.lines().count();
        let missed = misjudged(&list, true);
        eprintln!("missed {} of {all}: {missed:#?}", missed.len());
        assert!(missed.len() * 100 <= all * 5);
    }
}
