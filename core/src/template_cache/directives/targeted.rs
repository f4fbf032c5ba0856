//! Fields for CDNs (RFC 9213 §2.1): dictionaries of RFC 9651 §3.2, read as strictly as that says.
//!
//! In: the field's value, lines joined. Out: [`Directives`]; `None` when it is empty or no dictionary, for then it counts as absent.
//! A whole library for structured fields (`sfv`) keeps trees of values of which two kinds are of interest here.

use super::{Directives, LONGEST_S};

/// Reads the field.
pub(super) fn read(field: &str) -> Option<Directives> {
    let mut found = Directives {
        targeted: true,
        ..Directives::default()
    };
    let mut rest = Rest(field.trim_matches(' ').as_bytes());
    loop {
        let name = rest.key()?;
        let value = if rest.eat(b'=') {
            rest.value()?
        } else {
            Value::Boolean(true)
        };
        rest.parameters()?;
        // Of a name that stands twice the last counts (RFC 9651 §4.2.2).
        if let Some(flag) = found.flag(name) {
            // A prohibition with an argument that means nothing is a prohibition all the same.
            *flag = value != Value::Boolean(false);
        } else if let Some(slot) = found.seconds(name) {
            *slot = match value {
                Value::Integer(seconds) => Some(u64::try_from(seconds).unwrap_or(0).min(LONGEST_S)),
                _ => None,
            };
        }
        rest.white_space();
        if rest.0.is_empty() {
            return Some(found);
        }
        rest.eat(b',').then_some(())?;
        rest.white_space();
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Value {
    Boolean(bool),
    Integer(i64),
    Other,
}

/// What is not read yet.
struct Rest<'f>(&'f [u8]);

impl<'f> Rest<'f> {
    fn peek(&self) -> Option<u8> {
        self.0.first().copied()
    }

    fn skip(&mut self, count: usize) {
        self.0 = self.0.get(count..).unwrap_or_default();
    }

    fn eat(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        if there {
            self.skip(1);
        }
        there
    }

    fn take(&mut self, fits: impl Fn(u8) -> bool) -> &'f [u8] {
        let count = self.0.iter().take_while(|byte| fits(**byte)).count();
        let (taken, rest) = self.0.split_at_checked(count).unwrap_or_default();
        self.0 = rest;
        taken
    }

    fn white_space(&mut self) {
        self.take(|byte| matches!(byte, b' ' | b'\t'));
    }

    fn key(&mut self) -> Option<&'f str> {
        let first = self.peek()?;
        (first.is_ascii_lowercase() || first == b'*').then_some(())?;
        let key = self.take(|byte| {
            byte.is_ascii_lowercase()
                || byte.is_ascii_digit()
                || matches!(byte, b'_' | b'-' | b'.' | b'*')
        });
        std::str::from_utf8(key).ok()
    }

    fn value(&mut self) -> Option<Value> {
        if !self.eat(b'(') {
            return self.bare();
        }
        // An inner list: no directive here has one.
        loop {
            self.take(|byte| byte == b' ');
            if self.eat(b')') {
                return Some(Value::Other);
            }
            self.bare()?;
            self.parameters()?;
            matches!(self.peek(), Some(b' ' | b')')).then_some(())?;
        }
    }

    fn bare(&mut self) -> Option<Value> {
        match self.peek()? {
            b'?' => {
                self.skip(1);
                let truth = self.peek().filter(|byte| matches!(byte, b'0' | b'1'))?;
                self.skip(1);
                Some(Value::Boolean(truth == b'1'))
            }
            b'"' => self.string(),
            b':' => {
                self.skip(1);
                self.take(|byte| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte));
                self.eat(b':').then_some(Value::Other)
            }
            b'@' => {
                self.skip(1);
                self.number()
                    .filter(|value| matches!(value, Value::Integer(_)))
                    .map(|_| Value::Other)
            }
            b'-' | b'0'..=b'9' => self.number(),
            first if first.is_ascii_alphabetic() || first == b'*' => {
                self.take(|byte| {
                    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~:/".contains(&byte)
                });
                Some(Value::Other)
            }
            _ => None,
        }
    }

    fn string(&mut self) -> Option<Value> {
        self.skip(1);
        loop {
            self.take(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\'));
            if self.eat(b'"') {
                return Some(Value::Other);
            }
            self.eat(b'\\').then_some(())?;
            (self.eat(b'"') || self.eat(b'\\')).then_some(())?;
        }
    }

    fn number(&mut self) -> Option<Value> {
        let negative = self.eat(b'-');
        let digits = self.take(|byte| byte.is_ascii_digit());
        if self.eat(b'.') {
            let fraction = self.take(|byte| byte.is_ascii_digit());
            let fits = (1..=12).contains(&digits.len()) && (1..=3).contains(&fraction.len());
            return fits.then_some(Value::Other);
        }
        (1..=15).contains(&digits.len()).then_some(())?;
        let number: i64 = std::str::from_utf8(digits).ok()?.parse().ok()?;
        Some(Value::Integer(if negative { -number } else { number }))
    }

    fn parameters(&mut self) -> Option<()> {
        while self.eat(b';') {
            self.take(|byte| byte == b' ');
            self.key()?;
            if self.eat(b'=') {
                self.bare()?;
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn dictionaries_are_read_and_what_is_none_does_not_count() {
        #[rustfmt::skip]
        let good = [
            ("max-age=60", Some(60)), (" max-age=60 ", Some(60)), ("max-age=60,\t stale-if-error=1", Some(60)), ("public, max-age=60;x;y=\"a\\\"\"", Some(60)),
            ("a=?1, b=:aGk=:, c=(1 2;x \"y\"), d=tok/en, e=1.5, f=@5, max-age=7", Some(7)), ("max-age=1, max-age=2", Some(2)),
            ("max-age=\"60\"", None), ("max-age=60.0", None), ("max-age", None), ("no-store", None), ("max-age=-5", Some(0)),
            ("max-age=999999999999999", Some(LONGEST_S)), ("c=()", None), ("*a=1, max-age=3", Some(3)),
        ];
        for (field, expected) in good {
            let found = read(field).unwrap_or_else(|| panic!("{field}"));
            assert!(found.targeted);
            assert_eq!(found.max_age, expected, "{field}");
        }
        #[rustfmt::skip]
        let bad = ["", " ", ",", "max-age=60,", "max-age=60 stale", "Max-Age=60", "max-age=", "max-age=6x", "a=\"", "a=\"\\x\"", "a=?2", "a=:x",
            "a=(1", "a=(1,2)", "a=1.", "a=1.2345", "a=1234567890123456", "a=é", "a;", "a;B", "a==1", "\t", "a=@1.5", "-a"];
        for field in bad {
            assert_eq!(read(field), None, "{field}");
        }
    }

    #[test]
    fn a_prohibition_counts_whatever_its_argument_but_false() {
        for (field, expected) in [
            ("no-store", true),
            ("no-store=?1", true),
            ("no-store=\"x\"", true),
            ("no-store=?0", false),
            ("private, no-store=?0", false),
        ] {
            assert_eq!(read(field).unwrap().no_store, expected, "{field}");
        }
    }

    proptest! {
        #[test]
        fn no_field_panics(field in "\\PC{0,60}", likely in "[a-z=;,()\"\\\\?:@0-9. -]{0,40}") {
            let _ = (read(&field), read(&likely));
        }
    }
}
