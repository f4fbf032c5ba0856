//! `.dev.vars`, the secrets of the local Worker, as wrangler reads them (dotenv).
//!
//! In: a file and a name. Out: the value, if there is one. Nothing of the file is printed.

use std::{fs, io::ErrorKind, path::Path};

use anyhow::Context;

/// The value of `name`; `None` where there is no file or no such line.
///
/// # Errors
/// When the file is there and cannot be read.
pub fn read(file: &Path, name: &str) -> anyhow::Result<Option<String>> {
    match fs::read_to_string(file) {
        Ok(text) => Ok(find(&text, name)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("reading {}", file.display())),
    }
}

/// The last line of that name holds.
fn find(text: &str, name: &str) -> Option<String> {
    let mut values = text.lines().filter_map(|line| {
        let line = line.trim();
        let line = line.strip_prefix("export ").unwrap_or(line);
        let (found, value) = line.split_once('=')?;
        (found.trim() == name).then(|| unquoted(value.trim()))
    });
    values.next_back()
}

fn unquoted(value: &str) -> String {
    for quote in ['"', '\'', '`'] {
        if let Some(rest) = value.strip_prefix(quote)
            && let Some(end) = rest.rfind(quote)
        {
            return rest[..end].to_owned();
        }
    }
    // A comment behind a value stands behind a #.
    value
        .split('#')
        .next()
        .unwrap_or_default()
        .trim_end()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_found_as_wrangler_finds_it() {
        let cases = [
            ("PREVIEW_KEY=abc", Some("abc")),
            ("A=1\n  PREVIEW_KEY = \"a b#c\" # mine\nB=2", Some("a b#c")),
            ("PREVIEW_KEY='x'\r\nPREVIEW_KEY=y # z", Some("y")),
            ("export PREVIEW_KEY=`x`", Some("x")),
            ("PREVIEW_KEY=", Some("")),
            ("# PREVIEW_KEY=abc\nPREVIEW_KEYS=abc", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(find(text, "PREVIEW_KEY").as_deref(), expected, "{text}");
        }
        let none = Path::new("there is no such file");
        assert_eq!(read(none, "PREVIEW_KEY").unwrap(), None);
    }
}
