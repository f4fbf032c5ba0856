//! Pages that stream through: CPU time per request.
//!
//! In: pages. Out: what a pass-through, the built-in HTMLRewriter and the product take for each, in interleaved rounds.

use std::collections::HashMap;

use super::{
    Args,
    case::{Case, Delivery},
    plot::{Line, Plot},
    rounds::of,
    same,
    site::Site,
    table::{Samples, markdown, median, ms, paired_ratio, verdict},
    worker::Kind,
};

/// From so many components on the product is to take half of the built-in's CPU.
const MANY: usize = 50;

/// Measures `cases`.
///
/// # Errors
/// When a Worker does not start, or two of them do not give the same pages.
pub fn measure(site: &Site, args: &Args, cases: &[Case]) -> anyhow::Result<Vec<(Case, Samples)>> {
    let workers = site.workers(Kind::STREAMING, cases)?;
    site.origin.set_delays(0, 0);
    let mut lengths = HashMap::new();
    for case in cases {
        lengths.insert(*case, same::check(&workers, &site.origin, case)?);
    }
    println!("built-in and xm-edge give the same {} pages", cases.len());
    args.cpu_rounds("streaming")
        .of(cases, &workers, |worker, case| {
            let length = of(&lengths[case], worker.kind);
            let used = site.visits(worker, case, args.requests(case), length)?;
            Ok(vec![used.cpu_ms])
        })
}

/// CPU per request.
pub fn table(rows: &[(Case, Samples)]) -> String {
    let heads = [
        "page",
        "components",
        "sent by XM as",
        "pass-through",
        "built-in",
        "xm-edge",
        "÷ built-in",
        "÷ pass-through",
    ];
    let rows = rows.iter().map(|(case, samples)| {
        let all = |kind| &samples[&kind];
        let mut row = case.columns().to_vec();
        row.extend(Kind::STREAMING.map(|kind| ms(median(all(kind)))));
        let [built_in, through] = [Kind::BuiltIn, Kind::PassThrough]
            .map(|base| paired_ratio(all(Kind::XmEdge), all(base)));
        let most = if case.components >= MANY { 0.5 } else { 1.0 };
        row.push(verdict(built_in, most, ""));
        row.push(match case.components {
            0 => verdict(through, 1.15, ""),
            _ => format!("{through:.2}"),
        });
        row
    });
    markdown(&heads, 3, rows)
}

/// CPU against page size and against components: file below `docs/` and picture.
pub fn plots(rows: &[(Case, Samples)]) -> [(&'static str, String); 2] {
    let usual = |case: &Case| case.delivery == Delivery::Plain && !case.new_visitor;
    let y = "CPU of the runtime, ms per request";
    let by_size = Plot {
        title: "CPU by page size (five components)",
        x: "page, KB",
        y,
        lines: lines(rows, |case| {
            let wanted = usual(case) && case.components == 5;
            wanted.then_some(case.kib as f64)
        }),
    };
    let by_components = Plot {
        title: "CPU by components (150 KB, at most ten flows)",
        x: "marked components",
        y,
        lines: lines(rows, |case| {
            let wanted = usual(case) && case.kib == 150 && case.flows <= 10;
            wanted.then_some(case.components as f64)
        }),
    };
    [
        ("performance-size.svg", by_size.svg()),
        ("performance-components.svg", by_components.svg()),
    ]
}

/// A line for each Worker, through the rows that `x` gives a place.
fn lines(rows: &[(Case, Samples)], x: impl Fn(&Case) -> Option<f64>) -> Vec<Line> {
    let line = |kind: Kind| {
        let point = |(case, samples): &(Case, Samples)| Some((x(case)?, median(&samples[&kind])));
        let mut points: Vec<(f64, f64)> = rows.iter().filter_map(point).collect();
        points.sort_by(|left, right| left.0.total_cmp(&right.0));
        Line {
            name: kind.label(),
            points,
        }
    };
    Kind::STREAMING.map(line).into()
}
