//! In: a page that listens. Out: server-sent events, one JSON line each, from now on.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Sse;
use axum::response::sse::{Event, KeepAlive};
use futures_util::{Stream, StreamExt};
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::wrappers::errors::BroadcastStreamRecvError;

use crate::app::App;

/// `GET /live`
pub async fn listen(
    State(app): State<Arc<App>>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let messages = BroadcastStream::new(app.hub.listen()).map(|message| {
        Ok(match message {
            Ok(line) => Event::default().data(line),
            // The page then asks for everything anew.
            Err(BroadcastStreamRecvError::Lagged(_)) => {
                Event::default().data(r#"{"kind":"lagged","data":null}"#)
            }
        })
    });
    Sse::new(messages).keep_alive(KeepAlive::default())
}
