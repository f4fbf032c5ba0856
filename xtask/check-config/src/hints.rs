//! What can be wrong with a deployment although each setting is valid.
//!
//! In: an environment. Out: problems, which fail the check, and warnings, which do not. It never repeats a value.

use check_config::environment::Environment;
use serde_json::Value;

/// Cloudflare's limit for one variable; a table counts as its JSON.
const LONGEST_VARIABLE: usize = 5 * 1024;

/// The container of `docs/configuration.md`.
const EXAMPLE_CONTAINER: &str = "GTM-ABC123";

/// Values that Cloudflare will refuse.
pub fn problems(environment: &Environment) -> Vec<(String, String)> {
    let mut problems = Vec::new();
    for (key, value) in &environment.vars {
        let length = value
            .as_str()
            .map_or_else(|| value.to_string().len(), str::len);
        if length > LONGEST_VARIABLE {
            problems.push((
                key.clone(),
                format!("is {length} bytes as JSON; Cloudflare takes {LONGEST_VARIABLE}"),
            ));
        }
    }
    problems
}

/// What an operator probably did not mean.
pub fn warnings(environment: &Environment) -> Vec<String> {
    let mut warnings = environment.queues.warnings();
    if environment.is_local() {
        return warnings;
    }
    if environment.vars.is_empty() {
        warnings.push(format!(
            "no [env.{}.vars]; variables of the top level are not inherited",
            environment.name
        ));
    }
    if environment.routes.is_empty() {
        warnings.push("no routes; without one no visitor's request reaches the Worker".to_owned());
    }
    if environment
        .routes
        .iter()
        .any(|route| route.contains("example.com"))
    {
        warnings.push("routes are still those of the example".to_owned());
    }
    for (key, value) in &environment.vars {
        let text = value.as_str().unwrap_or_default();
        if text.starts_with("your_") || text == "standin_client_key" {
            warnings.push(format!("{key} is still the example's"));
        }
        if ["//127.", "//localhost", "//[::1]"]
            .iter()
            .any(|local| text.contains(local))
        {
            warnings.push(format!(
                "{key} points at this machine, which Cloudflare cannot reach"
            ));
        }
    }
    if environment
        .vars
        .get("SITE")
        .and_then(|site| site.get("debug"))
        == Some(&Value::Bool(true))
    {
        warnings.push("SITE.debug shows timings and friendly ids to every visitor".to_owned());
    }
    let container = environment
        .vars
        .get("SITE")
        .and_then(|site| site.pointer("/tag/container_id"));
    if container == Some(&Value::from(EXAMPLE_CONTAINER)) {
        warnings.push("SITE.tag.container_id is still the documentation's".to_owned());
    }
    warnings
}

#[cfg(test)]
mod tests {
    use check_config::queues::Queues;
    use serde_json::{Map, json};

    use super::*;

    fn environment(name: &str, vars: Value, routes: &[&str]) -> Environment {
        let vars: Map<_, _> = vars.as_object().cloned().unwrap_or_default();
        let routes = routes.iter().map(|route| (*route).to_owned()).collect();
        Environment {
            name: name.to_owned(),
            vars,
            routes,
            queues: Queues::default(),
        }
    }

    #[test]
    fn a_table_longer_than_cloudflare_takes_is_a_problem() {
        let fits = json!({"SITE": {"exclude_paths": ["x".repeat(5000)]}});
        let exceeds = json!({"SITE": {"exclude_paths": ["x".repeat(5 * 1024)]}});
        assert!(problems(&environment("live", fits, &[])).is_empty());
        assert_eq!(problems(&environment("live", exceeds, &[])).len(), 1);
    }

    #[test]
    fn a_deployment_without_routes_or_with_those_of_the_example_is_warned_about() {
        let vars = json!({"CDP_CLIENT_KEY": "abc"});
        assert_eq!(warnings(&environment("live", vars.clone(), &[])).len(), 1);
        assert_eq!(
            warnings(&environment("live", vars.clone(), &["www.example.com/*"])).len(),
            1
        );
        assert!(warnings(&environment("live", vars, &["www.shop.test/*"])).is_empty());
    }

    #[test]
    fn an_example_value_or_a_local_address_is_fine_locally_and_warned_about_elsewhere() {
        let vars =
            json!({"CDP_CLIENT_KEY": "standin_client_key", "XM_ORIGIN": "http://127.0.0.1:8081"});
        assert!(warnings(&environment("local", vars.clone(), &[])).is_empty());
        assert_eq!(
            warnings(&environment("live", vars, &["www.shop.test/*"])).len(),
            2
        );
    }

    #[test]
    fn the_container_of_the_documentation_is_warned_about() {
        let found = |container: &str| {
            let tag = json!({"kind": "gtm", "container_id": container});
            let vars = json!({"SITE": {"tag": tag}});
            warnings(&environment("live", vars, &["www.shop.test/*"]))
        };
        assert!(found("GTM-ABC123")[0].contains("SITE.tag.container_id"));
        assert!(found("GTM-K7X2").is_empty());
    }

    #[test]
    fn an_environment_without_vars_of_its_own_is_warned_about() {
        let found = warnings(&environment("live", json!({}), &["www.shop.test/*"]));
        assert!(found[0].contains("[env.live.vars]"), "{found:?}");
    }
}
