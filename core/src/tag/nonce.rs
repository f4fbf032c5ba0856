//! The nonce with which the page's own Content-Security-Policy lets scripts run and style sheets hold.
//!
//! In: the value of the header. Out: the nonce. The policy is never changed: without a nonce in it, the browser judges
//! the tag by the rest of the policy.

/// Longest nonce, in characters; common ones have 24.
const MAX_NONCE: usize = 256;

/// The nonce of `csp`, a `Content-Security-Policy` header, where several lines or policies are joined by commas (CSP3
/// §3.1). A script must satisfy every policy, so a nonce that all of them name is preferred.
#[must_use]
pub fn nonce_from_csp(csp: &str) -> Option<String> {
    lifted(csp, &["script-src-elem", "script-src", "default-src"])
}

/// As [`nonce_from_csp`], for style sheets.
#[must_use]
pub fn style_nonce_from_csp(csp: &str) -> Option<String> {
    lifted(csp, &["style-src-elem", "style-src", "default-src"])
}

fn lifted(csp: &str, governing: &[&str]) -> Option<String> {
    let mut named = csp
        .split(',')
        .map(|policy| nonces(policy, governing))
        .filter(|nonces| !nonces.is_empty());
    let first = named.next()?;
    let rest: Vec<_> = named.collect();
    let in_all = first
        .iter()
        .find(|nonce| rest.iter().all(|nonces| nonces.contains(nonce)));
    in_all.or(first.first()).map(|nonce| (*nonce).to_owned())
}

/// The nonces of the first directive of `governing` that one policy has.
fn nonces<'p>(policy: &'p str, governing: &[&str]) -> Vec<&'p str> {
    let directives: Vec<(&str, &str)> = policy
        .split(';')
        .map(|directive| {
            let directive = directive.trim_ascii();
            directive
                .split_once(|c: char| c.is_ascii_whitespace())
                .unwrap_or((directive, ""))
        })
        .collect();
    // Of several directives of one name the first holds (CSP3 §2.2.1).
    let sources = governing
        .iter()
        .find_map(|name| {
            directives
                .iter()
                .find(|(found, _)| found.eq_ignore_ascii_case(name))
        })
        .map_or("", |(_, sources)| sources);
    sources.split_ascii_whitespace().filter_map(nonce).collect()
}

/// The value of `'nonce-…'` (CSP3 §2.3.1): base64 in either alphabet, so nothing in it can leave an attribute.
fn nonce(source: &str) -> Option<&str> {
    let quoted = source.strip_prefix('\'')?.strip_suffix('\'')?;
    let (name, value) = quoted.split_once('-')?;
    let digits = value.trim_end_matches('=');
    let is_base64 = (1..=MAX_NONCE).contains(&value.len())
        && !digits.is_empty()
        && value.len() - digits.len() <= 2
        && digits
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_'));
    (name.eq_ignore_ascii_case("nonce") && is_base64).then_some(value)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_nonce_of_the_directive_that_governs_scripts_is_lifted() {
        let long = format!("script-src 'nonce-{}'", "a".repeat(257));
        #[rustfmt::skip]
        let cases = [
            ("script-src 'self' 'nonce-rAnd0m+/=='", Some("rAnd0m+/==")),
            ("default-src 'none'; script-src\t'nonce-abc-_'", Some("abc-_")),
            ("default-src 'nonce-d'", Some("d")),
            ("default-src 'nonce-d'; script-src 'self'", None),
            ("default-src 'nonce-d'; script-src 'nonce-s'; script-src-elem 'nonce-e'", Some("e")),
            ("script-src 'nonce-a'; script-src 'nonce-b'", Some("a")),
            ("SCRIPT-SRC 'NONCE-aB'", Some("aB")),
            ("script-src-attr 'nonce-a'; style-src 'nonce-b'", None),
            ("script-src 'nonce-a' 'nonce-b', script-src 'nonce-b'", Some("b")),
            ("script-src 'nonce-a', script-src 'nonce-b'", Some("a")),
            ("frame-ancestors 'self', script-src 'nonce-b'", Some("b")),
            ("script-src 'unsafe-inline'", None),
            ("script-src nonce-a", None),
            ("script-src 'nonce-'", None),
            ("script-src 'nonce-=='", None),
            ("script-src 'nonce-a==='", None),
            ("script-src 'nonce-a=b'", None),
            ("script-src 'nonce-a\"onload=x'", None),
            ("script-src 'nonce-a<b' 'nonce-c'", Some("c")),
            ("script-src 'sha256-abc='", None),
            (long.as_str(), None),
            (";;, ,", None),
            ("", None),
        ];
        for (csp, expected) in cases {
            assert_eq!(nonce_from_csp(csp).as_deref(), expected, "{csp}");
        }
    }

    #[test]
    fn the_nonce_of_style_sheets_is_their_own() {
        let csp = "default-src 'nonce-d'; script-src 'nonce-s'; style-src 'self' 'nonce-t'";
        assert_eq!(style_nonce_from_csp(csp).as_deref(), Some("t"));
        assert_eq!(
            style_nonce_from_csp("default-src 'nonce-d'; script-src 'nonce-s'").as_deref(),
            Some("d")
        );
        assert_eq!(style_nonce_from_csp("script-src 'nonce-s'"), None);
    }

    proptest! {
        #[test]
        fn what_is_lifted_cannot_leave_an_attribute(csp in "(script-src 'nonce-)?[ -~é]{0,40}'?") {
            if let Some(nonce) = nonce_from_csp(&csp) {
                prop_assert!(!nonce.is_empty() && nonce.is_ascii());
                prop_assert!(!nonce.contains(['"', '\'', '<', '>', '&', ' ']));
            }
        }
    }
}
