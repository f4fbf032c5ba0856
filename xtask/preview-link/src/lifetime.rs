//! How long a link holds, as people write it.
//!
//! In: `90s`, `30m`, `2h`, `7d`. Out: seconds, within the limits of links.

use xm_edge_core::preview::create::LIMITS_S;

/// Seconds of `text`.
///
/// # Errors
/// A sentence.
pub fn parse(text: &str) -> Result<u64, String> {
    let (number, unit) = text.trim().split_at(
        text.trim()
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.trim().len()),
    );
    let seconds = match unit {
        "s" => 1,
        "m" | "min" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return Err("expected a number with its unit: 30m, 2h, 7d".to_owned()),
    };
    let (least, most) = LIMITS_S;
    let number: u64 = number
        .parse()
        .map_err(|_| "expected a whole number with its unit: 30m, 2h, 7d".to_owned())?;
    number
        .checked_mul(seconds)
        .filter(|lifetime| (least..=most).contains(lifetime))
        .ok_or_else(|| {
            "a link holds for at least 1 minute (1m) and at most 30 days (30d)".to_owned()
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        for (text, seconds) in [
            ("90s", 90),
            ("30m", 1_800),
            ("5min", 300),
            ("2h", 7_200),
            (" 7d ", 604_800),
            ("30d", 2_592_000),
        ] {
            assert_eq!(parse(text), Ok(seconds), "{text}");
        }
        for wrong in [
            "",
            "2",
            "h",
            "2 h",
            "-2h",
            "1.5h",
            "59s",
            "31d",
            "0m",
            "99999999999999999999d",
            "18446744073709551615d",
            "2w",
            "é",
        ] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
