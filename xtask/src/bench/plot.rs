//! Lines in a picture: an SVG that is readable on light and on dark ground, alone and inside a page.
//!
//! In: named lines of points. Out: SVG text. It loads nothing, and the same points give the same bytes.

use std::fmt::Write;

/// One line; its look is the place in the list.
pub struct Line {
    /// What it shows.
    pub name: &'static str,
    /// From left to right.
    pub points: Vec<(f64, f64)>,
}

/// A picture.
pub struct Plot {
    /// What it shows, for who cannot see it, too.
    pub title: &'static str,
    /// What the horizontal axis counts, with its unit.
    pub x: &'static str,
    /// What the vertical axis counts, with its unit.
    pub y: &'static str,
    /// The lines.
    pub lines: Vec<Line>,
}

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 400.0;
/// Room for the title, for the names at the ends of the lines, for the axes.
const TOP: f64 = 48.0;
const RIGHT: f64 = 112.0;
const BOTTOM: f64 = 56.0;
const LEFT: f64 = 64.0;
/// Names at the ends of lines are at least so far apart.
const NAME_HEIGHT: f64 = 18.0;

/// Colours that also those tell apart who see few; the dashes tell the lines apart for everyone else.
const STYLE: &str = "<style>\
    text { font: 13px system-ui, sans-serif; fill: #24292f } .title { font-size: 15px; font-weight: 600 } \
    .axis { stroke: #57606a } .grid { stroke: #d0d7de } .ground { fill: #ffffff } polyline { fill: none; stroke-width: 2.5 } \
    .line0 { stroke: #6e7781; stroke-dasharray: 2 4 } .line1 { stroke: #bc4c00; stroke-dasharray: 9 4 } .line2 { stroke: #0969da } \
    .dot0 { fill: #6e7781 } .dot1 { fill: #bc4c00 } .dot2 { fill: #0969da } \
    @media (prefers-color-scheme: dark) { \
    text { fill: #e6edf3 } .axis { stroke: #8b949e } .grid { stroke: #30363d } .ground { fill: #0d1117 } \
    .line0 { stroke: #9ea7b3 } .line1 { stroke: #ffa657 } .line2 { stroke: #58a6ff } \
    .dot0 { fill: #9ea7b3 } .dot1 { fill: #ffa657 } .dot2 { fill: #58a6ff } }</style>";

