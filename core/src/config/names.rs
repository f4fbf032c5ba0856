//! Names that stand in the wrong place: secrets among the variables, variables in the site, and so on.
//!
//! In: a key that its section does not know. Out: where it belongs, if it is one of ours.

use super::found::{listed, nearest};

/// The variables of `[vars]` itself.
pub const VARS: [&str; 9] = [
    "XM_ORIGIN",
    "CDP_ENDPOINT",
    "CDP_CLIENT_KEY",
    "POINT_OF_SALE",
    "SITECORE_EDGE_CONTEXT_ID",
    "SITECORE_EDGE_ENDPOINT",
    "WEB_FLOW_ENDPOINT",
    "SITE",
    "SITES",
];

/// The keys of `[vars.SITE]`.
pub(super) const SITE: [&str; 30] = [
    "channel",
    "currency",
    "language",
    "decision_budget_ms",
    "decision_budget_from",
    "id_budget_ms",
    "hold_limit_kib",
    "page_views",
    "bots",
    "exclude_paths",
    "personalise_not_found",
    "trusted_html",
    "guest_fields",
    "guest_api",
    "browser_cache",
    "reuse_decisions_s",
    "reuse_on_failure_s",
    "shadow",
    "debug",
    "cookie_domain",
    "endpoint_prefix",
    "consent",
    "tag",
    "goal_script",
    "goals",
    "identities",
    "guest_updates",
    "page_experiences",
    "cache",
    "cache_version",
];

/// What must not stand in a file that is committed.
const SECRETS: [&str; 4] = ["CDP_API_TOKEN", "XM_API_KEY", "XM_API_KEY_2", "PREVIEW_KEY"];

/// What to do about `name`, which the section `at` (empty: `[vars]`) does not know but allows `allowed`.
pub(super) fn unknown(at: &str, name: &str, allowed: &[&'static str]) -> String {
    let in_vars = at.is_empty();
    if SECRETS.contains(&name) {
        return format!(
            "is a secret and must not stand in wrangler.toml: remove it here, run \
             `npx wrangler secret put {name}`, and replace the value if the file was shared"
        );
    }
    match name {
        "EVENTS" if in_vars => {
            return "is the name of a binding: declare the queue under [[queues.producers]] with \
                    binding = \"EVENTS\""
                .to_owned();
        }
        "CONFIG" if in_vars => {
            return "is the name of a binding: declare the KV namespace under [[kv_namespaces]] with \
                    binding = \"CONFIG\""
                .to_owned();
        }
        "point_of_sale" if at == "SITE" => {
            return "belongs in [vars], as POINT_OF_SALE".to_owned();
        }
        _ if VARS.contains(&name) => {
            return "belongs in [vars]: move it above the first [vars.…] heading".to_owned();
        }
        _ if in_vars && SITE.contains(&name) => return "belongs in [vars.SITE]".to_owned(),
        _ if at.starts_with("SITE.") && SITE.contains(&name) => {
            return "belongs in [vars.SITE]: move it above the first [vars.SITE.…] heading"
                .to_owned();
        }
        _ => {}
    }
    let place = if in_vars {
        "[vars]".to_owned()
    } else {
        at.to_owned()
    };
    let allowed_here = listed(allowed.iter().copied());
    match nearest(name, allowed.iter().copied()) {
        Some(meant) => {
            format!("unknown key; did you mean `{meant}`? Allowed in {place}: {allowed_here}")
        }
        None => format!("unknown key. Allowed in {place}: {allowed_here}"),
    }
}
