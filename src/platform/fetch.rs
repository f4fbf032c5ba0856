//! Requests to XM and to the CDP. Redirects are never followed.
//!
//! In: a prepared request. Out: the platform's response, or bounded bytes. A call that nobody waits for any
//! longer is aborted when its future is dropped.

use js_sys::Uint8Array;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::{
    body_reader::{BodyReader, ignore},
    js,
};

/// Sends `request` and waits for the response's headers.
///
/// # Errors
/// No response: refused, reset, unknown host.
pub async fn send(request: &web_sys::Request) -> Result<web_sys::Response, JsValue> {
    Ok(JsFuture::from(js::fetch(request)).await?.unchecked_into())
}

/// As [`send`], and aborted when its future is dropped before the headers are there. The body is the runtime's affair.
///
/// # Errors
/// As [`send`].
pub async fn send_while_wanted(request: &web_sys::Request) -> Result<web_sys::Response, JsValue> {
    let (init, abort) = AbortOnDrop::armed()?;
    let response = JsFuture::from(js::fetch_with(request, &init)).await?;
    abort.disarm();
    Ok(response.unchecked_into())
}

/// Nobody reads `response`: its connection is free for others.
pub fn let_go(response: &web_sys::Response) {
    if let Some(body) = response.body() {
        ignore(body.cancel());
    }
}

/// Aborts its request when it goes out of scope before the answer is complete.
struct AbortOnDrop(Option<web_sys::AbortController>);

impl AbortOnDrop {
    /// What a request must be sent with, and what aborts it.
    fn armed() -> Result<(web_sys::RequestInit, Self), JsValue> {
        let controller = web_sys::AbortController::new()?;
        let init = web_sys::RequestInit::new();
        init.set_signal(Some(&controller.signal()));
        Ok((init, Self(Some(controller))))
    }

    /// Aborting what is complete would cost as much as a header or ten.
    fn disarm(mut self) {
        self.0 = None;
    }
}

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        if let Some(controller) = &self.0 {
            controller.abort();
        }
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
    let (init, abort) = AbortOnDrop::armed()?;
    let response: web_sys::Response = JsFuture::from(js::fetch_with(request, &init))
        .await?
        .unchecked_into();
    let headers = response.headers();
    let body = read(&response, &headers, limit).await?;
    abort.disarm();
    let status = response.status();
    Ok((Answer { status, body }, headers))
}

/// The body of `response`, or `None` when it is larger than `limit`.
async fn read(
    response: &web_sys::Response,
    headers: &web_sys::Headers,
    limit: usize,
) -> Result<Option<Vec<u8>>, JsValue> {
    // A body that says how modest it is comes in one wait; a reader waits for its bytes and again for its end. Of a coded
    // one the length says nothing.
    let length = headers.get("content-length")?;
    let length = length.and_then(|length| length.parse::<usize>().ok());
    let fits = length.is_some_and(|length| length <= limit);
    if fits && headers.get("content-encoding")?.is_none() {
        let bytes = JsFuture::from(response.array_buffer()?).await?;
        return Ok(Some(Uint8Array::new(&bytes).to_vec()));
    }
    match response.body() {
        Some(stream) => BodyReader::new(&stream)?.read_to_end(limit).await,
        None => Ok(Some(Vec::new())),
    }
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
