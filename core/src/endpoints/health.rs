//! `GET …/health`: whether the configuration is valid, how the CDP is seen from here, and who gets the product.
//!
//! In: the problems of the configuration, the breakers, the rollout, what is amiss with previews. Out: 200 and `"ok":true`, or
//! 503 and what is wrong, by key. A CDP that is away, or that there are no previews, makes nothing red: pages are served without
//! them. No problem holds a secret.

use serde::Serialize;

use crate::{
    breaker,
    config::Problem,
    endpoints::{Answer, problem},
    rollout,
};

/// What there is to say.
pub struct Health<'h> {
    /// What is wrong with the configuration.
    pub problems: &'h [Problem],
    /// The breakers of the isolate that answers.
    pub breakers: breaker::Report,
    /// What that isolate knows of the rollout, where KV is bound.
    pub rollout: Option<rollout::Report>,
    /// Why there are no previews, and what to do.
    pub preview: Option<&'static str>,
}

#[derive(Serialize)]
struct Body<'b> {
    ok: bool,
    problems: &'b [Problem],
    breakers: &'b breaker::Report,
    #[serde(skip_serializing_if = "Option::is_none")]
    rollout: Option<&'b rollout::Report>,
    preview: &'b str,
}

impl Health<'_> {
    /// Answers for `method`.
    #[must_use]
    pub fn answer(&self, method: &str) -> Answer {
        if !matches!(method, "GET" | "HEAD") {
            return problem(405, "Health is read with GET.", &[]).with("allow", "GET, HEAD");
        }
        let ok = self.problems.is_empty();
        let body = Body {
            ok,
            problems: self.problems,
            breakers: &self.breakers,
            rollout: self.rollout.as_ref(),
            preview: self.preview.unwrap_or("on"),
        };
        let status = if ok { 200 } else { 503 };
        // Texts and numbers: serde_json has nothing to refuse.
        let body = serde_json::to_string(&body).unwrap_or_default();
        Answer::text(status, "application/json", body)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        breaker::{Breakers, Effect},
        rollout::Known,
        template::FriendlyId,
    };

    /// Health with these problems, and with a breaker that is open or not.
    fn health(method: &str, problems: &[Problem], open: bool) -> Answer {
        health_with(method, problems, open, None)
    }

    fn health_with(
        method: &str,
        problems: &[Problem],
        open: bool,
        preview: Option<&'static str>,
    ) -> Answer {
        let mut breakers = Breakers::default();
        let id = FriendlyId::parse("hero").unwrap();
        for _ in 0..if open { 10 } else { 0 } {
            let pass = breakers.ask_flow(&id, 5).unwrap();
            breakers.settle(pass, Effect::TIMEOUT, 5);
        }
        let breakers = breakers.report(7);
        let health = Health {
            problems,
            breakers,
            rollout: open.then(|| Known::default().report(7)),
            preview,
        };
        health.answer(method)
    }

    fn body(answer: &Answer) -> Value {
        serde_json::from_str(&answer.body).unwrap()
    }

    #[test]
    fn health_is_green_or_names_every_problem() {
        let wrong = Problem {
            key: "SITE.channel".to_owned(),
            problem: "expected …".to_owned(),
        };
        #[rustfmt::skip]
        let cases = [
            ("GET", vec![], 200, json!(true), json!([])),
            ("HEAD", vec![wrong.clone()], 503, json!(false), json!([{"key": "SITE.channel", "problem": "expected …"}])),
        ];
        for (method, problems, status, ok, expected) in cases {
            let answer = health(method, &problems, false);
            assert_eq!(answer.status, status);
            let body = body(&answer);
            assert_eq!((&body["ok"], &body["problems"]), (&ok, &expected));
            assert_eq!(body["breakers"]["host"], json!({"state": "closed"}));
            assert_eq!(body.get("rollout"), None, "KV is not bound");
        }
    }

    #[test]
    fn that_there_are_no_previews_is_told_and_leaves_health_green() {
        let answer = health_with("GET", &[], false, Some("Set it."));
        let body = body(&answer);
        assert_eq!(
            (answer.status, &body["ok"], &body["preview"]),
            (200, &json!(true), &json!("Set it."))
        );
    }

    #[test]
    fn a_cdp_that_is_away_is_told_and_turns_nothing_red() {
        let answer = health("GET", &[], true);
        assert_eq!(answer.status, 200);
        let body = body(&answer);
        assert_eq!(body["ok"], true);
        let open = json!({"state": "open", "age_ms": 2});
        assert_eq!(
            (
                &body["breakers"]["host"],
                &body["breakers"]["flows"]["hero"]
            ),
            (&open, &open)
        );
        assert_eq!(body["breakers"]["opened"], 1);
        assert_eq!(body["rollout"]["source"], Value::Null);
    }

    #[test]
    fn health_is_only_read() {
        let answer = health("POST", &[], false);
        assert_eq!(answer.status, 405);
        assert!(answer.headers.contains(&("allow", "GET, HEAD".to_owned())));
    }
}
