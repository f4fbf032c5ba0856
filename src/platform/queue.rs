//! Cloudflare Queues, both ends: the binding `EVENTS` to store messages, and the batches that a queue delivers.
//!
//! In: texts. Out: whether the queue has them; and back. It reads no message.
//!
//! Declared here and not taken from the `worker` crate: its consumer turns an error into a panic, which takes all other
//! requests of the isolate along, and its messages go through a second serializer.

use js_sys::{Array, JSON, Object, Promise, Reflect};
use wasm_bindgen::prelude::*;
use worker::Env;

use super::{environment, promise::settled};

/// The name of the binding.
const BINDING: &str = "EVENTS";

#[wasm_bindgen]
extern "C" {
    /// The binding of a producer.
    #[derive(Clone)]
    pub type Queue;

    #[wasm_bindgen(method, structural, catch, js_name = sendBatch)]
    fn send_batch(this: &Queue, messages: &Array) -> Result<Promise, JsValue>;

    /// What a queue delivers.
    pub type MessageBatch;

    #[wasm_bindgen(method, structural, catch, getter, js_name = queue)]
    fn name(this: &MessageBatch) -> Result<String, JsValue>;

    #[wasm_bindgen(method, structural, catch, getter, js_name = messages)]
    fn list(this: &MessageBatch) -> Result<Array, JsValue>;

    /// One message of a batch.
    pub type Message;

    #[wasm_bindgen(method, structural, catch, getter)]
    fn body(this: &Message) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, structural, catch, getter, js_name = attempts)]
    fn deliveries(this: &Message) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, structural, catch, js_name = ack)]
    fn acknowledge(this: &Message) -> Result<(), JsValue>;

    #[wasm_bindgen(method, structural, catch, js_name = retry)]
    fn retry_with(this: &Message, options: &JsValue) -> Result<(), JsValue>;
}

impl Queue {
    /// The queue that is bound as `EVENTS`, if any.
    pub fn bound(env: &Env) -> Option<Self> {
        Some(environment::bound(env, BINDING)?.unchecked_into())
    }

    /// Stores `messages`, in order: all of them or none.
    ///
    /// # Errors
    /// The queue refuses them or cannot be reached.
    pub async fn store(&self, messages: &[String]) -> Result<(), JsValue> {
        let list = Array::new();
        for message in messages {
            let entry = Object::new();
            set(&entry, "body", &JsValue::from_str(message))?;
            set(&entry, "contentType", &JsValue::from_str("text"))?;
            list.push(&entry);
        }
        settled(&self.send_batch(&list)?).await.map(|_| ())
    }
}

impl MessageBatch {
    /// The name of the queue; empty when the platform does not say.
    pub fn queue_name(&self) -> String {
        self.name().unwrap_or_default()
    }

    /// The messages.
    ///
    /// # Errors
    /// Never on the platform.
    pub fn messages(&self) -> Result<Vec<Message>, JsValue> {
        let list = self.list()?;
        Ok(list.iter().map(JsCast::unchecked_into).collect())
    }
}

impl Message {
    /// The message as text. One that somebody else put into the queue as an object is given as the JSON that it is.
    pub fn text(&self) -> Option<String> {
        let body = self.body().ok()?;
        if let Some(text) = body.as_string() {
            return Some(text);
        }
        JSON::stringify(&body).ok()?.as_string()
    }

    /// How often it has been delivered, this time included.
    pub fn attempts(&self) -> u32 {
        let number = self.deliveries().ok().and_then(|value| value.as_f64());
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "`as` saturates"
        )]
        number.map_or(1, |number| number.max(1.0) as u32)
    }

    /// The queue may forget it. (Should the platform not hear this, the message comes again, which is allowed.)
    pub fn ack(&self) {
        let _ = self.acknowledge();
    }

    /// The queue delivers it again after `delay_s` seconds.
    ///
    /// # Errors
    /// Never on the platform. The batch must then fail as a whole: what is neither acknowledged nor retried would be
    /// forgotten.
    pub fn retry(&self, delay_s: u32) -> Result<(), JsValue> {
        let options = Object::new();
        set(
            &options,
            "delaySeconds",
            &JsValue::from_f64(f64::from(delay_s)),
        )?;
        self.retry_with(&options)
    }
}

fn set(object: &Object, name: &str, value: &JsValue) -> Result<(), JsValue> {
    Reflect::set(object, &JsValue::from_str(name), value).map(|_| ())
}
