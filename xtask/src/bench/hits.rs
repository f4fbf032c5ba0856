//! Pages that are kept: CPU time per request when XM is asked nothing.
//!
//! In: pages that every cache may keep. Out: what a pass-through (which asks XM), the built-in HTMLRewriter over the Cache API and
//! the product with the page's compiled template in memory take for each; and what the calls that all of them make take alone. A page for which the product asks XM a second time is an
//! error: that would be another table.

use std::collections::HashMap;

use anyhow::ensure;

use super::{
    Args,
    case::Case,
    load::Visitor,
    rounds::of,
    same,
    site::Site,
    table::{Samples, markdown, median, ms, paired_ratio, verdict},
    worker::{Kind, Worker},
};

/// What a hit may cost, beside the built-in over the Cache API.
const MOST: f64 = 0.33;

/// Measures `cases`.
///
/// # Errors
/// When a Worker does not start, two of them do not give the same pages, or one that keeps pages asks XM for one twice.
pub fn measure(site: &Site, args: &Args, cases: &[Case]) -> anyhow::Result<Vec<(Case, Samples)>> {
    let workers = site.workers(Kind::HITS, cases)?;
    let calls = site.worker(Kind::Calls, cases)?;
    site.origin.set_delays(0, 0);
    let mut lengths = HashMap::new();
    for case in cases {
        for worker in &workers[1..] {
            fill(site, worker, case)?;
        }
        let mut lengths_of = same::check(&workers, &site.origin, case)?.to_vec();
        lengths_of.push((Kind::Calls, prepare(site, &calls, case)?));
        lengths.insert(*case, lengths_of);
    }
    let workers: Vec<Worker> = workers.into_iter().chain([calls]).collect();
    println!("both show the same {} kept pages", cases.len());
    args.cpu_rounds("hits").of(cases, &workers, |worker, case| {
        let length = of(&lengths[case], worker.kind);
        let visits = args.requests(case);
        let used = site.visits(worker, case, visits, length)?;
        ensure!(
            used.asked.pages == 0 || worker.kind == Kind::PassThrough,
            "{} keeps {} and asked XM for it {} times more in {visits} visits",
            worker.kind.label(),
            case.path(),
            used.asked.pages
        );
        Ok(vec![used.cpu_ms])
    })
}

/// The one visit for which XM is asked; over when the page is in the cache.
fn fill(site: &Site, worker: &Worker, case: &Case) -> anyhow::Result<()> {
    let kept = site.cache.len();
    site.origin.asked(0)?;
    Visitor::connect(worker.address, case)?.ask()?;
    let asked = site.origin.asked(worker.kind.events())?.pages;
    let name = worker.kind.label();
    ensure!(
        asked == 1,
        "{name} asked XM {asked} times for the first visit of {}",
        case.path()
    );
    ensure!(
        site.cache.holds(kept + 1),
        "{name} did not keep {}, which XM sends as public",
        case.path()
    );
    Ok(())
}

/// The visit after which the page is there; gives the length of what the next one gets.
fn prepare(site: &Site, calls: &Worker, case: &Case) -> anyhow::Result<usize> {
    let mut visitor = Visitor::connect(calls.address, case)?;
    let mut length = 0;
    for _ in 0..2 {
        length = visitor.ask()?.body.len();
        let asked = site.origin.asked(calls.kind.events())?;
        ensure!(
            asked.flows == case.flows as u64,
            "the calls alone are {asked:?}"
        );
    }
    Ok(length)
}

/// CPU per request.
pub fn table(rows: &[(Case, Samples)]) -> String {
    let heads = [
        "page",
        "components",
        "pass-through (asks XM)",
        "built-in, Cache API",
        "its calls alone",
        "xm-edge, template in memory",
        "÷ built-in",
        "÷ pass-through",
    ];
    let rows = rows.iter().map(|(case, samples)| {
        let all = |kind| &samples[&kind];
        let [page, components, _] = case.columns();
        let mut row = vec![page, components];
        let kinds = [
            Kind::PassThrough,
            Kind::CachedBuiltIn,
            Kind::Calls,
            Kind::Keeping,
        ];
        row.extend(kinds.map(|kind| ms(median(all(kind)))));
        let ratio = |base| paired_ratio(all(Kind::Keeping), all(base));
        row.push(verdict(ratio(Kind::CachedBuiltIn), MOST, ""));
        row.push(format!("{:.2}", ratio(Kind::PassThrough)));
        row
    });
    markdown(&heads, 2, rows)
}
