//! Requests to XM and to the CDP. Redirects are never followed.
//!
//! In: a prepared request. Out: the platform's response, or bounded bytes. A call that nobody waits for any
//! longer is aborted when its future is dropped.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};

use super::{body_reader::BodyReader, js, promise::settled};

/// Sends `request` and waits for the response's headers.
///
/// # Errors
/// No response: refused, reset, unknown host.
pub async fn send(request: &web_sys::Request) -> Result<web_sys::Response, JsValue> {
    Ok(settled(&js::fetch(request)).await?.unchecked_into())
}

/// As [`send`], and aborted when its future is dropped before the headers are there. The body is the runtime's affair.
///
/// # Errors
/// As [`send`].
pub async fn send_while_wanted(request: &web_sys::Request) -> Result<web_sys::Response, JsValue> {
    let init = web_sys::RequestInit::new();
    let abort = AbortOnDrop::armed(&init)?;
    let response = settled(&js::fetch_with(request, &init)).await?;
    abort.disarm();
    Ok(response.unchecked_into())
}

/// Nobody reads `response`: its connection is free for others.
pub fn let_go(response: &web_sys::Response) {
    if let Some(body) = response.body() {
        js::ignore(&body.cancel());
    }
}

/// Aborts its request when it goes out of scope before the answer is complete.
struct AbortOnDrop(Option<web_sys::AbortController>);

impl AbortOnDrop {
    /// What aborts the request that is sent with `init`.
    fn armed(init: &web_sys::RequestInit) -> Result<Self, JsValue> {
        let controller = web_sys::AbortController::new()?;
        init.set_signal(Some(&controller.signal()));
        Ok(Self(Some(controller)))
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

/// What is asked: a URL and how, or a request that was made before. From a URL the platform makes one request when it is
/// sent; a request that comes with a signal is made a second time.
pub struct Prepared {
    what: JsValue,
    how: web_sys::RequestInit,
}

impl From<web_sys::Request> for Prepared {
    fn from(request: web_sys::Request) -> Self {
        Self {
            what: request.into(),
            how: web_sys::RequestInit::new(),
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

/// Sends `prepared` and reads the answer, at most `limit` bytes of it.
///
/// # Errors
/// No response, or a body that broke off.
pub async fn ask(prepared: &Prepared, limit: usize) -> Result<Answer, JsValue> {
    ask_with_headers(prepared, limit)
        .await
        .map(|(answer, _)| answer)
}

/// As [`ask`], with the headers of the answer.
///
/// # Errors
/// As [`ask`].
pub async fn ask_with_headers(
    prepared: &Prepared,
    limit: usize,
) -> Result<(Answer, web_sys::Headers), JsValue> {
    let Prepared { what, how } = prepared;
    let abort = AbortOnDrop::armed(how)?;
    #[expect(clippy::cast_precision_loss, reason = "limits are far below 2^53")]
    let answered = js::ask(what, how, limit as f64);
    let parts: Array = settled(&answered).await?.unchecked_into();
    let response: web_sys::Response = parts.get(0).unchecked_into();
    let body = match parts.get(1).dyn_into::<Uint8Array>() {
        Ok(bytes) => Some(bytes.to_vec()),
        Err(_) => read(&response, limit).await?,
    };
    abort.disarm();
    let status = response.status();
    Ok((Answer { status, body }, response.headers()))
}

/// The body of `response`, or `None` when it is larger than `limit`.
async fn read(response: &web_sys::Response, limit: usize) -> Result<Option<Vec<u8>>, JsValue> {
    match response.body() {
        Some(stream) => BodyReader::new(&stream)?.read_to_end(limit).await,
        None => Ok(Some(Vec::new())),
    }
}

/// A request of our own to `url`.
///
/// # Errors
/// The platform refuses a header.
pub fn prepare(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: Option<&str>,
) -> Result<Prepared, JsValue> {
    let mut lines = String::new();
    for (name, value) in headers {
        // A line of its own would be a header of its own.
        if value.contains('\n') {
            return Err(JsValue::NULL);
        }
        for line in [name, value] {
            lines.push_str(line);
            lines.push('\n');
        }
    }
    Ok(Prepared {
        what: JsValue::from_str(url),
        how: js::prepare(method, &lines, body)?,
    })
}
