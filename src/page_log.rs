//! What is left of a request: its line in the log and, where a dataset is bound, its row there.
//!
//! In: a complete line. Out: text on the console, a row of Workers Analytics Engine. It waits for nothing, and a dataset that
//! refuses a row changes nothing.

use std::cell::OnceCell;

use wasm_bindgen::JsValue;
use worker::Env;
use xm_edge_core::{log_line::LogLine, page_row::PageRow};

use crate::platform::{environment, js};

/// The dataset's name among the bindings.
const BINDING: &str = "ANALYTICS";

thread_local! {
    // A binding is the isolate's, not a request's.
    static DATASET: OnceCell<Option<JsValue>> = const { OnceCell::new() };
}

/// Finds the dataset, once per isolate, before the first line is written.
pub fn open(env: &Env) {
    DATASET.with(|cell| {
        cell.get_or_init(|| environment::bound(env, BINDING));
    });
}

/// Writes it.
pub fn write(line: &LogLine) {
    worker::console_log!("{}", line.json());
    DATASET.with(|cell| {
        if let Some(Some(dataset)) = cell.get() {
            let PageRow {
                index,
                blobs,
                doubles,
            } = PageRow::from(line);
            js::write_row(dataset, index, &blobs.join("\n"), &doubles);
        }
    });
}
