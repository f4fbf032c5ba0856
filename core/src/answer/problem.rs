//! Problem documents (RFC 9457).
//!
//! In: a status, what to do, the fields that are wrong. Out: the answer. It never repeats a value of the request.

use serde_json::json;

use super::{Answer, Invalid};

/// A problem. `detail`: a sentence for the developer who reads it. `errors`: what is wrong field by field, left out of
/// the document when there is nothing.
#[must_use]
pub fn problem(status: u16, detail: &str, errors: &[Invalid]) -> Answer {
    let mut document = json!({
        "type": "about:blank",
        "title": title(status),
        "status": status,
        "detail": detail,
    });
    if let (false, Some(members)) = (errors.is_empty(), document.as_object_mut()) {
        members.insert("errors".to_owned(), json!(errors));
    }
    Answer::json(status, "application/problem+json", &document)
}

/// The phrase of the status, as `about:blank` asks for (RFC 9457 §4.2.1).
const fn title(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Content",
        429 => "Too Many Requests",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Error",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn a_problem_names_its_fields() {
        let wrong = Invalid {
            field: "type".to_owned(),
            problem: "is missing".to_owned(),
        };
        let answer = problem(400, "Look.", &[wrong]);
        assert_eq!(answer.status, 400);
        let content_type = ("content-type", "application/problem+json".to_owned());
        assert!(answer.headers.contains(&content_type));
        assert!(
            answer
                .headers
                .contains(&("cache-control", "no-store".to_owned()))
        );
        let body: Value = serde_json::from_str(&answer.body).unwrap();
        #[rustfmt::skip]
        assert_eq!(body, json!({"type": "about:blank", "title": "Bad Request", "status": 400, "detail": "Look.",
            "errors": [{"field": "type", "problem": "is missing"}]}));
        let plain: Value = serde_json::from_str(&problem(404, "None.", &[]).body).unwrap();
        #[rustfmt::skip]
        assert_eq!(plain, json!({"type": "about:blank", "title": "Not Found", "status": 404, "detail": "None."}));
    }
}
