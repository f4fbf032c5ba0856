//! Requests to XM and to the CDP. Redirects are never followed.
//!
//! In: a prepared request. Out: the platform's response, or bounded bytes. A call that nobody waits for any
//! longer is aborted when its future is dropped.

use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::{body_reader::BodyReader, js};

/// Sends `request` and waits for the response's headers.
///
/// # Errors
/// No response: refused, reset, unknown host.
pub async fn send(request: &web_sys::Request) -> Result<web_sys::Response, JsValue> {
    Ok(JsFuture::from(js::fetch(request)).await?.unchecked_into())
}

/// Aborts its request when it goes out of scope.
struct AbortOnDrop(web_sys::AbortController);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// A whole answer.
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body, or `None` when it is larger than was allowed.
    pub body: Option<Vec<u8>>,
}

/// Sends `request` and reads the answer, at most `limit` bytes of it.
///
/// # Errors
/// No response, or a body that broke off.
pub async fn ask(request: &web_sys::Request, limit: usize) -> Result<Answer, JsValue> {
    ask_with_headers(request, limit)
        .await
        .map(|(answer, _)| answer)
}

/// As [`ask`], with the headers of the answer.
///
/// # Errors
/// As [`ask`].
pub async fn ask_with_headers(
    request: &web_sys::Request,
    limit: usize,
) -> Result<(Answer, web_sys::Headers), JsValue> {
    let abort = AbortOnDrop(web_sys::AbortController::new()?);
    let init = web_sys::RequestInit::new();
    init.set_signal(Some(&abort.0.signal()));
    let response: web_sys::Response = JsFuture::from(js::fetch_with(request, &init))
        .await?
        .unchecked_into();
    let body = match response.body() {
        Some(stream) => BodyReader::new(&stream)?.read_to_end(limit).await?,
        None => Some(Vec::new()),
    };
    let answer = Answer {
        status: response.status(),
        body,
    };
    Ok((answer, response.headers()))
}

/// A request of our own to `url`.
///
/// # Errors
/// The URL is none.
pub fn request(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: Option<&str>,
) -> Result<web_sys::Request, JsValue> {
    let list = web_sys::Headers::new()?;
    for (name, value) in headers {
        list.set(name, value)?;
    }
    let init = web_sys::RequestInit::new();
    init.set_method(method);
    init.set_headers(&list);
    init.set_redirect(web_sys::RequestRedirect::Manual);
    if let Some(body) = body {
        init.set_body(&JsValue::from_str(body));
    }
    web_sys::Request::new_with_str_and_init(url, &init)
}
