//! `[vars]` as a whole: the Worker's bindings become the configuration.
//!
//! In: bindings by name. Out: [`Config`], or all problems, in the order in which docs/configuration.md names the
//! keys.

use serde_json::{Map, Value};
use url::Url;

use super::{
    problem::Problem,
    reader::{Read, Section},
    settings::{CdpSettings, Config, Site},
    site, sites, values,
};

/// Where Sitecore's Edge answers, unless `SITECORE_EDGE_ENDPOINT` says otherwise.
const EDGE_ENDPOINT: &str = "https://edge-platform.sitecorecloud.io";

/// Reads the configuration from the Worker's text and JSON bindings. Names that are not ours are ignored: secrets
/// and other bindings stand in the same environment.
///
/// # Errors
///
/// Every problem of every key; never an empty list.
pub fn parse(vars: &Map<String, Value>) -> Result<Config, Vec<Problem>> {
    run(vars, false)
}

/// Like [`parse`], for `[vars]` of `wrangler.toml` itself: a name that is not ours is a problem too, and so is a
/// secret, which does not belong there.
///
/// # Errors
///
/// Every problem of every key; never an empty list.
pub fn parse_strict(vars: &Map<String, Value>) -> Result<Config, Vec<Problem>> {
    run(vars, true)
}

fn run(vars: &Map<String, Value>, strict: bool) -> Result<Config, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut section = Section::new(String::new(), vars, &mut problems);
    let config = read(&mut section);
    if strict {
        section.finish();
    }
    match config {
        Some(config) if problems.is_empty() => Ok(config),
        _ => Err(problems),
    }
}

fn read(section: &mut Section<'_, '_>) -> Option<Config> {
    let xm_origin = optional(section, "XM_ORIGIN", values::origin);
    let endpoint = required(
        section,
        "CDP_ENDPOINT",
        "CDP_ENDPOINT = \"https://api-engage-eu.sitecorecloud.io\", the API host of your tenant's region",
        values::origin,
    );
    let client_key = required(
        section,
        "CDP_CLIENT_KEY",
        "CDP_CLIENT_KEY = \"…\", from the tenant's settings under API access",
        values::client_key,
    );
    let point_of_sale = required(
        section,
        "POINT_OF_SALE",
        "POINT_OF_SALE = \"shop/ie\", one of those in the tenant's settings",
        values::point_of_sale,
    );
    let edge_context_id = optional(section, "SITECORE_EDGE_CONTEXT_ID", values::context_id);
    let edge_endpoint = optional(section, "SITECORE_EDGE_ENDPOINT", values::origin)
        .or_else(|| Url::parse(EDGE_ENDPOINT).ok());
    let web_flow_endpoint = optional(section, "WEB_FLOW_ENDPOINT", values::origin);
    // Without a point of sale there is no configuration, but the site's own problems are still to be told.
    let defaults = Site::with_defaults(point_of_sale.clone().unwrap_or_default());
    let site = section
        .table("SITE", |section| site::read(section, defaults.clone()))
        .unwrap_or(defaults);
    let sites = sites::read(section);
    point_of_sale?;
    Some(Config {
        xm_origin,
        cdp: CdpSettings {
            endpoint: endpoint?,
            client_key: client_key?,
            edge_context_id,
            edge_endpoint: edge_endpoint?,
            web_flow_endpoint,
        },
        site,
        sites,
    })
}

/// A variable that may be absent; the empty string is, because `--var NAME:` cannot unset one otherwise.
fn optional<T>(
    section: &mut Section<'_, '_>,
    name: &'static str,
    read: impl FnOnce(&Value) -> Read<T>,
) -> Option<T> {
    if section.is_blank(name) {
        section.know(name);
        return None;
    }
    section.read(name, read)
}

fn required<T>(
    section: &mut Section<'_, '_>,
    name: &'static str,
    example: &str,
    read: impl FnOnce(&Value) -> Read<T>,
) -> Option<T> {
    if section.is_blank(name) {
        section.know(name);
        section.report(name, format!("is empty: set it, for example {example}"));
        return None;
    }
    section.require(name, example, read)
}
