//! `GET …/health`: whether the configuration is valid.
//!
//! In: the problems of the configuration, what is amiss with previews. Out: 200 and `"ok":true`, or 503 and what is wrong, by
//! key. No problem holds a secret. That there are no previews harms no visitor, so it leaves health green.

use serde_json::json;

use crate::{
    config::Problem,
    endpoints::{Answer, problem},
};

/// Answers for `method`. `preview`: why there are no previews, and what to do.
#[must_use]
pub fn health(method: &str, problems: &[Problem], preview: Option<&str>) -> Answer {
    if !matches!(method, "GET" | "HEAD") {
        return problem(405, "Health is read with GET.", &[]).with("allow", "GET, HEAD");
    }
    let ok = problems.is_empty();
    let preview = preview.unwrap_or("on");
    let body = json!({ "ok": ok, "problems": problems, "preview": preview });
    Answer::json(if ok { 200 } else { 503 }, "application/json", &body)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn health_is_green_or_names_every_problem() {
        let wrong = Problem {
            key: "SITE.channel".to_owned(),
            problem: "expected …".to_owned(),
        };
        #[rustfmt::skip]
        let cases = [
            ("GET", vec![], 200, json!({"ok": true, "problems": [], "preview": "on"})),
            ("HEAD", vec![wrong.clone()], 503, json!({"ok": false, "problems": [{"key": "SITE.channel", "problem": "expected …"}], "preview": "on"})),
        ];
        for (method, problems, status, expected) in cases {
            let answer = health(method, &problems, None);
            assert_eq!(answer.status, status);
            assert_eq!(
                serde_json::from_str::<Value>(&answer.body).unwrap(),
                expected
            );
        }
    }

    #[test]
    fn that_there_are_no_previews_is_told_and_leaves_health_green() {
        let answer = health("GET", &[], Some("Set it."));
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(
            (answer.status, &body["ok"], &body["preview"]),
            (200, &json!(true), &json!("Set it."))
        );
    }

    #[test]
    fn health_is_only_read() {
        let answer = health("POST", &[], None);
        assert_eq!(answer.status, 405);
        assert!(answer.headers.contains(&("allow", "GET, HEAD".to_owned())));
    }
}
