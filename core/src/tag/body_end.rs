//! Where a page's body ends, so that what is put behind its content stands inside of it.
//!
//! In: the page as it leaves, in chunks of any size. Out: the same bytes; the last few wait until it is clear whether the
//! page ends with them. It never holds more than [`MAX_HELD`] bytes, and never looks further back.
//!
//! The end is the `</body>` behind which nothing comes but `</html>`, comments and white space. In a page that ends inside
//! an open comment or script that is no end tag to a browser; but nothing that is put there, or behind it, would run then.

/// Most bytes that wait.
const MAX_HELD: usize = 1024;

/// The end of a page that may be its end tags.
#[derive(Clone, Debug, Default)]
pub struct BodyEnd {
    held: Vec<u8>,
}

impl BodyEnd {
    /// Takes the next bytes of the page; gives those that may leave.
    #[must_use]
    pub fn pass(&mut self, mut bytes: Vec<u8>) -> Vec<u8> {
        if !self.held.is_empty() {
            self.held.append(&mut bytes);
            bytes = std::mem::take(&mut self.held);
        }
        let from = bytes.len().saturating_sub(MAX_HELD);
        let last = bytes.get(from..).unwrap_or_default();
        let end = memchr::memchr_iter(b'<', last).find(|start| {
            let rest = last.get(*start..).unwrap_or_default();
            matches!(read(rest), Reading::End | Reading::Unfinished)
        });
        if let Some(end) = end {
            self.held = bytes.split_off(from + end);
        }
        bytes
    }

    /// The page is complete: what waits, with `html` at the end of the body.
    #[must_use]
    pub fn finish_with(self, html: &str) -> Vec<u8> {
        let (mut out, behind) = self.finish();
        out.extend_from_slice(html.as_bytes());
        out.extend(behind);
        out
    }

    /// The page broke off: what waits.
    #[must_use]
    pub fn give_up(self) -> Vec<u8> {
        self.held
    }

    /// What waits before the end of the body, and what behind.
    fn finish(self) -> (Vec<u8>, Vec<u8>) {
        if read(&self.held) == Reading::End {
            (Vec::new(), self.held)
        } else {
            (self.held, Vec::new())
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    /// A body's end and what may follow it.
    End,
    /// Something else.
    Other,
    /// More bytes could make it an end.
    Unfinished,
}

/// Reads `</body>`, then `</html>`, comments and white space.
fn read(bytes: &[u8]) -> Reading {
    let mut rest = match end_tag(bytes, b"</body") {
        Ok(rest) => rest,
        Err(reading) => return reading,
    };
    loop {
        rest = rest.trim_ascii_start();
        if rest.is_empty() {
            return Reading::End;
        }
        let read = match end_tag(rest, b"</html") {
            Err(Reading::Other) => comment(rest),
            read => read,
        };
        rest = match read {
            Ok(rest) => rest,
            Err(reading) => return reading,
        };
    }
}

/// What follows the end tag that begins with `name`.
fn end_tag<'b>(bytes: &'b [u8], name: &[u8]) -> Result<&'b [u8], Reading> {
    let rest = behind(bytes, name)?.trim_ascii_start();
    behind(rest, b">")
}

/// What follows the comment.
fn comment(bytes: &[u8]) -> Result<&[u8], Reading> {
    let rest = behind(bytes, b"<!--")?;
    let end = memchr::memmem::find(rest, b"-->").ok_or(Reading::Unfinished)?;
    rest.get(end + 3..).ok_or(Reading::Unfinished)
}

/// What follows `text`, in any case.
fn behind<'b>(bytes: &'b [u8], text: &[u8]) -> Result<&'b [u8], Reading> {
    let length = text.len().min(bytes.len());
    match (bytes.split_at_checked(length), text.get(..length)) {
        (Some((begin, rest)), Some(expected)) if begin.eq_ignore_ascii_case(expected) => {
            if length == text.len() {
                Ok(rest)
            } else {
                Err(Reading::Unfinished)
            }
        }
        _ => Err(Reading::Other),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The page with `+` where its body ends, and the most that waited.
    fn with_plus(page: &[u8], sizes: impl Iterator<Item = usize>) -> (Vec<u8>, usize) {
        let (mut end, mut out, mut held) = (BodyEnd::default(), Vec::new(), 0);
        let mut rest = page;
        for size in sizes.chain(std::iter::repeat(page.len())) {
            let (chunk, after) = rest.split_at(size.min(rest.len()));
            out.extend(end.pass(chunk.to_vec()));
            held = held.max(end.held.len());
            rest = after;
            if rest.is_empty() {
                break;
            }
        }
        let (before, behind) = end.finish();
        out.extend(before);
        out.push(b'+');
        out.extend(behind);
        (out, held)
    }

    #[test]
    fn a_body_ends_at_the_last_end_tag_that_nothing_follows() {
        let long = format!("x</body><!--{}-->+", "-".repeat(MAX_HELD));
        #[rustfmt::skip]
        let pages = [
            "<body>x+</body></html>",
            "<body>x+</body>\n</html>\n<!-- 12 ms -->\n",
            "<body>x+</BODY\n></HTML >",
            "<body>x+</body><!-- a --><!-- </body> -->",
            "<script>'</body></html>'</script>x+</body>",
            "<body>x</body>+",
            "x</body></html><p>more+",
            "x</body><p>y+</body>",
            "x</body></body>+",
            "x</body class=a>+",
            "x</bodyx>+",
            "x</body></htm+",
            "x</body><!-- open+",
            "x</bod+",
            "x<+",
            "+",
            long.as_str(),
        ];
        for page in pages {
            // In these the end tag is the page's last word, or the second of two.
            let expected = match page {
                "<body>x</body>+" => "<body>x+</body>",
                "x</body></body>+" => "x</body>+</body>",
                other => other,
            };
            let bytes = page.replacen('+', "", 1);
            for size in 1..=bytes.len().clamp(1, 40) {
                let (found, _) = with_plus(bytes.as_bytes(), std::iter::repeat(size));
                assert_eq!(String::from_utf8(found).unwrap(), expected, "by {size}");
            }
        }
    }

    proptest! {
        #[test]
        fn no_byte_is_lost_and_no_cut_matters(
            page in "(</body>|</html>|<!--|-->|</bo|dy>|<p>|x|\n|<){0,30}",
            sizes in prop::collection::vec(0..9_usize, 0..40),
        ) {
            let (whole, _) = with_plus(page.as_bytes(), std::iter::empty());
            let (cut, held) = with_plus(page.as_bytes(), sizes.into_iter());
            prop_assert_eq!(&whole, &cut);
            prop_assert!(held <= MAX_HELD);
            let plus = whole.iter().position(|byte| *byte == b'+').unwrap();
            let without = [&whole[..plus], &whole[plus + 1..]].concat();
            prop_assert_eq!(without, page.into_bytes());
        }
    }
}
