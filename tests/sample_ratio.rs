//! Ten thousand visitors through the real Worker, split by the stand-in's own allocation: does the log of what they saw pass
//! the check of sample ratios where all is well, and fail it where something loses visitors?
//!
//! One page has two experiments, so that one crowd tells all: a fair one, and one that loses a fifth of its variant's visitors on
//! the way.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    thread,
};

use clap::Parser;
use serde_json::{Value, json};
use srm::{
    check::Verdict,
    cli::{self, Outcome},
};
use standin::{Running, cli::Options};
use tokio::runtime::Runtime;
use xm_edge_tests::{HANG_LIMIT, Page, Reply, World, variant};

const VISITORS: u32 = 10_000;
/// Keep-alive connections.
const AT_ONCE: usize = 8;
/// Ids are random, so a fair split fails once in a million runs; the others are off by more than a thousand such splits.
const ALPHA: &str = "0.000001";
const CHROME: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36";

/// The tenant: two experiments of a control and a variant.
fn flows() -> [Value; 2] {
    let control = |weight: u32| json!({"name": "control", "weight": weight, "response": {"variantId": "x_default"}});
    let b = |name: &str, weight: u32, response: Value| json!({"name": name, "weight": weight, "response": response});
    let flow = |id: &str, arms: Value| json!({"friendlyId": id, "name": id, "type": "experiment", "allocation": 100, "arms": arms});
    let (whole, lost) = (
        json!({"variantId": "b", "fragment": "/part"}),
        json!({"variantId": "b", "fragment": "/lost"}),
    );
    [
        flow(
            "fair",
            json!([control(50), b("b", 50, json!({"variantId": "b"}))]),
        ),
        flow(
            "lossy",
            json!([control(50), b("b", 40, whole), b("b, lost", 10, lost)]),
        ),
    ]
}

fn component(id: &str, mark: &str) -> String {
    let variant = variant("b", "<b>the variant</b>");
    format!("<div data-cdp-experiment=\"{id}\"{mark}><p>the control</p>{variant}</div>")
}

/// XM, scripted: the page and the one fragment that is there.
fn world(standin: &Running) -> World {
    let world = World::build()
        .var("CDP_ENDPOINT", json!(format!("http://{}", standin.cdp)))
        .var("CDP_CLIENT_KEY", json!("standin_client_key"))
        .start();
    let components =
        component("fair", "") + &component("lossy", " data-cdp-fragment=\"/fragment\"");
    world.page("/", Reply::html(Page::with(components).html()));
    world.page("/part", Reply::html("<b>the part</b>"));
    world
}

fn visit_all(world: &World) {
    let left = AtomicU32::new(VISITORS);
    let url = format!("http://{}/", world.workerd.address());
    let is_left = || {
        left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
            left.checked_sub(1)
        })
    };
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                let agent: ureq::Agent = ureq::Agent::config_builder()
                    .timeout_global(Some(HANG_LIMIT))
                    .build()
                    .into();
                while is_left().is_ok() {
                    let request = agent
                        .get(&url)
                        .header("user-agent", CHROME)
                        .header("accept", "text/html");
                    let page = request.call().unwrap().body_mut().read_to_string().unwrap();
                    assert!(page.contains("data-cdp-shown"), "{page}");
                }
            });
        }
    });
}

/// The lines about pages, once there is one for each visitor: a page's line is written when its VIEW has been sent.
fn log_lines(world: &World) -> Vec<Value> {
    let lines = world
        .workerd
        .lines()
        .wait_for("a log line for each visitor", |lines| {
            // The first line says where workerd listens.
            (lines.len() > VISITORS as usize).then(|| lines.to_vec())
        });
    let parsed = lines
        .iter()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    parsed.filter(|line| line["route"] == "page").collect()
}

fn check(standin: &Running, arguments: &[&str]) -> Outcome {
    let url = format!("http://{}", standin.cdp);
    let mut all = vec!["srm", "--standin", &url, "--alpha", ALPHA];
    all.extend(arguments);
    cli::run(&cli::Args::parse_from(all)).unwrap()
}

#[test]
fn ten_thousand_visitors_pass_the_check_of_sample_ratios_and_lost_ones_fail_it() {
    let runtime = Runtime::new().unwrap();
    let standin = runtime
        .block_on(standin::start(Options::on_free_ports()))
        .unwrap();
    for flow in flows() {
        let url = format!(
            "http://{}/flows/{}",
            standin.cdp,
            flow["friendlyId"].as_str().unwrap()
        );
        let put = ureq::put(url).header("content-type", "application/json");
        put.send(flow.to_string()).unwrap();
    }
    let world = world(&standin);
    visit_all(&world);
    let lines = log_lines(&world);

    let fair = check(&standin, &["--experiment", "fair"]);
    assert!(fair.is_fine(), "{}", fair.text);
    let cells = &fair.tested[0].test.cells;
    let visitors: u64 = cells.iter().map(|cell| cell.visitors).sum();
    assert_eq!(
        visitors,
        u64::from(VISITORS),
        "each visitor is counted\n{}",
        fair.text
    );
    assert_eq!(fair.tested[0].experiment.switched, 0);

    let otherwise = check(&standin, &["--expect", "fair=control=45,b=55"]);
    assert_eq!(
        otherwise.tested[0].test.verdict,
        Verdict::Mismatch,
        "the tenant allots 50 to 50\n{}",
        otherwise.text
    );

    let lossy = check(&standin, &["--expect", "lossy=50:50"]);
    assert_eq!(
        lossy.tested[0].test.verdict,
        Verdict::Mismatch,
        "{}",
        lossy.text
    );

    assert!(lines.iter().all(|line| line["id"] == "created"));
    let failed = |line: &&Value| {
        line["components"]
            .as_array()
            .unwrap()
            .iter()
            .any(|one| one["result"] == "fragment_error")
    };
    let lost = lines.iter().filter(failed).count() as u64;
    let lossy_visitors: u64 = lossy.tested[0]
        .test
        .cells
        .iter()
        .map(|cell| cell.visitors)
        .sum();
    assert_eq!(
        lost + lossy_visitors,
        u64::from(VISITORS),
        "the log says who is missing"
    );
}
