//! `Cache-Control` (RFC 9111 §5.2), read as leniently as it is written.
//!
//! In: the field's value, lines joined. Out: [`Directives`]. Of a directive that stands twice the first counts; one whose time is
//! no number is stale at once (RFC 9111 §4.2.1).

use super::{Directives, LONGEST_S};

/// Reads the field.
pub(super) fn read(field: &str) -> Directives {
    let mut found = Directives::default();
    for item in items(field) {
        let (name, argument) = match item.split_once('=') {
            Some((name, argument)) => (name, Some(argument)),
            None => (item, None),
        };
        let name = name.trim().to_ascii_lowercase();
        if let Some(flag) = found.flag(&name) {
            *flag = true;
        } else if let Some(slot) = found.seconds(&name) {
            slot.get_or_insert_with(|| seconds(argument.unwrap_or_default()));
        }
    }
    found
}

/// Both forms of an argument must be accepted, whichever is prescribed (RFC 9111 §5.2).
fn seconds(argument: &str) -> u64 {
    let digits = argument.trim();
    let digits = digits
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or(digits);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return 0;
    }
    // More digits than a number holds are still digits.
    digits.parse().unwrap_or(LONGEST_S).min(LONGEST_S)
}

/// The items between commas that stand in no quotes. A quote that is never closed is a character like others, so that it hides
/// no `no-store`.
fn items(field: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(field);
    std::iter::from_fn(move || {
        let field = rest?;
        let (item, after) = match comma(field).and_then(|at| field.split_at_checked(at)) {
            Some((item, after)) => (item, after.get(1..)),
            None => (field, None),
        };
        rest = after;
        Some(item)
    })
}

fn comma(field: &str) -> Option<usize> {
    let bytes = field.as_bytes();
    let mut at = 0;
    loop {
        match bytes.get(at)? {
            b',' => return Some(at),
            b'"' => at = closing_quote(bytes, at).unwrap_or(at),
            _ => {}
        }
        at += 1;
    }
}

fn closing_quote(bytes: &[u8], open: usize) -> Option<usize> {
    let mut at = open + 1;
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at),
            b'\\' => at += 1,
            _ => {}
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn directives_are_found_in_every_spelling() {
        let read = |field| read(field);
        assert_eq!(read(""), Directives::default());
        let all = read("No-Store, PRIVATE , no-cache,Must-Revalidate, public, immutable");
        assert!(all.no_store && all.private && all.no_cache && all.must_revalidate);
        assert!(read("proxy-revalidate").must_revalidate);
        assert!(read("private=\"set-cookie\"").private);
        assert!(read("no-cache=\"a, b\"").no_cache);
        let times = read("max-age=1, s-maxage=\"2\", stale-while-revalidate = 3 ,stale-if-error=4");
        assert_eq!(
            (
                times.max_age,
                times.s_maxage,
                times.while_revalidate,
                times.if_error
            ),
            (Some(1), Some(2), Some(3), Some(4))
        );
    }

    #[test]
    fn a_time_that_is_none_is_stale_and_the_first_of_two_counts() {
        for (field, expected) in [
            ("max-age=x", 0),
            ("max-age", 0),
            ("max-age=", 0),
            ("max-age=-1", 0),
            ("max-age=1.5", 0),
            ("max-age=\"5", 0),
            ("max-age=7, max-age=9", 7),
            ("max-age=x, max-age=9", 0),
            ("max-age=99999999999999999999999999", LONGEST_S),
        ] {
            assert_eq!(read(field).max_age, Some(expected), "{field}");
        }
    }

    #[test]
    fn quotes_hide_commas_but_no_prohibition_when_they_stay_open() {
        let hidden = read("ext=\"a, max-age=9, \\\", no-store\", max-age=1");
        assert_eq!((hidden.max_age, hidden.no_store), (Some(1), false));
        assert!(read("ext=\"a, no-store").no_store);
        assert!(read("ext=\"a\\\", no-store").no_store);
    }

    proptest! {
        #[test]
        fn no_field_panics_and_a_prohibition_before_it_counts(field in "\\PC{0,60}") {
            let directives = read(&format!("no-store,{field}"));
            prop_assert!(directives.no_store);
        }
    }
}
