//! What a preview link grants: pages of one site, decisions that are set, until when.
//!
//! In: texts. Out: a checked [`Link`], or every field that is wrong. It signs nothing and knows no clock.

use url::Url;

use crate::{
    answer::{Invalid, invalid::Problems},
    config::PathPattern,
    template::FriendlyId,
};

/// What the default content is called where a variant is named.
pub const CONTROL: &str = "control";

/// Most decisions that a link sets.
pub const MAX_SHOWN: usize = 50;
/// Longest path with its query, in bytes. Browsers drop a cookie whose `Path` is longer than 1,024.
const MAX_PATH: usize = 1_000;
/// Longest variant id, in bytes: as in a decision.
const MAX_VARIANT_ID: usize = 256;

/// What a component shows whatever the CDP would decide.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// The default content.
    Control,
    /// The template of this variant.
    Variant(String),
}

/// Decisions that are set: each friendly id once, in the order of the ids. (There are few: a list is enough.)
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choices(Vec<(FriendlyId, Choice)>);

/// What a preview link grants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Host of the site, with its port where it is not the scheme's own.
    pub site: String,
    /// The pages.
    pub pages: PathPattern,
    /// Path and query of the page that the link leads to.
    pub leads_to: String,
    /// Decisions that are set.
    pub show: Choices,
    /// The first second of Unix time at which it is over.
    pub expires_at: u64,
}

impl Choice {
    /// Takes a variant's id, or [`CONTROL`].
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits =
            !text.is_empty() && text.len() <= MAX_VARIANT_ID && !text.chars().any(char::is_control);
        fits.then(|| match text {
            CONTROL => Self::Control,
            id => Self::Variant(id.to_owned()),
        })
    }

    /// As written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Control => CONTROL,
            Self::Variant(id) => id,
        }
    }
}

impl Choices {
    /// What is set for `id`.
    #[must_use]
    pub fn get(&self, id: &FriendlyId) -> Option<&Choice> {
        self.iter()
            .find_map(|(known, choice)| (known == id).then_some(choice))
    }

    /// Sets it, or, with `None`, leaves it to the CDP.
    pub fn set(&mut self, id: FriendlyId, choice: Option<Choice>) {
        self.0.retain(|(known, _)| *known != id);
        if let Some(choice) = choice {
            let at = self.0.partition_point(|(known, _)| *known < id);
            self.0.insert(at, (id, choice));
        }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = (&FriendlyId, &Choice)> {
        self.0.iter().map(|(id, choice)| (id, choice))
    }

    /// How many.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing is set.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Link {
    /// A link to the page at `url`, or, with `/*` at the end of its path, to all pages below. The problems name `url` and
    /// `show`, and repeat no value of theirs.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub fn new<'s>(
        url: &str,
        show: impl IntoIterator<Item = (&'s str, &'s str)>,
        expires_at: u64,
    ) -> Result<(Self, Url), Vec<Invalid>> {
        let mut problems = Problems::default();
        let parsed = page_url(url).map_err(|problem| problems.add("url".to_owned(), problem));
        let show = choices(show, &mut problems);
        problems.into_result(())?;
        // Without a problem there is a URL.
        let Ok(url) = parsed else {
            return Err(Vec::new());
        };
        let path = url.path();
        let (pages, start) = match path.strip_suffix('*') {
            Some(stem) => (PathPattern::Prefix(stem.to_owned()), stem),
            None => (PathPattern::Exact(path.to_owned()), path),
        };
        let leads_to = match url.query() {
            Some(query) => format!("{start}?{query}"),
            None => start.to_owned(),
        };
        let site = site_of(&url);
        let link = Self {
            site,
            pages,
            leads_to,
            show,
            expires_at,
        };
        Ok((link, url))
    }
}

/// Host of `url`, with its port where it is not the scheme's own: as requests have it.
fn site_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

fn page_url(text: &str) -> Result<Url, &'static str> {
    let url = Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "https" | "http") && url.host_str().is_some())
        .ok_or("expected the whole address of a page, such as https://www.shop.example/shoes")?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not hold a user name or a password");
    }
    let path = url.path();
    let stem = path.strip_suffix('*').unwrap_or(path);
    if stem.contains('*') || (stem != path && !stem.ends_with('/')) {
        return Err(
            "* may stand only behind the last slash, for all pages below: https://www.shop.example/shoes/*",
        );
    }
    if path.len() + url.query().map_or(0, str::len) > MAX_PATH {
        return Err("path and query may have at most 1000 characters");
    }
    Ok(url)
}

