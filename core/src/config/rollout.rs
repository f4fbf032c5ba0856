//! The rollout: what the key `rollout` of the KV namespace `CONFIG` says, without a deploy.
//!
//! In: its text. Out: a [`Rollout`], or every problem at once, in the words of the other settings. An absent key is a rollout to
//! everybody.

use serde_json::Value;

use super::{found, problem::Problem, reader::Section, values};

/// The key in the namespace.
pub const KEY: &str = "rollout";
/// How problems name it.
const AT: &str = "CONFIG.rollout";
/// Longest text that is read, in bytes: 256 friendly ids are at most half of it.
const MAX_TEXT: usize = 65_536;

/// Who gets the product, and which flows run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rollout {
    /// `enabled`: otherwise pages are XM's, unread.
    pub enabled: bool,
    /// `percent`: the share of the visitors for whom flows run.
    pub percent: u32,
    /// `off`: flows that do not run.
    pub off: Vec<String>,
}

impl Default for Rollout {
    fn default() -> Self {
        Self {
            enabled: true,
            percent: 100,
            off: Vec::new(),
        }
    }
}

impl Rollout {
    /// Reads the text of the key; `None`: there is no such key.
    ///
    /// # Errors
    ///
    /// Every problem; never an empty list.
    pub fn read(text: Option<&str>) -> Result<Self, Vec<Problem>> {
        let Some(text) = text else {
            return Ok(Self::default());
        };
        let whole = |problem: String| {
            let key = AT.to_owned();
            vec![Problem { key, problem }]
        };
        if text.len() > MAX_TEXT {
            let bytes = text.len();
            return Err(whole(format!(
                "expected at most {MAX_TEXT} bytes, found {bytes}"
            )));
        }
        let expected =
            "expected a JSON object such as {\"enabled\": true, \"percent\": 100, \"off\": []}";
        let table = match serde_json::from_str::<Value>(text) {
            Ok(Value::Object(table)) => table,
            Ok(other) => return Err(whole(format!("{expected}, found {}", found::found(&other)))),
            Err(_) => return Err(whole(format!("{expected}, found no JSON"))),
        };
        let mut problems = Vec::new();
        let mut section = Section::new(AT.to_owned(), &table, &mut problems);
        let all = Self::default();
        let rollout = Self {
            enabled: section.read("enabled", values::flag).unwrap_or(all.enabled),
            percent: section
                .read("percent", values::integer(0..=100, "percent"))
                .unwrap_or(all.percent),
            off: section.list(
                "off",
                "a list of friendly ids such as [\"home_hero\"]",
                values::friendly_id,
            ),
        };
        section.finish();
        if problems.is_empty() {
            Ok(rollout)
        } else {
            Err(problems)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn keys(text: &str) -> Vec<String> {
        let problems = Rollout::read(Some(text)).unwrap_err();
        problems.into_iter().map(|problem| problem.key).collect()
    }

    #[test]
    fn every_key_is_optional_and_no_key_at_all_is_everybody() {
        let all = Rollout::default();
        assert_eq!(Rollout::read(None), Ok(all.clone()));
        assert_eq!(Rollout::read(Some("{}")), Ok(all.clone()));
        let text = r#"{"enabled": false, "percent": 5, "off": ["home_hero", "b*"]}"#;
        let expected = Rollout {
            enabled: false,
            percent: 5,
            off: vec!["home_hero".to_owned(), "b*".to_owned()],
        };
        assert_eq!(Rollout::read(Some(text)), Ok(expected));
        let half = Rollout::read(Some("{\"percent\":50}")).unwrap();
        assert_eq!(half, Rollout { percent: 50, ..all });
    }

    #[test]
    fn all_problems_are_told_at_once_by_key() {
        let text = r#"{"enabled": "false", "percent": 101, "off": ["a b", "c"], "enable": false}"#;
        assert_eq!(
            keys(text),
            [
                "CONFIG.rollout.enabled",
                "CONFIG.rollout.percent",
                "CONFIG.rollout.off[0]",
                "CONFIG.rollout.enable"
            ]
        );
        let problems = Rollout::read(Some(text)).unwrap_err();
        assert!(
            problems[0].problem.contains("without the quotes"),
            "{problems:?}"
        );
        assert!(
            problems[3].problem.contains("did you mean `enabled`?"),
            "{problems:?}"
        );
    }

    #[test]
    fn what_is_no_object_is_refused_and_never_taken_for_on() {
        for text in [
            "",
            " ",
            "null",
            "false",
            "off",
            "[]",
            "\"enabled\"",
            "{\"enabled\":",
            "{'enabled': false}",
            "<html>",
        ] {
            assert_eq!(keys(text), ["CONFIG.rollout"], "{text}");
        }
        for value in ["null", "0", "\"no\"", "[]"] {
            assert_eq!(
                keys(&format!("{{\"enabled\":{value}}}")),
                ["CONFIG.rollout.enabled"]
            );
        }
        for value in ["-1", "0.5", "1e9", "null", "\"50\""] {
            assert_eq!(
                keys(&format!("{{\"percent\":{value}}}")),
                ["CONFIG.rollout.percent"]
            );
        }
        assert_eq!(keys(&"x".repeat(MAX_TEXT + 1)), ["CONFIG.rollout"]);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,60}") {
            let _ = Rollout::read(Some(&text));
        }
    }
}
