//! Pages over HTTP: as a bot, so that a Worker in front answers with the default page, runs no flow and sends no event.
//!
//! In: an address. Out: status, headers and decoded body, redirects within the site followed. It never sends a cookie, and
//! never reads more than a limit.

use std::{io::Read, time::Duration};

use anyhow::{Context, bail};
use flate2::read::MultiGzDecoder;
use ureq::{
    Agent,
    tls::{RootCerts, TlsConfig},
};
use url::Url;

use crate::page::{Lines, Response};

/// Says what it is, and counts as a bot.
const USER_AGENT: &str = concat!("xm-edge-doctor/", env!("CARGO_PKG_VERSION"), " (bot)");
/// A navigation for HTML, beside `User-Agent`.
pub const NAVIGATION: [(&str, &str); 2] = [
    ("accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"),
    ("user-agent", USER_AGENT),
];
/// Largest page, in bytes.
pub const MAX_PAGE: u64 = 16 * 1024 * 1024;
/// Redirects that are followed.
const MAX_REDIRECTS: usize = 5;

/// Who fetches.
#[derive(Debug)]
pub struct Client {
    agent: Agent,
    headers: Lines,
}

impl Client {
    /// A client that adds `headers` to each request, and gives up a request after `timeout`.
    #[must_use]
    pub fn new(headers: Lines, timeout: Duration, insecure: bool) -> Self {
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::PlatformVerifier)
            .disable_verification(insecure)
            .build();
        let config = Agent::config_builder()
            .max_redirects(0)
            .max_redirects_will_error(false)
            .http_status_as_error(false)
            .timeout_global(Some(timeout))
            .tls_config(tls)
            .build();
        Self {
            agent: config.into(),
            headers,
        }
    }

    /// Fetches a page.
    ///
    /// # Errors
    /// When there is no whole answer, or a redirect leads to another host.
    pub fn get(&self, url: &Url) -> anyhow::Result<(Response, Vec<u8>)> {
        let mut at = url.clone();
        for _ in 0..=MAX_REDIRECTS {
            let (status, headers, body) = self.once(&at)?;
            let Some(next) = redirect(&at, status, &headers) else {
                let response = Response {
                    url: at,
                    status,
                    headers,
                };
                return Ok((response, body));
            };
            let next = next?;
            if next.host_str() != url.host_str() {
                bail!(
                    "it redirects to {}, which is another host",
                    next.origin().ascii_serialization()
                );
            }
            at = next;
        }
        bail!("more than {MAX_REDIRECTS} redirects")
    }

    fn once(&self, url: &Url) -> anyhow::Result<(u16, Lines, Vec<u8>)> {
        let mut request = self
            .agent
            .get(url.as_str())
            .header("accept-encoding", "gzip");
        let own = NAVIGATION.iter().map(|(name, value)| (*name, *value));
        let given = |name: &str| {
            self.headers
                .iter()
                .any(|(given, _)| given.eq_ignore_ascii_case(name))
        };
        for (name, value) in own.filter(|(name, _)| !given(name)) {
            request = request.header(name, value);
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let mut response = request.call()?;
        let headers: Lines = response
            .headers()
            .iter()
            .map(|(name, value)| {
                (
                    name.to_string(),
                    value
                        .as_bytes()
                        .iter()
                        .map(|byte| char::from(*byte))
                        .collect(),
                )
            })
            .collect();
        let body = response
            .body_mut()
            .with_config()
            .limit(MAX_PAGE + 1)
            .read_to_vec()
            .context("the body did not arrive whole")?;
        let coding = headers.iter().find(|(name, _)| name == "content-encoding");
        let body = match coding.map(|(_, coding)| coding.trim()) {
            Some("gzip") => gunzip(&body)?,
            _ => body,
        };
        if body.len() as u64 > MAX_PAGE {
            bail!("it is larger than 16 MiB");
        }
        Ok((response.status().as_u16(), headers, body))
    }
}

fn redirect(at: &Url, status: u16, headers: &Lines) -> Option<anyhow::Result<Url>> {
    if !matches!(status, 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let (_, location) = headers.iter().find(|(name, _)| name == "location")?;
    Some(at.join(location).context("its redirect leads nowhere"))
}

fn gunzip(body: &[u8]) -> anyhow::Result<Vec<u8>> {
    let mut plain = Vec::new();
    MultiGzDecoder::new(body)
        .take(MAX_PAGE + 1)
        .read_to_end(&mut plain)
        .context("its gzip is broken")?;
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use xm_edge_core::{
        config::Site,
        request::{Route, Target, VisitorClass, classify, gate},
    };

    use super::*;
    use crate::rules::Rules;

    #[test]
    fn the_worker_takes_it_for_a_bots_navigation() {
        let site: Site = Rules::defaults().site;
        let headers = NAVIGATION.to_vec();
        assert_eq!(classify(&headers), VisitorClass::Bot);
        assert_eq!(
            gate(
                "GET",
                &Target::parse("https://shop.example/"),
                &headers,
                &site
            ),
            Route::Page
        );
    }
}