fn choices<'s>(
    show: impl IntoIterator<Item = (&'s str, &'s str)>,
    problems: &mut Problems,
) -> Choices {
    let mut choices = Choices::default();
    let mut count = 0_usize;
    for (friendly_id, variant) in show {
        count += 1;
        if count > MAX_SHOWN {
            problems.add(
                "show".to_owned(),
                format!("may name at most {MAX_SHOWN} components"),
            );
            break;
        }
        // A key of the caller's choosing is shown only where it can be a friendly id.
        match (FriendlyId::parse(friendly_id), Choice::parse(variant)) {
            (Some(friendly_id), Some(choice)) => {
                choices.set(friendly_id, Some(choice));
            }
            (Some(friendly_id), None) => problems.add(
                format!("show.{friendly_id}"),
                format!("expected the id of a variant (1 to {MAX_VARIANT_ID} bytes, no control characters), or control"),
            ),
            (None, _) => problems.add(
                "show".to_owned(),
                "expected friendly ids: 1 to 128 letters, digits, _ and -, then perhaps one *",
            ),
        }
    }
    choices
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(url: &str) -> Result<Link, String> {
        let linked = Link::new(url, [("hero", "b")], 1_000);
        linked
            .map(|(link, _)| link)
            .map_err(|problems| problems[0].field.clone())
    }

    #[test]
    fn a_link_is_for_one_page_or_all_below_and_keeps_the_query() {
        #[rustfmt::skip]
        let cases = [
            ("https://Shop.example/shoes?x=1&y=%20#top", "shop.example", PathPattern::Exact("/shoes".to_owned()), "/shoes?x=1&y=%20"),
            ("https://shop.example", "shop.example", PathPattern::Exact("/".to_owned()), "/"),
            ("https://shop.example:443/", "shop.example", PathPattern::Exact("/".to_owned()), "/"),
            ("http://127.0.0.1:8787/a b", "127.0.0.1:8787", PathPattern::Exact("/a%20b".to_owned()), "/a%20b"),
            ("https://shop.example/shoes/*", "shop.example", PathPattern::Prefix("/shoes/".to_owned()), "/shoes/"),
            ("https://shop.example/*?a", "shop.example", PathPattern::Prefix("/".to_owned()), "/?a"),
            ("https://shop.example//evil.example/", "shop.example", PathPattern::Exact("//evil.example/".to_owned()), "//evil.example/"),
        ];
        for (url, site, pages, leads_to) in cases {
            let link = link(url).unwrap();
            assert_eq!(
                (link.site.as_str(), link.leads_to.as_str()),
                (site, leads_to),
                "{url}"
            );
            assert_eq!(link.pages, pages, "{url}");
            assert_eq!(link.show.len(), 1);
        }
    }

    #[test]
    fn what_is_no_page_is_refused() {
        let long = format!("https://shop.example/{}", "a".repeat(MAX_PATH));
        #[rustfmt::skip]
        let wrong = ["", "/shoes", "shop.example/shoes", "ftp://shop.example/", "javascript:alert(1)", "https://",
            "https://a@shop.example/", "https://:b@shop.example/", "https://shop.example/a*", "https://shop.example/*/a",
            "https://shop.example/*/*", long.as_str()];
        for url in wrong {
            assert_eq!(link(url), Err("url".to_owned()), "{url}");
        }
    }

    #[test]
    fn every_wrong_choice_is_named_at_once() {
        let long = "v".repeat(257);
        let show = [
            ("hero", ""),
            ("promo", "a\nb"),
            ("no id", "a"),
            ("ok", "é"),
            ("big", &long),
        ];
        let problems = Link::new("nowhere", show, 0).unwrap_err();
        let fields: Vec<_> = problems
            .iter()
            .map(|problem| problem.field.as_str())
            .collect();
        assert_eq!(
            fields,
            ["url", "show.hero", "show.promo", "show", "show.big"]
        );
        let many: Vec<String> = (0..=MAX_SHOWN).map(|i| format!("c{i}")).collect();
        let url = "https://shop.example/";
        let all =
            |count: usize| Link::new(url, many[..count].iter().map(|id| (id.as_str(), "a")), 0);
        assert!(all(MAX_SHOWN).is_ok());
        assert_eq!(all(MAX_SHOWN + 1).unwrap_err()[0].field, "show");
    }
}
