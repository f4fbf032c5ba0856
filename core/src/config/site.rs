//! `[vars.SITE]`: how the site is personalised.
//!
//! In: the table, and a site of defaults. Out: the site with what the table says.

use super::{
    consent,
    reader::Section,
    rules,
    settings::{Bots, BrowserCache, BudgetFrom, GoalScript, GuestApi, PageViews, Site},
    tag, values,
};

/// Longest wait for the CDP that can be configured, in milliseconds: a visitor would have left long before, and the
/// platform ends the request soon after.
const LONGEST_WAIT_MS: u32 = 30_000;

/// Most of a page that may be held back, in KiB. 8 MiB is a sixteenth of the 128 MB of an isolate, which many
/// requests share.
const MOST_HELD_KIB: u32 = 8192;

/// Longest reuse of a decision, in seconds: a day.
const LONGEST_REUSE_S: u32 = 86_400;

/// Reads the table in the order in which docs/configuration.md names its keys.
pub(super) fn read(section: &mut Section<'_, '_>, defaults: Site) -> Site {
    let page_views = [("edge", PageViews::Edge), ("browser", PageViews::Browser)];
    let bots = [("default", Bots::Default), ("count", Bots::Count)];
    let budget_from = [
        ("request", BudgetFrom::Request),
        ("origin", BudgetFrom::Origin),
    ];
    let guest_api = [("v2.1", GuestApi::V2_1), ("v2", GuestApi::V2)];
    let browser_cache = [
        ("no-store", BrowserCache::NoStore),
        ("revalidate", BrowserCache::Revalidate),
    ];
    let goal_script = [GoalScript::Beacon, GoalScript::Goals].map(|script| (script.file(), script));
    Site {
        channel: section
            .read("channel", values::channel)
            .unwrap_or(defaults.channel),
        currency: section
            .read("currency", values::currency)
            .unwrap_or(defaults.currency),
        language: section
            .read("language", values::language)
            .unwrap_or(defaults.language),
        decision_budget_ms: section
            .read(
                "decision_budget_ms",
                values::integer(10..=LONGEST_WAIT_MS, "milliseconds"),
            )
            .unwrap_or(defaults.decision_budget_ms),
        decision_budget_from: section
            .read("decision_budget_from", values::choice(&budget_from))
            .unwrap_or(defaults.decision_budget_from),
        id_budget_ms: section
            .read(
                "id_budget_ms",
                values::integer(0..=LONGEST_WAIT_MS, "milliseconds"),
            )
            .unwrap_or(defaults.id_budget_ms),
        hold_limit_kib: section
            .read("hold_limit_kib", values::integer(1..=MOST_HELD_KIB, "KiB"))
            .unwrap_or(defaults.hold_limit_kib),
        page_views: section
            .read("page_views", values::choice(&page_views))
            .unwrap_or(defaults.page_views),
        bots: section
            .read("bots", values::choice(&bots))
            .unwrap_or(defaults.bots),
        exclude_paths: section.list(
            "exclude_paths",
            "a list of paths such as [\"/api/*\"]",
            values::path_pattern,
        ),
        personalise_not_found: section
            .read("personalise_not_found", values::flag)
            .unwrap_or(defaults.personalise_not_found),
        trusted_html: section.list(
            "trusted_html",
            "a list of friendly ids such as [\"home_hero\"]",
            values::friendly_id,
        ),
        guest_fields: section.list(
            "guest_fields",
            "a list of JSON Pointers such as [\"/firstName\"]",
            values::json_pointer,
        ),
        guest_api: section
            .read("guest_api", values::choice(&guest_api))
            .unwrap_or(defaults.guest_api),
        browser_cache: section
            .read("browser_cache", values::choice(&browser_cache))
            .unwrap_or(defaults.browser_cache),
        reuse_decisions_s: section
            .read(
                "reuse_decisions_s",
                values::integer(0..=LONGEST_REUSE_S, "seconds"),
            )
            .unwrap_or(defaults.reuse_decisions_s),
        reuse_on_failure_s: section
            .read(
                "reuse_on_failure_s",
                values::integer(0..=LONGEST_REUSE_S, "seconds"),
            )
            .unwrap_or(defaults.reuse_on_failure_s),
        shadow: section
            .read("shadow", values::flag)
            .unwrap_or(defaults.shadow),
        debug: section
            .read("debug", values::flag)
            .unwrap_or(defaults.debug),
        cookie_domain: section.read("cookie_domain", values::cookie_domain),
        endpoint_prefix: section
            .read("endpoint_prefix", values::endpoint_prefix)
            .unwrap_or(defaults.endpoint_prefix),
        consent: section
            .table("consent", consent::read)
            .unwrap_or(defaults.consent),
        tag: section.table("tag", tag::read).unwrap_or(defaults.tag),
        goal_script: section
            .read("goal_script", values::choice(&goal_script))
            .unwrap_or(defaults.goal_script),
        goals: section.tables("goals", rules::goal),
        identities: section.tables("identities", rules::identity),
        guest_updates: section.tables("guest_updates", rules::guest_update),
        page_experiences: rules::page_experiences(section),
        cache: section.tables("cache", rules::cache),
        cache_version: section
            .read("cache_version", values::cache_version)
            .unwrap_or(defaults.cache_version),
        point_of_sale: defaults.point_of_sale,
    }
}
