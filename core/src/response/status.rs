//! The status of a response that is made again with other headers.
//!
//! In: XM's status. Out: the same, where the platform can make a response of it. It never changes the status of what passes as it is.

/// The status for the copy of a response with `status`. What is none (RFC 9110 §15: 100 to 599) is what clients take it for: an error
/// of the server. The platform passes such a response on, but makes none.
#[must_use]
pub const fn rebuilt_status(status: u16) -> u16 {
    match status {
        200..=599 => status,
        _ => 500,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_no_status_changes() {
        assert!((200..=599).all(|status| rebuilt_status(status) == status));
        assert_eq!(
            [0, 100, 199, 600, 999].map(rebuilt_status),
            [500; 5],
            "the platform refuses to make these"
        );
    }
}
