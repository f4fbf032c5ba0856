//! Which of `[[vars.SITES]]` a request belongs to.
//!
//! In: the configuration, and a request's host and path. Out: the site as it holds there. Entries do not add up:
//! the most specific one alone is laid over `[vars.SITE]`.

use std::borrow::Cow;

use super::settings::{Config, Site, SiteScope};

/// The site for `host` (as in `Host`, with or without port, in any case) and `path` (as sent, without query).
#[must_use]
pub fn site_for<'c>(config: &'c Config, host: &str, path: &str) -> Cow<'c, Site> {
    let host = without_port(host);
    // Ordered by `parse`: the first that holds is the most specific.
    match config.sites.iter().find(|scope| scope.holds(host, path)) {
        Some(scope) => Cow::Owned(scope.over(&config.site)),
        None => Cow::Borrowed(&config.site),
    }
}

impl SiteScope {
    fn holds(&self, host: &str, path: &str) -> bool {
        let on_host = self
            .host
            .as_deref()
            .is_none_or(|own| own.eq_ignore_ascii_case(host));
        on_host && self.is_above(path)
    }

    fn is_above(&self, path: &str) -> bool {
        self.path == "/"
            || path
                .strip_prefix(self.path.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    fn over(&self, site: &Site) -> Site {
        let mut site = site.clone();
        if let Some(point_of_sale) = &self.point_of_sale {
            site.point_of_sale.clone_from(point_of_sale);
        }
        if let Some(language) = &self.language {
            site.language = language.clone();
        }
        if let Some(currency) = &self.currency {
            site.currency.clone_from(currency);
        }
        site
    }
}

/// The host of a `Host` header, without port and without the dot that ends a fully qualified name.
fn without_port(host: &str) -> &str {
    let name = match host.rsplit_once(':') {
        // A colon inside the brackets of an IPv6 address is none of a port.
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    name.strip_suffix('.').unwrap_or(name)
}
