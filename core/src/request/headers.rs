//! Headers as the core sees them: read through a trait, changed by a list of edits.
//!
//! In: a name in lower case. Out: its value, or an edit for the edge to make. It knows no platform type.

/// The headers of a request or a response.
pub trait Headers {
    /// The value of `name` (lower case), or `None` when the header is absent. Several lines of one name are
    /// joined with `, `, as the Fetch standard has it.
    fn get(&self, name: &str) -> Option<String>;
}

/// One change to a set of headers. Edits are made in order; whatever they do not name survives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeaderEdit {
    /// Adds a line beside those of the same name (`Set-Cookie` is the only one that needs it).
    Append(&'static str, String),
    /// Removes every line of this name.
    Delete(&'static str),
    /// Replaces every line of this name by one.
    Set(&'static str, String),
}

/// Name and value pairs, for tests and native tools; names in any case.
impl<N: AsRef<str>, V: AsRef<str>> Headers for Vec<(N, V)> {
    fn get(&self, name: &str) -> Option<String> {
        let lines: Vec<&str> = self
            .iter()
            .filter(|(line, _)| line.as_ref().eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_ref())
            .collect();
        (!lines.is_empty()).then(|| lines.join(", "))
    }
}

/// The items of a comma-separated header, trimmed and in lower case, without empty ones (RFC 9110 §5.6.1).
pub(crate) fn list_items(value: &str) -> impl Iterator<Item = String> {
    value
        .split(',')
        .map(|item| item.trim().to_ascii_lowercase())
        .filter(|item| !item.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_lines_of_a_name_are_joined_and_names_compare_without_case() {
        let headers = vec![("Accept", "text/html"), ("X", "1"), ("accept", "*/*")];
        assert_eq!(headers.get("accept").as_deref(), Some("text/html, */*"));
        assert_eq!(headers.get("x").as_deref(), Some("1"));
        assert_eq!(headers.get("y"), None);
    }

    #[test]
    fn empty_list_items_do_not_count() {
        let items: Vec<String> = list_items(" A,, b ,").collect();
        assert_eq!(items, ["a", "b"]);
    }
}
