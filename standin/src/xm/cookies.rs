//! In: a request's cookies. Out: the cookies that XM and ASP.NET set. Never reads what XM's mean.

use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use uuid::Uuid;

/// The cookie's value; of several the first.
#[must_use]
pub fn value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok());
    lines
        .flat_map(|line| line.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
}

/// XM's analytics cookie slides with every page; ASP.NET's session cookie is set once.
#[must_use]
pub fn of_page(headers: &HeaderMap) -> Vec<String> {
    let mut cookies = Vec::new();
    if value(headers, "ASP.NET_SessionId").is_none() {
        let id: String = hex().chars().take(24).collect();
        cookies.push(format!(
            "ASP.NET_SessionId={id}; path=/; HttpOnly; SameSite=Lax"
        ));
    }
    let analytics = value(headers, "SC_ANALYTICS_GLOBAL_COOKIE")
        .map_or_else(|| format!("{}|False", hex()), str::to_owned);
    cookies.push(format!("SC_ANALYTICS_GLOBAL_COOKIE={analytics}; expires=Mon, 21-Nov-2036 00:00:00 GMT; path=/; HttpOnly; SameSite=None"));
    cookies
}

/// The cookie half of ASP.NET's anti-forgery token.
#[must_use]
pub fn anti_forgery() -> String {
    format!(
        "__RequestVerificationToken={}{}; path=/; HttpOnly",
        hex(),
        hex()
    )
}

/// 32 hexadecimal digits, new each time.
#[must_use]
pub fn hex() -> String {
    Uuid::new_v4().simple().to_string()
}
