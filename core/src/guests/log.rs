//! The log line of one call of XM's server.
//!
//! In: labels and numbers. Out: one line of JSON. It has no field for a reference, an email, a browser id, a key or
//! anything of a body.

use serde::Serialize;

/// What happened to a call.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Line {
    message: &'static str,
    /// What was asked for; `other` for what there is not.
    operation: &'static str,
    /// The answer's status.
    status: u16,
    /// Calls of the CDP that were made, repeated ones included.
    calls: u32,
    /// Calls that were repeated.
    retries: u32,
    /// Milliseconds from the start of the request to its answer.
    ms: u32,
}

impl Line {
    /// The line about an operation with this label.
    #[must_use]
    pub const fn new(
        operation: &'static str,
        status: u16,
        (calls, retries): (u32, u32),
        ms: u32,
    ) -> Self {
        Self {
            message: "xm-edge guests",
            operation,
            status,
            calls,
            retries,
            ms,
        }
    }

    /// The line.
    #[must_use]
    pub fn json(&self) -> String {
        // Texts and numbers under text keys: serde_json has nothing to refuse.
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guests::label_of;

    #[test]
    fn a_line_has_what_happened_and_not_to_whom() {
        let guest = "guests/f7aabbca-1c1b-4fc2-be72-3e16294a4f03";
        assert_eq!(
            Line::new(label_of("PATCH", guest), 429, (3, 2), 1_500).json(),
            r#"{"message":"xm-edge guests","operation":"update","status":429,"calls":3,"retries":2,"ms":1500}"#
        );
        assert_eq!(label_of("j@d.ie", guest), "other");
        assert_eq!(label_of("GET", "guests/j@d.ie/x"), "other");
    }
}
