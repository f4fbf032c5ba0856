//! The scripts that pages get, run: the beacon as it is committed, and the tags as they are put in.
//!
//! They need Node, and the beacon's build esbuild (`npm ci`); without them they are skipped with a message.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests may panic")]

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use url::Url;
use xm_edge_core::{
    config::{self, CdpSettings, PageViews, Site, Tag},
    tag::Injection,
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Runs Node in the project's root; `false` when there is none.
fn node(arguments: &[&str], html: &str) -> bool {
    let mut command = Command::new(env::var_os("NODE").unwrap_or_else(|| "node".into()));
    command
        .args(arguments)
        .current_dir(root())
        .env("TAG_HTML", html);
    // Node's test runner must not take this run for one of its own.
    command.env_remove("NODE_TEST_CONTEXT");
    match command.output() {
        Ok(output) => {
            let (out, err) = (&output.stdout, &output.stderr);
            let told = [out, err].map(|text| String::from_utf8_lossy(text));
            assert!(output.status.success(), "{}", told.concat());
            true
        }
        Err(error) => {
            eprintln!("skipped: node does not start: {error}");
            false
        }
    }
}

#[test]
fn the_committed_scripts_are_what_their_sources_give() {
    if !root().join("node_modules/esbuild").exists() {
        eprintln!("skipped: no esbuild, run npm ci");
        return;
    }
    node(&["beacon/build.mjs", "--check"], "");
    node(&["preview/build.mjs", "--check"], "");
}

#[test]
fn the_beacon_sends_what_pages_mark() {
    node(&["--test", "beacon/beacon.test.mjs"], "");
}

#[test]
fn the_tags_start_against_the_first_party_endpoints() {
    let vars = serde_json::json!({
        "CDP_ENDPOINT": "https://api.example", "CDP_CLIENT_KEY": "CLIENTKEY", "POINT_OF_SALE": "shop/</script>é",
        "WEB_FLOW_ENDPOINT": "https://flows.example",
    });
    let serde_json::Value::Object(vars) = vars else {
        panic!("no object");
    };
    let config = config::parse(&vars).unwrap();
    let library_url = Url::parse("https://cdn.example/lib.js")
        .unwrap()
        .to_string();
    let tags = [
        Tag::Boxever {
            library_url: library_url.clone(),
        },
        Tag::Engage { library_url },
        Tag::Gtm {
            container_id: "GTM-ABC123".to_owned(),
        },
    ];
    for (tag, name) in tags.into_iter().zip(["boxever", "engage", "gtm"]) {
        for (page_views, views) in [(PageViews::Edge, "edge"), (PageViews::Browser, "browser")] {
            let site = Site {
                tag: tag.clone(),
                page_views,
                ..config.site.clone()
            };
            let html = html(&config.cdp, &site);
            node(&["core/tests/tags.mjs", name, views], &html);
        }
    }
}

fn html(cdp: &CdpSettings, site: &Site) -> String {
    let injection = Injection {
        cdp,
        site,
        origin: "https://shop.example",
        nonce: Some("n0nce"),
    };
    injection
        .pieces()
        .into_iter()
        .map(|piece| piece.html)
        .collect()
}
