//! The shape of a path: literal segments, and `{…}` for one segment of any text.
//!
//! In: a shape and a path as sent. Out: the texts in place of `{…}`. Compared byte by byte and never decoded, so no
//! spelling of a path can have two shapes; an empty segment has none.

/// The segments of `path` where `shape` has `{…}`, in order; `None` when the path has another shape.
pub(crate) fn captures<'p>(shape: &str, path: &'p str) -> Option<Vec<&'p str>> {
    let (mut wanted, mut given) = (shape.split('/'), path.split('/'));
    let mut captured = Vec::new();
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return Some(captured),
            (Some(wanted), Some(given)) if wanted.starts_with('{') && !given.is_empty() => {
                captured.push(given);
            }
            (Some(wanted), Some(given)) if wanted == given => {}
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_a_shape_or_not() {
        #[rustfmt::skip]
        let cases: &[(&str, &str, Option<&[&str]>)] = &[
            ("guests", "guests", Some(&[])),
            ("guests/{ref}", "guests/a", Some(&["a"])),
            ("guests/{ref}/extensions/{name}", "guests/a/extensions/b", Some(&["a", "b"])),
            ("guests/{ref}", "guests/a%2Fb", Some(&["a%2Fb"])),
            ("guests/{ref}", "guests/", None),
            ("guests/{ref}", "guests/a/", None),
            ("guests/{ref}", "guests//a", None),
            ("guests/{ref}", "guests", None),
            ("guests", "Guests", None),
            ("guests", "guests/", None),
            ("guests", "", None),
        ];
        for (shape, path, expected) in cases {
            assert_eq!(
                captures(shape, path).as_deref(),
                *expected,
                "{shape} {path}"
            );
        }
    }
}
