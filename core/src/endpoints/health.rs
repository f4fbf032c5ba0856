//! `GET …/health`: whether the configuration is valid.
//!
//! In: the problems of the configuration. Out: 200 and `"ok":true`, or 503 and what is wrong, by key. No problem holds
//! a secret.

use serde_json::json;

use crate::{
    config::Problem,
    endpoints::{Answer, problem},
};

/// Answers for `method`.
#[must_use]
pub fn health(method: &str, problems: &[Problem]) -> Answer {
    if !matches!(method, "GET" | "HEAD") {
        return problem(405, "Health is read with GET.", &[]).with("allow", "GET, HEAD");
    }
    let ok = problems.is_empty();
    let body = json!({ "ok": ok, "problems": problems });
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
            ("GET", vec![], 200, json!({"ok": true, "problems": []})),
            ("HEAD", vec![wrong.clone()], 503, json!({"ok": false, "problems": [{"key": "SITE.channel", "problem": "expected …"}]})),
        ];
        for (method, problems, status, expected) in cases {
            let answer = health(method, &problems);
            assert_eq!(answer.status, status);
            assert_eq!(
                serde_json::from_str::<Value>(&answer.body).unwrap(),
                expected
            );
        }
    }

    #[test]
    fn health_is_only_read() {
        let answer = health("POST", &[]);
        assert_eq!(answer.status, 405);
        assert!(answer.headers.contains(&("allow", "GET, HEAD".to_owned())));
    }
}
