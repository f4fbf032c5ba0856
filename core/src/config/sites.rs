//! `[[vars.SITES]]`: what differs on some hosts and below some paths.
//!
//! In: the list. Out: scopes, the most specific first, no two of the same host and path.

use std::cmp::Reverse;

use super::{reader::Section, settings::SiteScope, values};

/// Reads the list and orders it: a host before none, then the longer path.
pub(super) fn read(section: &mut Section<'_, '_>) -> Vec<SiteScope> {
    let mut seen: Vec<(String, Option<String>, String)> = Vec::new();
    let mut scopes = section.tables("SITES", |entry| {
        let scope = scope(entry)?;
        let twin = seen
            .iter()
            .find(|(_, host, path)| *host == scope.host && *path == scope.path);
        if let Some((at, ..)) = twin {
            entry.report_whole(format!(
                "has the same host and path as {at}: remove one of them"
            ));
        }
        seen.push((
            entry.at().to_owned(),
            scope.host.clone(),
            scope.path.clone(),
        ));
        Some(scope)
    });
    scopes.sort_by_key(|scope| (scope.host.is_none(), Reverse(scope.path.len())));
    scopes
}

fn scope(entry: &mut Section<'_, '_>) -> Option<SiteScope> {
    let host = entry.read("host", values::host);
    let path = entry.read("path", values::path_prefix);
    let point_of_sale = entry.read("point_of_sale", values::point_of_sale);
    let language = entry.read("language", values::language);
    let currency = entry.read("currency", values::currency);
    if !entry.has("host") && !entry.has("path") {
        entry.report_whole(
            "needs a host, a path or both; for every page, set the same keys in [vars] and [vars.SITE]",
        );
        return None;
    }
    // A wrong host or path is reported already, and must not look like another entry's.
    if entry.has("host") && host.is_none() || entry.has("path") && path.is_none() {
        return None;
    }
    Some(SiteScope {
        host,
        path: path.unwrap_or_else(|| "/".to_owned()),
        point_of_sale,
        language,
        currency,
    })
}
