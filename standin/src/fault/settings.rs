//! In: `PUT /faults` and the request at hand. Out: the fault that holds for it. Never applies one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::grammar::{BadFault, Fault};

/// The faults that are on, as words. The most specific wins: request header, flow, path, server.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub struct Faults {
    /// Every page and file of the XM site.
    pub xm: String,
    /// Every answer of the CDP.
    pub cdp: String,
    /// Per friendly id: answers to its flow calls.
    pub flows: BTreeMap<String, String>,
    /// Per path of either server (`/v1.2/events`), or prefix with a trailing `*`; one method only with that in front
    /// (`POST /v2.1/guests`). The longest that fits.
    pub paths: BTreeMap<String, String>,
}

impl Faults {
    /// Whether all words can be read.
    ///
    /// # Errors
    /// The first that cannot.
    pub fn check(&self) -> Result<(), BadFault> {
        self.all()
            .try_for_each(|words| Fault::parse(words).map(drop))
    }

    /// The fault for a request and its words, with `times` counted down: at zero nothing goes wrong any more.
    pub fn take(
        &mut self,
        server: Server,
        method: &str,
        path: &str,
        friendly_id: Option<&str>,
    ) -> (Fault, String) {
        let by_flow = friendly_id
            .and_then(|id| self.flows.get_mut(id))
            .filter(|words| !words.is_empty());
        let words = match by_flow {
            Some(words) => words,
            None => match self
                .paths
                .iter_mut()
                .filter(|(pattern, _)| matches(pattern, method, path))
                .max_by_key(|(pattern, _)| pattern.trim_end_matches('*').len())
            {
                Some((_, words)) => words,
                None => match server {
                    Server::Cdp => &mut self.cdp,
                    Server::Xm => &mut self.xm,
                },
            },
        };
        let fault = Fault::parse(words).unwrap_or_default();
        match fault.times {
            None => (fault, words.clone()),
            Some(0) => (Fault::default(), String::new()),
            Some(left) => {
                let taken = words.clone();
                *words = with_times(words, left - 1);
                (fault, taken)
            }
        }
    }

    fn all(&self) -> impl Iterator<Item = &String> {
        [&self.xm, &self.cdp]
            .into_iter()
            .chain(self.flows.values())
            .chain(self.paths.values())
    }
}

/// Which of the two servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Server {
    /// The CDP.
    Cdp,
    /// The XM site.
    Xm,
}

fn matches(pattern: &str, method: &str, path: &str) -> bool {
    let (wanted, pattern) = pattern.split_once(' ').unwrap_or((method, pattern));
    if !wanted.eq_ignore_ascii_case(method) {
        return false;
    }
    match pattern.strip_suffix('*') {
        Some(prefix) => path.starts_with(prefix),
        None => path == pattern,
    }
}

/// The same words with another `times`; it is always put in front, so that `body=` stays last.
fn with_times(words: &str, left: u32) -> String {
    let (head, body) = match words.find("body=") {
        Some(at) if words[..at].trim_end().ends_with(';') || at == 0 => words.split_at(at),
        _ => (words, ""),
    };
    let others: Vec<&str> = head
        .split(';')
        .map(str::trim)
        .filter(|part| !part.is_empty() && !part.starts_with("times"))
        .collect();
    let mut all = vec![format!("times={left}")];
    all.extend(others.into_iter().map(str::to_owned));
    if !body.is_empty() {
        all.push(body.to_owned());
    }
    all.join(";")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults() -> Faults {
        Faults {
            cdp: "status=500".into(),
            flows: [("home_hero".to_owned(), "delay=7".to_owned())].into(),
            paths: [("/v1.2/*".to_owned(), "status=503".to_owned())].into(),
            ..Faults::default()
        }
    }

    #[test]
    fn the_most_specific_words_win() {
        let mut faults = faults();
        assert_eq!(
            faults
                .take(Server::Cdp, "POST", "/v2/callFlows", Some("home_hero"))
                .0
                .delay_ms,
            7
        );
        assert_eq!(
            faults
                .take(Server::Cdp, "POST", "/v1.2/events", None)
                .0
                .status,
            Some(503)
        );
        assert_eq!(
            faults
                .take(Server::Cdp, "POST", "/v2/callFlows", Some("other"))
                .0
                .status,
            Some(500)
        );
        assert!(faults.take(Server::Xm, "GET", "/", None).0.is_none());
    }

    #[test]
    fn among_paths_the_longest_that_fits_the_method_wins() {
        let paths = [
            ("/v2.1/*", "status=501"),
            ("/v2.1/guests", "status=502"),
            ("POST /v2.1/guests", "status=503"),
            ("delete /v2.1/guests/*", "status=504"),
        ];
        let mut faults = Faults {
            paths: paths
                .map(|(path, words)| (path.to_owned(), words.to_owned()))
                .into(),
            ..Faults::default()
        };
        for (method, path, status) in [
            ("POST", "/v2.1/guests", 503),
            ("GET", "/v2.1/guests", 502),
            ("GET", "/v2.1/guests/x", 501),
            ("DELETE", "/v2.1/guests/x", 504),
        ] {
            let (fault, _) = faults.take(Server::Cdp, method, path, None);
            assert_eq!(fault.status, Some(status), "{method} {path}");
        }
    }

    #[test]
    fn times_counts_down_and_then_nothing_goes_wrong() {
        let mut faults = Faults {
            xm: "status=500;times=2;body=a;times=9".into(),
            ..Faults::default()
        };
        assert_eq!(
            faults.take(Server::Xm, "GET", "/", None).0.status,
            Some(500)
        );
        assert_eq!(faults.xm, "times=1;status=500;body=a;times=9");
        assert_eq!(
            faults.take(Server::Xm, "GET", "/", None).0.status,
            Some(500)
        );
        assert!(faults.take(Server::Xm, "GET", "/", None).0.is_none());
    }
}
