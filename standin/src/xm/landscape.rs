//! In: the name of a picture. Out: an SVG of hills that is the same each time. Never reads a file.

use std::fmt::Write;

const WIDTH: f64 = 1600.0;
const HEIGHT: f64 = 900.0;

/// The colours of a picture: sky from top to horizon, the sun, the hills from far to near.
struct Palette {
    sky: [&'static str; 3],
    sun: (&'static str, f64, f64, f64),
    hills: [&'static str; 5],
    seed: u64,
    trees: bool,
}

fn palette(name: &str) -> Option<Palette> {
    Some(match name {
        "dawn" => Palette {
            sky: ["#31506b", "#d99a7c", "#f6d9b0"],
            sun: ("#fff3d6", 1120.0, 420.0, 58.0),
            hills: ["#b98b86", "#86737f", "#4f5f6b", "#2b463f", "#15302a"],
            seed: 7,
            trees: true,
        },
        "summer" => Palette {
            sky: ["#5aa3c4", "#a9d3dc", "#f3efd2"],
            sun: ("#fffbe6", 1190.0, 190.0, 64.0),
            hills: ["#9dbfc0", "#7aa79b", "#5c8f70", "#3f7550", "#23533b"],
            seed: 21,
            trees: true,
        },
        "winter" => Palette {
            sky: ["#6f8799", "#b9c6cf", "#eef1ee"],
            sun: ("#ffffff", 1200.0, 250.0, 44.0),
            hills: ["#dfe6e9", "#c3d0d6", "#9db0ba", "#6c8490", "#38505c"],
            seed: 33,
            trees: true,
        },
        "night" => Palette {
            sky: ["#0c1a2b", "#1d3550", "#4c6079"],
            sun: ("#f4efd9", 1180.0, 190.0, 40.0),
            hills: ["#3a4f66", "#2b3f55", "#1f3144", "#152534", "#0c1824"],
            seed: 45,
            trees: true,
        },
        "coast" => Palette {
            sky: ["#4e7f93", "#c3cfbf", "#f4e3c3"],
            sun: ("#fff1c9", 860.0, 470.0, 70.0),
            hills: ["#a7b3a4", "#7f9a94", "#5d8189", "#3f656f", "#24454f"],
            seed: 58,
            trees: false,
        },
        "autumn" => Palette {
            sky: ["#7a6f86", "#d7a983", "#f4dcb4"],
            sun: ("#fff0cf", 1050.0, 360.0, 54.0),
            hills: ["#b99a86", "#a9765a", "#8a5237", "#5d3a2b", "#33231d"],
            seed: 71,
            trees: true,
        },
        _ => return None,
    })
}

/// The picture, or none of that name.
#[must_use]
pub fn svg(name: &str) -> Option<String> {
    let palette = palette(name)?;
    let [top, middle, low] = palette.sky;
    let (sun, x, y, radius) = palette.sun;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" preserveAspectRatio=\"xMidYMid slice\" role=\"img\" aria-label=\"Hills, {name}\">\n\
         <defs><linearGradient id=\"sky\" x2=\"0\" y2=\"1\"><stop stop-color=\"{top}\"/><stop offset=\".55\" stop-color=\"{middle}\"/>\
         <stop offset=\".8\" stop-color=\"{low}\"/></linearGradient>\n\
         <radialGradient id=\"glow\"><stop stop-color=\"{sun}\" stop-opacity=\".75\"/><stop offset=\"1\" stop-color=\"{sun}\" stop-opacity=\"0\"/></radialGradient>\n\
         <linearGradient id=\"mist\" x2=\"0\" y2=\"1\"><stop stop-color=\"{low}\" stop-opacity=\"0\"/><stop offset=\"1\" stop-color=\"{low}\" stop-opacity=\".45\"/></linearGradient></defs>\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"url(#sky)\"/>\n\
         <circle cx=\"{x}\" cy=\"{y}\" r=\"{glow}\" fill=\"url(#glow)\"/><circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\" fill=\"{sun}\"/>\n",
        glow = radius * 5.0,
    );
    let mut random = Random(palette.seed);
    for (layer, colour) in (0_u8..).zip(palette.hills) {
        let ridge = ridge(&mut random, f64::from(layer));
        hill(&mut out, &ridge, colour);
        if palette.trees && layer >= 3 {
            trees(&mut out, &mut random, &ridge, colour, f64::from(layer));
        }
        if layer < 3 {
            let _ = writeln!(
                out,
                "<rect y=\"{:.0}\" width=\"{WIDTH}\" height=\"500\" fill=\"url(#mist)\"/>",
                400.0 + 90.0 * f64::from(layer)
            );
        }
    }
    out.push_str("</svg>\n");
    Some(out)
}

/// Heights every 20 units: a few waves, and roughness that shrinks with the detail.
fn ridge(random: &mut Random, layer: f64) -> Vec<(f64, f64)> {
    let base = 430.0 + layer * 92.0;
    let height = 120.0 - layer * 14.0;
    let waves: Vec<(f64, f64, f64)> = (1..=6)
        .map(|octave| {
            (
                f64::from(octave) * (0.7 + random.next()),
                random.next() * std::f64::consts::TAU,
                height / f64::from(octave),
            )
        })
        .collect();
    (0..=80)
        .map(|step| {
            let x = f64::from(step) * 20.0;
            let sum: f64 = waves
                .iter()
                .map(|(speed, phase, size)| {
                    (x / WIDTH * std::f64::consts::TAU * speed + phase).sin() * size
                })
                .sum();
            (
                x,
                base - sum * 0.55 + (random.next() - 0.5) * (14.0 - layer * 2.0),
            )
        })
        .collect()
}

fn hill(out: &mut String, ridge: &[(f64, f64)], colour: &str) {
    let _ = write!(out, "<path fill=\"{colour}\" d=\"M0 {HEIGHT}");
    for (x, y) in ridge {
        let _ = write!(out, "L{x:.0} {y:.1}");
    }
    let _ = writeln!(out, "L{WIDTH} {HEIGHT}Z\"/>");
}

fn trees(out: &mut String, random: &mut Random, ridge: &[(f64, f64)], colour: &str, layer: f64) {
    let _ = write!(out, "<path fill=\"{colour}\" d=\"");
    for pair in ridge.windows(2) {
        let [(x, y), (_, next)] = [pair[0], pair[1]];
        for part in [0.2, 0.65] {
            if random.next() < 0.55 {
                let size = (16.0 + random.next() * 26.0) * (layer - 1.6);
                let (x, y) = (x + 20.0 * part, y + (next - y) * part + 4.0);
                let _ = write!(
                    out,
                    "M{:.1} {y:.1}l{:.1} -{size:.1}l{:.1} {size:.1}z",
                    x - size * 0.17,
                    size * 0.17,
                    size * 0.17
                );
            }
        }
    }
    out.push_str("\"/>\n");
}

/// A linear congruential generator: the pictures must be the same on every machine, for ever.
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as f64) / f64::from(1_u32 << 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_never_changes_and_unknown_names_have_none() {
        assert_eq!(svg("dawn"), svg("dawn"));
        assert_ne!(svg("dawn"), svg("summer"));
        assert_eq!(svg("moon"), None);
    }
}
