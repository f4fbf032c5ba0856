//! What the pages are held against: the site's settings, sample decisions, known friendly ids.
//!
//! In: `wrangler.toml`, JSON and lists. Out: [`Rules`]. It never prints a value of them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use anyhow::{Context, bail};
use serde_json::{Map, Value, json};
use xm_edge_core::{
    config::{self, CdpSettings, Site},
    decision::Decision,
};

/// Everything a page is held against.
#[derive(Debug)]
pub struct Rules {
    /// `[vars.SITE]`.
    pub site: Site,
    /// The tenant: parts of it stand in the tag.
    pub cdp: CdpSettings,
    /// Sample decisions.
    pub samples: Samples,
}

/// What the CDP may answer, by friendly id.
#[derive(Debug, Default)]
pub struct Samples {
    decisions: BTreeMap<String, Vec<Value>>,
    known: BTreeSet<String>,
    complete: bool,
}

impl Rules {
    /// The defaults of every setting.
    ///
    /// # Panics
    /// When the core refuses its own defaults.
    #[must_use]
    pub fn defaults() -> Self {
        let vars = json!({
            "CDP_ENDPOINT": "https://api-engage-eu.sitecorecloud.io", "CDP_CLIENT_KEY": "key", "POINT_OF_SALE": "site",
        });
        let vars = vars.as_object().cloned().unwrap_or_default();
        Self::of(&vars).expect("the defaults are valid")
    }

    /// The settings of one environment of a `wrangler.toml`.
    ///
    /// # Errors
    /// When it cannot be read, or the Worker would refuse it.
    pub fn from_wrangler(file: &Path, env: &str) -> anyhow::Result<Self> {
        let environments = check_config::environments(file, Some(env))?;
        let environment = environments.first().context("no environment")?;
        Self::of(&environment.vars)
            .with_context(|| format!("{env} in {} is no valid configuration", file.display()))
    }

    /// From variables as the Worker gets them.
    ///
    /// # Errors
    /// All problems.
    pub fn of(vars: &Map<String, Value>) -> anyhow::Result<Self> {
        match config::parse(vars) {
            Ok(config) => Ok(Self {
                site: config.site,
                cdp: config.cdp,
                samples: Samples::default(),
            }),
            Err(problems) => {
                let lines: Vec<_> = problems
                    .iter()
                    .map(|problem| format!("{}: {}", problem.key, problem.problem))
                    .collect();
                bail!("{}", lines.join("\n"))
            }
        }
    }

    /// `hold_limit_kib` in bytes.
    #[must_use]
    pub fn hold_limit(&self) -> usize {
        self.site.hold_limit_kib as usize * 1024
    }

    /// Whether values of this friendly id may be HTML.
    #[must_use]
    pub fn trusts(&self, friendly_id: &str) -> bool {
        self.site
            .trusted_html
            .iter()
            .any(|trusted| trusted == friendly_id)
    }
}

impl Samples {
    /// Adds `{"friendly id": decision or [decision, …]}`.
    ///
    /// # Errors
    /// When the text is no such JSON, or the Worker would not take one of the decisions.
    pub fn add_decisions(&mut self, text: &str) -> anyhow::Result<()> {
        let all: Map<String, Value> =
            serde_json::from_str(text).context("expected a JSON object: friendly id → decision")?;
        self.complete = true;
        for (friendly_id, value) in all {
            let samples = match value {
                Value::Array(samples) => samples,
                one => vec![one],
            };
            for sample in &samples {
                let body = sample.to_string();
                if let Err(failure) = Decision::read(200, body.as_bytes()) {
                    bail!(
                        "the decision for {friendly_id} is {}: a decision is a JSON object of at most 256 KiB",
                        failure.label()
                    );
                }
            }
            self.known.insert(friendly_id.clone());
            self.decisions
                .entry(friendly_id)
                .or_default()
                .extend(samples);
        }
        Ok(())
    }

    /// Adds friendly ids, one a line; empty lines and lines after `#` do not count.
    pub fn add_known(&mut self, text: &str) {
        self.complete = true;
        let ids = text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        self.known.extend(ids.map(str::to_owned));
    }

    /// Reads both from files.
    ///
    /// # Errors
    /// As [`Self::add_decisions`], with the file's name.
    pub fn read(
        &mut self,
        decisions: &[impl AsRef<Path>],
        known: &[impl AsRef<Path>],
    ) -> anyhow::Result<()> {
        for file in decisions {
            let file = file.as_ref();
            let text =
                fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
            self.add_decisions(&text)
                .with_context(|| file.display().to_string())?;
        }
        for file in known {
            let file = file.as_ref();
            let text =
                fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
            self.add_known(&text);
        }
        Ok(())
    }

    /// Whether somebody said which friendly ids there are, and this is none of them. `x*` stands for every id that begins
    /// with `x`.
    #[must_use]
    pub fn is_unknown(&self, friendly_id: &str) -> bool {
        let is_meant = |known: &String| match friendly_id.strip_suffix('*') {
            Some(prefix) => known.starts_with(prefix),
            None => known == friendly_id,
        };
        self.complete && !self.known.iter().any(is_meant)
    }

    /// The known friendly id that is most like this one.
    #[must_use]
    pub fn nearest(&self, friendly_id: &str) -> Option<&str> {
        let distance = |known: &&String| strsim::osa_distance(known, friendly_id);
        let nearest = self.known.iter().min_by_key(distance)?;
        (distance(&nearest) <= friendly_id.len() / 3 + 1).then_some(nearest)
    }

    /// The decisions for a friendly id, in the order of the file; as bodies of the CDP.
    #[must_use]
    pub fn bodies(&self, friendly_id: &str) -> Vec<String> {
        let exact = self.decisions.get(friendly_id);
        let found = exact.or_else(|| {
            let prefix = friendly_id.strip_suffix('*')?;
            let mut from = self.decisions.range(prefix.to_owned()..);
            from.next()
                .filter(|(id, _)| id.starts_with(prefix))
                .map(|(_, samples)| samples)
        });
        found.into_iter().flatten().map(Value::to_string).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_decision_or_several_and_plain_names_are_known() {
        let mut samples = Samples::default();
        assert!(!samples.is_unknown("anything"), "nobody said what there is");
        samples
            .add_decisions(r#"{"hero": {"a": 1}, "promo_a": [{"b": 1}, {"b": 2}]}"#)
            .expect("decisions");
        samples.add_known("# ours\n\nbanner \n");
        for known in ["hero", "promo_a", "promo*", "banner"] {
            assert!(!samples.is_unknown(known), "{known}");
        }
        assert!(samples.is_unknown("heros") && samples.is_unknown("x*"));
        assert_eq!(samples.nearest("heros"), Some("hero"));
        assert_eq!(samples.nearest("unlike_all"), None);
        assert_eq!(samples.bodies("promo*").len(), 2);
        assert_eq!(samples.bodies("banner").len(), 0);
    }

    #[test]
    fn what_the_worker_would_not_take_is_no_sample() {
        let refused = |text: &str| {
            Samples::default()
                .add_decisions(text)
                .expect_err("refused")
                .to_string()
        };
        assert!(refused(r#"{"hero": "b"}"#).contains("hero"));
        assert!(refused("[]").contains("friendly id"));
    }
}