impl Plot {
    /// The picture.
    pub fn svg(&self) -> String {
        let all = || self.lines.iter().flat_map(|line| &line.points);
        let widest = all().map(|(x, _)| *x).fold(0.0, f64::max);
        let highest = all().map(|(_, y)| *y).fold(0.0, f64::max);
        let (x_step, y_step) = (step(widest), step(highest));
        let (x_end, y_end) = (
            x_step * (widest / x_step).ceil(),
            y_step * (highest / y_step).ceil(),
        );
        let left = |x: f64| LEFT + x / x_end * (WIDTH - LEFT - RIGHT);
        let top = |y: f64| HEIGHT - BOTTOM - y / y_end * (HEIGHT - TOP - BOTTOM);
        let (right_end, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);

        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-labelledby=\"title\">\n\
             <title id=\"title\">{title}</title>\n{STYLE}\n<rect class=\"ground\" width=\"{WIDTH}\" height=\"{HEIGHT}\"/>\n\
             <text class=\"title\" x=\"{LEFT}\" y=\"26\">{title}</text>\n",
            title = self.title
        );
        for value in ticks(y_end, y_step) {
            let y = top(value);
            let _ = writeln!(
                svg,
                "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{right_end}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/><text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{value}</text>",
                LEFT - 8.0,
                y + 4.5
            );
        }
        for value in ticks(x_end, x_step) {
            let _ = writeln!(
                svg,
                "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{value}</text>",
                left(value),
                bottom + 20.0
            );
        }
        let _ = writeln!(
            svg,
            "<path class=\"axis\" fill=\"none\" d=\"M{LEFT} {TOP}V{bottom}H{right_end}\"/>\n\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\n\
             <text transform=\"translate(18 {:.1}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
            f64::midpoint(LEFT, right_end),
            HEIGHT - 12.0,
            self.x,
            f64::midpoint(TOP, bottom),
            self.y
        );
        for (number, line) in self.lines.iter().enumerate() {
            let points = line.points.iter();
            let places: Vec<_> = points.map(|(x, y)| (left(*x), top(*y))).collect();
            let list: Vec<_> = places
                .iter()
                .map(|(x, y)| format!("{x:.1},{y:.1}"))
                .collect();
            let _ = writeln!(
                svg,
                "<polyline class=\"line{number}\" points=\"{}\"/>",
                list.join(" ")
            );
            for (x, y) in places {
                let _ = writeln!(
                    svg,
                    "<circle class=\"dot{number}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3.5\"/>"
                );
            }
        }
        for (name, (x, y)) in self.names(left, top) {
            let _ = writeln!(
                svg,
                "<text x=\"{:.1}\" y=\"{:.1}\">{name}</text>",
                x + 10.0,
                y + 4.5
            );
        }
        svg + "</svg>\n"
    }

    /// Each line's name at its end, from the bottom, none over another.
    fn names(
        &self,
        left: impl Fn(f64) -> f64,
        top: impl Fn(f64) -> f64,
    ) -> Vec<(&'static str, (f64, f64))> {
        let end = |line: &Line| {
            let (x, y) = line.points.last().copied().unwrap_or_default();
            (line.name, (left(x), top(y)))
        };
        let mut names: Vec<_> = self.lines.iter().map(end).collect();
        names.sort_by(|(_, one), (_, other)| other.1.total_cmp(&one.1));
        // From the bottom upwards: there is always room above.
        let mut lowest = f64::INFINITY;
        for (_, (_, y)) in &mut names {
            *y = y.min(lowest - NAME_HEIGHT);
            lowest = *y;
        }
        names
    }
}

/// A round distance of ticks, of which about five reach `end`.
fn step(end: f64) -> f64 {
    let rough = (end / 5.0).max(f64::MIN_POSITIVE);
    let decade = 10_f64.powf(rough.log10().floor());
    let fits = [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .find(|factor| factor * decade >= rough);
    fits.unwrap_or(10.0) * decade
}

fn ticks(end: f64, step: f64) -> impl Iterator<Item = f64> {
    let count = (end / step).round() as u32;
    (0..=count).map(move |number| f64::from(number) * step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_numbers_that_reach_beyond_the_last_point() {
        for (end, expected) in [
            (1024.0, 250.0),
            (50.0, 10.0),
            (13.1, 5.0),
            (25.4, 10.0),
            (0.9, 0.2),
        ] {
            assert!((step(end) - expected).abs() < 1e-9, "{end}: {}", step(end));
        }
        assert_eq!(
            ticks(20.0, 5.0).collect::<Vec<_>>(),
            [0.0, 5.0, 10.0, 15.0, 20.0]
        );
    }

    #[test]
    fn lines_that_end_at_one_place_have_readable_names() {
        let line = |name| Line {
            name,
            points: vec![(0.0, 1.0), (10.0, 1.0)],
        };
        let plot = Plot {
            title: "t",
            x: "x",
            y: "y",
            lines: ["a", "b", "c"].map(line).into(),
        };
        let names = plot.names(|x| x, |y| y);
        let heights: Vec<f64> = names.into_iter().map(|(_, (_, y))| y).collect();
        assert!(
            heights
                .windows(2)
                .all(|pair| pair[0] - pair[1] >= NAME_HEIGHT),
            "{heights:?}"
        );
        let svg = plot.svg();
        assert_eq!(svg.matches("<polyline").count(), 3);
        assert!(svg.contains(">10</text>") && svg.ends_with("</svg>\n"));
    }
}
